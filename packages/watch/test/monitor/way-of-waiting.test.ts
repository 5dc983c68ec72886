/** Who can end a wait, by its stack. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReader, wayOfWaiting, type WayOfWaiting } from '#monitor';

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

/** Stacks that may read a body: in Go, from the inside. */
const READERS: readonly (readonly string[])[] = [
  ['net/http.(*bodyEOFSignal).Read', 'main.work'],
  ['golang.org/x/net/http2.transportResponseBody.Read', 'io.ReadAtLeast', 'io.ReadFull', 'main.work'],
  ['internal/poll.(*FD).Write', 'os.(*File).Write', 'io.copyBuffer', 'io.Copy', 'main.save'],
  ['internal/poll.(*FD).Write', 'net/http.(*response).Write', 'net/http/httputil.(*ReverseProxy).copyBuffer'],
  // Caddy's handler has no pointer.
  ['time.Sleep', 'github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy.Handler.copyBuffer'],
  ['time.Sleep', 'github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy.Handler.copyResponse'],
  // A handler that copies by itself waits for its client.
  ['internal/poll.(*FD).Write', 'net/http.(*response).write', 'net/http.(*response).Write', 'main.download', 'net/http.(*conn).serve'],
  ['net/http.(*http2serverConn).writeDataFromHandler', 'net/http.(*http2responseWriter).Write', 'main.download'],
  ['golang.org/x/net/http2.(*responseWriter).write', 'main.download'],
];

/** Who reads something else: each would hide an unread body. */
const OTHER_READERS: readonly (readonly string[])[] = [
  ['internal/poll.(*FD).Read', 'os.(*File).Read', 'io.copyBuffer', 'io.Copy', 'main.main.func1'],
  ['internal/poll.(*FD).Read', 'net.(*conn).Read', 'bufio.(*Reader).Read', 'io.ReadAtLeast', 'io.ReadFull', 'github.com/lib/pq.(*conn).recvMessage'],
  ['net.(*conn).Read', 'io.ReadAtLeast', 'io.ReadFull', 'net/http.http2readFrameHeader', 'net/http.(*http2ClientConn).readLoop'],
  ['sync.(*Cond).Wait', 'io.(*pipe).read', 'io.(*PipeReader).Read', 'io.copyBuffer', 'io.Copy', 'main.zip'],
];

test('who reads a body, or hands it on, is known by the stack', () => {
  const stackOf = (functions: readonly string[]) => ({ frames: functions.map((name) => ({ function: name, file: '', line: 1, address: '' })) });
  for (const functions of READERS) assert.equal(isReader(stackOf(functions)), true, functions.join(' < '));
  for (const functions of [['net/http.(*persistConn).readLoop'], ['runtime.gopark', 'main.handle', 'net/http.(*conn).serve'], ['main.(*Handler).Write'], ...OTHER_READERS]) assert.equal(isReader(stackOf(functions)), false, functions.join(' < '));
});
