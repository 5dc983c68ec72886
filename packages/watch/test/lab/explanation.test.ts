// What is said of a step, made from plain data.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explain, type ConnectionView, type Move, type PoolLimits, type RequestView, type Snapshot } from '#lab';

const GO: PoolLimits = { maxIdleConnsPerHost: 2, maxConnsPerHost: 0, disableKeepAlives: false };

function connection(id: number, state: ConnectionView['state'], request: number | null, more: Partial<ConnectionView> = {}): ConnectionView {
  const loop = state === 'closed' ? null : 'select';
  return { id, server: 0, state, dialledFor: id, served: request === null ? [] : [request], request, site: null, readLoop: loop, writeLoop: loop, localPort: 1, ...more };
}

function request(id: number, phase: RequestView['phase'], more: Partial<RequestView> = {}): RequestView {
  return { id, server: 0, method: 'GET', path: '/', phase, status: phase === 'asking' || phase === 'sent' ? 0 : 200, contentLength: 50_000, bytesRead: 0, connection: phase === 'asking' ? null : id, error: null, ...more };
}

function snapshot(connections: ConnectionView[], requests: RequestView[], dialFor: number[] = []): Snapshot {
  const open = connections.filter(({ state }) => state !== 'closed').length;
  return { taskCount: 1 + 2 * open + dialFor.length, connections, dials: dialFor.map((each) => ({ id: 100 + each, server: 0, request: each })), requests, opened: connections.length, closed: connections.length - open, errors: 0 };
}

function said(before: Snapshot | null, move: Move, after: Snapshot, limits = GO): string {
  return explain(before, move, after, limits).text;
}

const nothing = snapshot([], []);

describe('asking for a connection', () => {
  const ask = (id: number): Move => ({ op: 'ask', requests: [id] });

  test('the first dials because there is none', () => {
    const text = said(nothing, ask(1), snapshot([], [request(1, 'asking')], [1]));
    assert.match(text, /^Request 1 needs a connection\. There is none yet, so one is dialled\..* the count is 2\.$/);
  });

  test('the next dials because the others are held, and says by which responses', () => {
    const held = (n: number): Snapshot => snapshot(Array.from({ length: n }, (_, i) => connection(i + 1, 'pinned', i + 1)), Array.from({ length: n }, (_, i) => request(i + 1, 'unread')));
    const after = (n: number): Snapshot => snapshot([...held(n).connections], [...held(n).requests, request(n + 1, 'asking')], [n + 1]);
    assert.match(said(held(1), ask(2), after(1)), /The one that is open is held by the unfinished response to request 1, so another one is dialled\./);
    assert.match(said(held(2), ask(3), after(2)), /The two that are open are held by the unfinished responses to requests 1 and 2/);
    assert.match(said(held(5), ask(6), after(5)), /All 5 that are open are held by the unfinished responses to requests 1 to 5/);
  });

  test('one after a closed connection, and one to another server, say that', () => {
    const closed = snapshot([connection(1, 'closed', null)], [request(1, 'closed')]);
    assert.match(said(closed, ask(2), snapshot(closed.connections as ConnectionView[], [...closed.requests, request(2, 'asking')], [2])), /The one there was has been closed/);
    const elsewhere = snapshot([connection(1, 'idle', null)], [request(1, 'eof')]);
    assert.match(said(elsewhere, ask(2), snapshot([...elsewhere.connections], [...elsewhere.requests, request(2, 'asking', { server: 1 })], [2])), /leads to another server/);
  });

  test('one that finds an idle connection adds no task', () => {
    const before = snapshot([connection(1, 'idle', null)], [request(1, 'eof')]);
    const after = snapshot([connection(1, 'pinned', 2)], [request(1, 'eof'), request(2, 'unread', { connection: 1 })]);
    assert.match(said(before, ask(2), after), /^Request 2 finds connection 1 in the idle pool and takes it: nothing is dialled and no task is added\. The response has come \(status 200\) with a body of 50,000 bytes and pins connection 1\.$/);
  });

  test('one that has to wait says for whom', () => {
    const before = snapshot([connection(1, 'pinned', 1), connection(2, 'pinned', 2)], [request(1, 'unread'), request(2, 'unread')]);
    const after = snapshot([...before.connections], [...before.requests, request(3, 'asking')]);
    assert.match(said(before, ask(3), after, { ...GO, maxConnsPerHost: 2 }), /Request 3 has to wait: 2 connections .*maxConnsPerHost is 2.* requests 1 and 2 have not finished with them\./);
  });

  test('several at once dial once each', () => {
    const after = snapshot([], [1, 2, 3].map((id) => request(id, 'asking')), [1, 2, 3]);
    assert.match(said(nothing, { op: 'ask', requests: [1, 2, 3] }, after), /Requests 1 to 3 are made at the same moment.*so 3 are dialled at once\. Each dial is a task.* the count is 4\./);
  });
});

