/** One response after the other: 1xx before it, its head, its body's share of the bytes, and nothing behind it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_LIMITS, ResponseReader, type WireLimits } from '#wire';
import { everyCut, pieces } from './reading.js';

interface Read {
  interim: number[];
  status: number;
  framing: string;
  body: string;
  complete: boolean;
  trailers: string;
  rest: string;
}

/** What a connection does with the pieces of one response; `end` is an orderly end of the connection. */
function play(bytes: Buffer, cuts: readonly number[], { method = 'GET', limits = DEFAULT_LIMITS, end = false, reader = new ResponseReader(limits) } = {}): Read {
  const interim: number[] = [];
  const parts: Buffer[] = [];
  const sink = {
    interim: ({ status }: { status: number }) => void interim.push(status),
    push: (from: Buffer, start: number, stop: number) => void parts.push(Buffer.from(from.subarray(start, stop))),
    add: (chunk: Uint8Array) => void parts.push(Buffer.from(chunk)),
  };
  let inHead = true;
  let rest = '';
  for (const piece of pieces(bytes, cuts)) {
    let pos = 0;
    if (inHead) {
      pos = reader.readHead(method, piece, 0, piece.length, sink);
      if (pos === -1) continue;
      inHead = false;
    }
    if (!reader.complete && pos < piece.length) pos = reader.readBody(piece, pos, piece.length, sink);
    rest += piece.toString('latin1', pos);
    piece.fill('#');
  }
  if (end) reader.end();
  return { interim, status: reader.scanner.status, framing: reader.framing, body: Buffer.concat(parts).toString('latin1'), complete: reader.complete, trailers: reader.trailers, rest };
}

function read(text: string, options: Parameters<typeof play>[2] = {}): Read {
  const bytes = Buffer.from(text, 'latin1');
  const whole = play(bytes, [], options);
  for (const cuts of everyCut(bytes.length)) assert.deepEqual(play(bytes, cuts, options), whole, `cut at ${cuts.slice(0, 3).join(', ')}`);
  return whole;
}

describe('a response, whole and in all pieces', () => {
  test('with a length ends at its last byte', () => {
    assert.deepEqual(read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP'), { interim: [], status: 200, framing: 'length', body: 'hello', complete: true, trailers: '', rest: 'HTTP' });
  });

  test('in chunks ends with its trailers', () => {
    assert.deepEqual(read('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n!'), { interim: [], status: 200, framing: 'chunked', body: 'hello', complete: true, trailers: 'A: b', rest: '!' });
  });

  test('without a length ends with the connection', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nhello';
    assert.deepEqual(read(text), { interim: [], status: 200, framing: 'close', body: 'hello', complete: false, trailers: '', rest: '' });
    assert.equal(read(text, { end: true }).complete, true);
  });

  test('cut short, it is not complete whatever the connection says', () => {
    for (const text of ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n']) {
      const { body, complete } = read(text, { end: true });
      assert.deepEqual({ body, complete }, { body: 'hell', complete: false });
    }
  });

  for (const [what, method, head] of [
    ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['of length 0', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ] as const) {
    test(`${what} is complete with its head; what follows is not its`, () => {
      const { framing, complete, rest } = read(`${head}hello`, { method });
      assert.deepEqual({ framing, complete, rest }, { framing: 'none', complete: true, rest: 'hello' });
    });
  }

  test('may have 1xx responses before it', () => {
    assert.deepEqual(read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'), { interim: [100, 103], status: 200, framing: 'length', body: 'ok', complete: true, trailers: '', rest: '' });
  });
});

describe('1xx responses are bounded', () => {
  const refused = (text: string, limits: Partial<WireLimits> = {}): unknown => {
    const bytes = Buffer.from(text);
    try {
      return play(bytes, [], { limits: { ...DEFAULT_LIMITS, ...limits } }).status;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('in number', () => {
    const text = `${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 204 No Content\r\n\r\n`;
    assert.equal(refused(text, { maxInterim: 3 }), 204);
    assert.equal(refused(text, { maxInterim: 2 }), 'ERR_TOO_MANY_INTERIM');
  });

  test('in size, their folded blanks included', () => {
    const hint = `HTTP/1.1 103 Early Hints\r\nLink: a\r\n${' '.repeat(100)}b\r\n\r\n`;
    assert.equal(refused(`${hint}${hint}HTTP/1.1 204 No Content\r\n\r\n`, { maxHeadBytes: 400 }), 204);
    assert.equal(refused(`${hint}${hint}${hint}HTTP/1.1 204 No Content\r\n\r\n`, { maxHeadBytes: 400 }), 'ERR_HEADERS_TOO_LARGE');
  });

  test('and 101 is refused: nobody asked for it', () => {
    assert.equal(refused('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'), 'ERR_UNEXPECTED_UPGRADE');
  });
});

test('the payload before a fault has gone to the sink, small chunks joined', () => {
  const reader = new ResponseReader(DEFAULT_LIMITS);
  const got: string[] = [];
  const sink = { interim() {}, push: (b: Buffer, s: number, e: number) => void got.push(b.toString('latin1', s, e)), add: (c: Uint8Array) => void got.push(Buffer.from(c).toString('latin1')) };
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\nzzz');
  const pos = reader.readHead('GET', bytes, 0, bytes.length, sink);
  assert.throws(() => reader.readBody(bytes, pos, bytes.length, sink), { code: 'ERR_CHUNK' });
  assert.deepEqual(got, ['hello']);
});

test('a reader serves a connection: response after response, nothing of one in the next', () => {
  const reader = new ResponseReader({ ...DEFAULT_LIMITS, maxInterim: 1 });
  // As many 1xx responses as one message may have; the next one has as many again.
  for (let i = 0; i < 2; i++) {
    const { complete, trailers } = play(Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n'), [], { reader });
    assert.deepEqual({ complete, trailers }, { complete: true, trailers: 'A: b' });
    reader.reset();
  }
  assert.deepEqual(play(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny'), [], { reader }), { interim: [], status: 200, framing: 'length', body: 'y', complete: true, trailers: '', rest: '' });
});
