/** What a diagnosis asserts: no more than the profile shows. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summarizeProfile, type Diagnosis } from '#diagnose';
import { parseDump } from 'watertight/pprof';

/** `count` goroutines with one stack. Ids begin at `from`. */
function goroutines(count: number, header: string, functions: readonly string[], creator = '', from = 10): string {
  const made = creator === '' ? '' : `created by ${creator} in goroutine 1\n\t/src/b.go:7 +0x18\n`;
  return Array.from({ length: count }, (_, index) => `goroutine ${from + index} [${header}]:\n${functions.map((name) => `${name}(0x1)\n\t/src/a.go:12 +0x18\n`).join('')}${made}\n`).join('');
}

function said(...dumps: string[]): readonly Diagnosis[] {
  const [first, second] = dumps.map((dump) => parseDump(dump).profile);
  return summarizeProfile(second ?? first, second === undefined ? null : first).diagnoses;
}

const old = goroutines(1, 'IO wait, 9 minutes', ['net.(*conn).Read', 'main.listen'], '', 5000);

describe('a loop that is woken again and again', () => {
  for (const [what, dump] of [
    ['is known by its name', goroutines(30, 'chan receive', ['main.(*probe).loop'])],
    ['is known by its name, as a closure', goroutines(30, 'select', ['main.(*cache).janitor.func1'])],
    ['is known in a process that is not new', goroutines(30, 'select', ['main.start.func1']) + old],
  ] as const) {
    test(what, () => {
      const [first] = said(dump);
      assert.deepEqual([first.id, first.count, first.leak], ['ticker-loop', 30, false]);
      assert.match(first.sentence, /none of them has waited for a whole minute.*healthy, unless they multiply/);
    });
  }

  for (const [what, dump, id] of [
    ['has not waited for minutes', goroutines(30, 'chan receive, 3 minutes', ['main.(*probe).loop']), 'channel-receive'],
    ['is not taken for one where all is new', goroutines(30, 'chan receive', ['main.work']), 'channel-receive'],
    ['does not send', goroutines(30, 'chan send', ['main.(*probe).loop']), 'channel-send'],
  ] as const) {
    test(what, () => assert.equal(said(dump)[0].id, id));
  }

  test('is a leak if it multiplies', () => {
    const [first] = said(goroutines(3, 'chan receive', ['main.(*probe).loop']), goroutines(9, 'chan receive', ['main.(*probe).loop']));
    assert.deepEqual([first.id, first.growth, first.leak], ['ticker-loop', 6, true]);
  });
});

describe('who waits is said to wait, and for how long', () => {
  for (const [header, functions, sentence] of [
    ['select', ['main.work'], '7 goroutines wait in a select.'],
    ['select, 3 minutes', ['main.work'], '7 goroutines wait in a select, the longest for 3 minutes.'],
    ['chan receive, 1 minutes', ['main.work'], '7 goroutines wait to receive from a channel, the longest for 1 minute.'],
    ['chan send', ['main.work'], '7 goroutines wait to send on a channel from which nobody receives at present.'],
    ['sync.Mutex.Lock', ['sync.(*Mutex).Lock', 'main.work'], '7 goroutines wait for a lock.'],
    ['sync.Mutex.Lock, 8 minutes', ['sync.(*Mutex).Lock', 'main.work'], '7 goroutines wait for a lock that is not released, the longest for 8 minutes.'],
    ['semacquire, 8 minutes', ['sync.runtime_Semacquire', 'sync.(*WaitGroup).Wait', 'main.work'], '7 goroutines wait for the others of a WaitGroup, the longest for 8 minutes.'],
    ['select, 2 minutes', ['context.propagateCancel.func1'], '7 contexts with a parent of a foreign type are not cancelled, the longest for 2 minutes, and each has a goroutine until then.'],
    ['runnable', ['main.spin'], '7 goroutines run, or are ready to, and wait for nothing.'],
    ['syscall, 5 minutes', ['syscall.Syscall', 'main.lock'], '7 goroutines are in a system call or in C code, the longest for 5 minutes, and each holds a thread.'],
  ] as const) {
    test(sentence, () => assert.equal(said(goroutines(7, header, functions))[0].sentence, sentence));
  }

  test('one alone, in the singular', () => assert.equal(said(goroutines(1, 'select, 3 minutes', ['main.work']))[0].sentence, '1 goroutine waits in a select, for 3 minutes.'));
});

describe('a context', () => {
  test('is not known by its creator alone: AfterFunc has the same', () => {
    const [first] = said(goroutines(7, 'chan send, 3 minutes', ['main.notify'], 'context.(*afterFuncCtx).cancel'));
    assert.deepEqual([first.id, first.site?.function], ['channel-send', 'main.notify']);
  });
});