describe('a response', () => {
  test('with a body pins its connection; the two loops are introduced', () => {
    const { text, terms } = explain(snapshot([], [request(1, 'asking')], [1]), { op: 'answer', requests: [1] }, snapshot([connection(1, 'pinned', 1)], [request(1, 'unread')]), GO);
    assert.match(text, /its readLoop and its writeLoop.*nothing of it has been read\. Until it is read to its end or closed, it pins connection 1.*The count is 3\./);
    for (const word of ['readLoop', 'writeLoop', 'pinned']) assert.ok(terms.some(({ term, meaning }) => term === word && meaning.length > 20), word);
  });

  test('without one gives its connection back at once', () => {
    const after = snapshot([connection(1, 'idle', null)], [request(1, 'eof', { status: 204, contentLength: 0 })]);
    assert.match(said(snapshot([], [request(1, 'asking')], [1]), { op: 'answer', requests: [1] }, after), /status 204\) and has no body, so there is nothing to read and nothing to forget: connection 1 is in the idle pool again at once/);
  });

  test('whose dial fails says why', () => {
    const after = snapshot([], [request(1, 'failed', { connection: null, error: 'connecting failed' })]);
    assert.match(said(snapshot([], [request(1, 'asking')], [1]), { op: 'answer', requests: [1] }, after), /Request 1 failed: connecting failed\./);
  });
});

describe('reading', () => {
  const pinned = snapshot([connection(1, 'pinned', 1)], [request(1, 'unread')]);
  const read = (amount: number | 'all', half = false): Move => ({ op: 'read', request: 1, amount, half });

  test('half of it is not reading it', () => {
    assert.match(said(pinned, read(25_000, true), snapshot([connection(1, 'pinned', 1)], [request(1, 'reading', { bytesRead: 25_000 })])), /^25,000 of 50,000 bytes are read\. Half read is unread/);
  });

  test('ten bytes leaves it pinned', () => {
    assert.match(said(pinned, read(10), snapshot([connection(1, 'pinned', 1)], [request(1, 'reading', { bytesRead: 10 })])), /^10 of 50,000 bytes are read, and the program has what it wanted\. The other 49,990 are still ahead .* it stays pinned by response 1/);
  });

  test('to EOF frees the connection, and nobody had to close', () => {
    assert.match(said(pinned, read('all'), snapshot([connection(1, 'idle', null)], [request(1, 'eof', { bytesRead: 50_000 })])), /The last of 50,000 bytes of response 1 has been read: EOF\..* goes to the idle pool\. Nobody had to call close\(\)/);
  });

  test('to EOF closes the connection where the pool is full, and says which are in it', () => {
    const idle = [connection(1, 'idle', null), connection(2, 'idle', null)];
    const before = snapshot([...idle, connection(3, 'pinned', 3)], [request(1, 'eof'), request(2, 'eof'), request(3, 'unread')]);
    const after = snapshot([...idle, connection(3, 'closed', null)], [request(1, 'eof'), request(2, 'eof'), request(3, 'eof', { bytesRead: 50_000 })]);
    assert.match(said(before, { op: 'read', request: 3, amount: 'all', half: false }, after), /no more than 2 for each host \(maxIdleConnsPerHost\) and has connections 1 and 2 already\. So connection 3 is closed, and its two tasks end: the count is 5\./);
  });

  test('to EOF without keep-alive closes it too', () => {
    const after = snapshot([connection(1, 'closed', null)], [request(1, 'eof', { bytesRead: 50_000 })]);
    assert.match(said(pinned, read('all'), after, { ...GO, disableKeepAlives: true }), /Keep-alive is off.* connection 1 is closed/);
  });

  test('to EOF hands the connection to whom waits for it', () => {
    const after = snapshot([connection(1, 'pinned', 2)], [request(1, 'eof', { bytesRead: 50_000 }), request(2, 'unread', { connection: 1 })]);
    assert.match(said(pinned, read('all'), after), /Request 2 was waiting for a connection, and gets connection 1 at once\./);
  });

  test('a body of unknown length is said to be one', () => {
    const text = said(pinned, read(10), snapshot([connection(1, 'pinned', 1)], [request(1, 'reading', { bytesRead: 10, contentLength: -1 })]));
    assert.match(text, /^10 bytes are read, and the program has what it wanted\. What is left is still ahead/);
  });
});

