/** Who can end a wait, by its stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayOfWaiting, type WayOfWaiting } from '#monitor';

const CASES: readonly [way: WayOfWaiting, state: string | null, functions: readonly string[], verdict?: string][] = [
  ['sealed', 'select', ['net/http.(*persistConn).readLoop']],
  ['sealed', null, ['runtime.selectgo', 'net/http.(*persistConn).readLoop']],
  ['pooled', 'IO wait', ['internal/poll.runtime_pollWait', 'bufio.(*Reader).Peek', 'net/http.(*persistConn).readLoop']],
  ['pooled', null, ['bufio.(*Reader).Peek', 'net/http.(*persistConn).readLoop']],
  ['pooled', 'IO wait', ['internal/poll.runtime_pollWait', 'net/http.(*http2ClientConn).readLoop']],
  ['pooled', 'select', ['github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1']],
  ['aside', 'select', ['net/http.(*persistConn).writeLoop']],
  ['aside', 'IO wait', ['internal/poll.runtime_pollWait', 'net.(*TCPListener).Accept']],
  ['aside', 'running', ['main.compute']],
  ['sealed', 'select', ['net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest']],
  ['sealed', 'select', ['golang.org/x/net/http2.(*clientStream).doRequest']],
  ['sealed', 'chan send', ['main.work']],
  ['sealed', null, ['runtime.gopark', 'runtime.chansend1', 'main.work']],
  ['sealed', 'semacquire', ['sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'main.add']],
  ['sealed', 'sync.Mutex.Lock', ['internal/sync.(*Mutex).lockSlow', 'main.add', 'net/http.(*conn).serve']],
  ['sealed', 'select', ['database/sql.(*Rows).awaitDone']],
  ['sealed', 'select', ['context.(*cancelCtx).propagateCancel.func2']],
  ['sealed', 'chan receive (nil chan)', ['main.work']],
  ['inner', 'select', ['main.startPoller.func1']],
  ['inner', 'chan receive', ['main.worker']],
  ['inner', 'semacquire', ['sync.runtime_Semacquire', 'sync.(*WaitGroup).Wait', 'main.all']],
  ['inner', 'sleep', ['time.Sleep', 'main.poll']],
  ['open', 'IO wait', ['internal/poll.runtime_pollWait', 'main.query']],
  ['open', 'select', ['main.longPoll', 'net/http.(*conn).serve']],
  ['sealed', 'select', ['watertight.(*persistConn).readLoop', 'preview']],
  ['sealed', 'select', ['watertight.(*persistConn).readLoop']],
  ['pooled', 'IO wait', ['watertight.(*persistConn).readLoop']],
  ['pooled', null, ['watertight.(*persistConn).readLoop'], 'idle'],
  ['open', 'IO wait', ['undici.(*Dispatcher).body', 'preview']],
  ['sealed', 'select', ['fetch.(*Response).body', 'preview']],
  ['aside', 'running', ['main.main']],
];

test('who can end a wait is known by its stack, in every form of profile', () => {
  for (const [way, state, functions, verdict] of CASES) {
    const frames = functions.map((name) => ({ function: name, file: name === 'preview' ? '/app/preview.js' : '', line: 1, address: '' }));
    assert.equal(wayOfWaiting({ frames, state, labels: verdict === undefined ? {} : { verdict } }), way, `${functions.join(' < ')} [${state ?? ''}]`);
  }
});