describe('connections that are idle', () => {
  const idle = (count: number, header: string): string => goroutines(count, header, ['net.(*conn).Read', 'net/http.(*persistConn).Read', 'bufio.(*Reader).Peek', 'net/http.(*persistConn).readLoop']);

  for (const [what, dump, leak, sentence] of [
    ['a few are a pool', idle(8, 'IO wait'), false, /If one Transport has them, they are its pool/],
    ['for as long as the default keeps them, too', idle(8, 'IO wait, 1 minutes'), false, /its pool/],
    ['longer than the default keeps them: a Transport for each request', idle(8, 'IO wait, 4 minutes'), true, /Transport without IdleConnTimeout/],
    ['more than the default keeps: a Transport for each request', idle(150, 'IO wait'), true, /as when a Transport is made for each request/],
  ] as const) {
    test(what, () => {
      const [first] = said(dump);
      assert.deepEqual([first.id, first.leak], ['idle-connections', leak]);
      assert.match(first.sentence, sentence);
      assert.match(first.advice, /^Make one Transport/);
      assert.doesNotMatch(first.sentence, /no leak/);
    });
  }

  test('are none while requests wait for their response on them', () => {
    const waiting = goroutines(8, 'select, 6 minutes', ['net/http.(*persistConn).roundTrip', 'net/http.(*Transport).roundTrip', 'main.poll'], '', 100);
    assert.deepEqual(said(idle(8, 'IO wait, 6 minutes') + waiting).map(({ id, count }) => [id, count]), [['no-response', 8]]);
  });
});

describe('HTTP/2', () => {
  const connections = (count: number): string => goroutines(count, 'IO wait', ['net/http.(*http2clientConnReadLoop).run', 'net/http.(*http2ClientConn).readLoop']);
  const streams = (count: number): string => goroutines(count, 'select', ['net/http.(*http2clientStream).writeRequest', 'net/http.(*http2clientStream).doRequest'], '', 1000);
  const readers = (count: number): string => goroutines(count, 'sync.Cond.Wait', ['sync.(*Cond).Wait', 'net/http.(*http2pipe).Read', 'net/http.http2transportResponseBody.Read', 'main.load'], '', 2000);
  const waiting = (count: number): string => goroutines(count, 'select', ['net/http.(*http2ClientConn).RoundTrip', 'net/http.(*http2Transport).RoundTripOpt', 'main.ask'], '', 3000);

  for (const [what, dump, expected] of [
    ['a Transport for each request is named first', connections(40) + streams(40), [['http2-connections', 40], ['unread-http2-stream', 40]]],
    ['unread bodies over one connection', connections(1) + streams(40), [['unread-http2-stream', 40], ['http2-connections', 1]]],
    ['streams that are read, or waited for, are not unread', connections(1) + streams(40) + readers(15) + waiting(25), [['no-response', 25], ['stalled-read', 15], ['http2-connections', 1]]],
  ] as const) {
    test(what, () => assert.deepEqual(said(dump).map(({ id, count }) => [id, count]), expected));
  }

  test('many connections are explained by a Transport for each request, and a few are not', () => {
    assert.match(said(connections(40))[0].sentence, /as when a Transport or Client is made for each request/);
    assert.doesNotMatch(said(connections(2))[0].sentence, /for each request/);
  });
});

describe('a body that is forwarded is read', () => {
  const loops = (count: number): string => goroutines(count, 'select', ['net/http.(*persistConn).readLoop']);
  const forwarding = (count: number): string => goroutines(count, 'IO wait', ['net.(*conn).Write', 'net/http.checkConnErrorWriter.Write', 'net/http.(*response).Write', 'net/http/httputil.(*ReverseProxy).copyBuffer', 'net/http/httputil.(*ReverseProxy).copyResponse', 'net/http/httputil.(*ReverseProxy).ServeHTTP', 'net/http.(*conn).serve'], '', 1000);

  test('by a proxy whose clients are slow', () => assert.deepEqual(said(loops(20) + forwarding(20)).map(({ id, count }) => [id, count]), [['response-writer', 20]]));
  test('and one beside it that nobody reads is found', () => assert.ok(said(loops(23) + forwarding(20)).some(({ id, count }) => id === 'unread-body' && count === 3)));
});

describe('first is what explains most of it', () => {
  const clients = (count: number): string => goroutines(count, 'IO wait', ['net.(*conn).Read', 'net/http.(*connReader).Read', 'net/http.(*conn).serve'], '', 3000);
  const unread = (count: number): string => goroutines(count, 'select', ['net/http.(*persistConn).readLoop']);

  for (const [what, dumps, first] of [
    ['not the first class of rule', [unread(3) + clients(500)], 'inbound-connections'],
    ['and of growth, not of what is there', [unread(3) + clients(500), unread(60) + clients(502)], 'unread-body'],
    ['a known cause before who stands beside it', [goroutines(9, 'chan receive, 5 minutes', ['main.transport']) + goroutines(9, 'IO wait, 5 minutes', ['net.(*conn).Read', 'io.copyBuffer', 'main.transport.func1'], '', 100)], 'copying'],
    ['by goroutines: a connection has two', [unread(6) + goroutines(10, 'chan send, 3 minutes', ['main.work'], '', 100)], 'unread-body'],
  ] as const) {
    test(what, () => assert.equal(said(...dumps)[0].id, first));
  }
});