describe('the rest', () => {
  const pinned = snapshot([connection(1, 'pinned', 1)], [request(1, 'unread')]);
  const torn = snapshot([connection(1, 'closed', null)], [request(1, 'closed')]);

  test('closing early tears the connection down; closing after EOF changes nothing', () => {
    assert.match(said(pinned, { op: 'close', request: 1 }, torn), /Response 1 is closed with 0 of 50,000 bytes read\..* connection 1 is torn down, and its two tasks end: the count is 1\./);
    const idle = snapshot([connection(1, 'idle', null)], [request(1, 'eof')]);
    assert.match(said(idle, { op: 'close', request: 1 }, idle), /changes nothing: it has been read to its end\. Connection 1 has been in the idle pool since then/);
  });

  test('leaving a body says that nothing fails, and what its loops wait for', () => {
    assert.match(said(pinned, { op: 'leave', request: 1 }, pinned), /Nothing fails and nothing is logged, but connection 1 stays pinned\. Its readLoop waits for a reader \(select\)/);
  });

  test('cancelling gives an unread body up, and a read one nothing', () => {
    assert.match(said(pinned, { op: 'cancel', request: 1 }, snapshot([connection(1, 'closed', null)], [request(1, 'failed')])), /Request 1 is cancelled\. That gives its unread body up: connection 1 is closed/);
    const idle = snapshot([connection(1, 'idle', null)], [request(1, 'eof')]);
    assert.match(said(idle, { op: 'cancel', request: 1 }, idle), /changes nothing/);
  });

  test('closing idle connections leaves those in use', () => {
    const before = snapshot([connection(1, 'idle', null), connection(2, 'pinned', 2)], [request(1, 'eof'), request(2, 'unread')]);
    const after = snapshot([connection(1, 'closed', null), connection(2, 'pinned', 2)], [...before.requests]);
    assert.match(said(before, { op: 'closeIdle' }, after), /connection 1 is closed, and 2 tasks end\. The count is 3\. Connection 2 is in use, and not touched/);
    assert.match(said(pinned, { op: 'closeIdle' }, pinned), /finds no idle connection/);
  });

  test('waiting says what was closed meanwhile', () => {
    assert.match(said(pinned, { op: 'wait', ms: 300 }, pinned), /^The program waits for 300 ms\. Nothing changes by itself\.$/);
    assert.match(said(snapshot([connection(1, 'idle', null)], [request(1, 'eof')]), { op: 'wait', ms: 300 }, torn), /Meanwhile connection 1 was closed: idle for as long/);
  });

  test('a count is taken apart, and held beside Go’s', () => {
    const six = snapshot(Array.from({ length: 6 }, (_, i) => connection(i + 1, 'pinned', i + 1)), Array.from({ length: 6 }, (_, i) => request(i + 1, 'unread')));
    assert.match(said(six, { op: 'count', go: 13 }, six), /^The count is 13: 1 for the program \+ 2 × 6 for the open connections\. Connections 1 to 6 are pinned .* Go counted 13, too\.$/);
    const one = snapshot([connection(1, 'idle', null, { served: [1, 2, 3] })], [1, 2, 3].map((id) => request(id, 'eof')));
    assert.match(said(one, { op: 'count', go: 3 }, one), /2 × 1 for the open connection\. One connection served all 3 requests, and is idle\. Go counted 3, too\.$/);
    assert.match(said(nothing, { op: 'count', go: 3 }, nothing), /^The count is 1: the program alone, no connection is open\. Go counted 3: that differs\.$/);
  });
});
