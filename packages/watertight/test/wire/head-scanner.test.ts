/** Reading a head: the same from any pieces, strict in every byte, bounded in every direction. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_LIMITS, HeadScanner, Headers, type WireLimits } from '#wire';
import { everyCut, readHead, type HeadRead, type Reading } from './reading.js';

const OK = 'HTTP/1.1 200 OK\r\n';

type Expected = Partial<HeadRead> | { refused: string } | 'unfinished';

/** Reads it in all ways; they must agree. */
function read(text: string, limits?: WireLimits): Reading<HeadRead> {
  const bytes = Buffer.from(text, 'latin1');
  const whole = readHead(bytes, [], limits);
  for (const cuts of everyCut(bytes.length)) assert.deepEqual(readHead(bytes, cuts, limits), whole, `cut at ${cuts.slice(0, 3).join(', ')}`);
  return whole;
}

function expectHead(text: string, expected: Expected): void {
  const got = read(text);
  if (typeof expected === 'string' || 'refused' in expected) assert.deepEqual(got, expected);
  else {
    assert.ok(typeof got === 'object' && !('refused' in got), `refused: ${JSON.stringify(got)}`);
    for (const [name, value] of Object.entries(expected)) assert.equal(got[name as keyof HeadRead], value, name);
  }
}

const ACCEPTED: [what: string, head: string, expected: Expected][] = [
  ['a plain head', `${OK}Content-Length: 5\r\n\r\n`, { minor: 1, status: 200, contentLength: 5, chunked: false, close: false, keepAlive: false, gzip: false, taken: 38, fieldsAt: 17, text: 'HTTP/1.1 200 OK\r\nContent-Length: 5' }],
  ['bytes behind the head are not its', `${OK}A: b\r\n\r\nbody\r\n\r\n`, { taken: 25, text: 'HTTP/1.1 200 OK\r\nA: b' }],
  ['a head without fields', `${OK}\r\n`, { status: 200, contentLength: -1, taken: 19, text: 'HTTP/1.1 200 OK' }],
  ['HTTP/1.0', 'HTTP/1.0 404 Not Found\r\n\r\n', { minor: 0, status: 404 }],
  ['a status without a reason', 'HTTP/1.1 200 \r\n\r\n', { status: 200 }],
  ['a status without a space either', 'HTTP/1.1 200\r\n\r\n', { status: 200 }],
  ['a reason of bytes beyond ASCII', 'HTTP/1.1 200 \xe4\xff\t!\r\n\r\n', { status: 200 }],
  ['a status nobody has heard of', 'HTTP/1.1 999 Odd\r\n\r\n', { status: 999 }],
  ['an empty value', `${OK}A:\r\nB: \r\n\r\n`, { text: `${OK}A:\r\nB: ` }],
  ['blanks around a value', `${OK}Content-Length: \t 7 \t\r\n\r\n`, { contentLength: 7 }],
  ['a name in any letter case', `${OK}cONTENT-lENGTH: 7\r\ntransfer-ENCODING: Chunked\r\n\r\n`, { contentLength: 7, chunked: true }],
  ['equal lengths are one', `${OK}Content-Length: 7\r\nContent-Length: 007\r\n\r\n`, { contentLength: 7 }],
  ['a list of equal lengths is one', `${OK}Content-Length: 7,7 ,\t7\r\n\r\n`, { contentLength: 7 }],
  ['chunked twice is chunked', `${OK}Transfer-Encoding: chunked\r\nA: b\r\ntransfer-encoding: Chunked\r\n\r\n`, { chunked: true }],
  ['the largest exact length', `${OK}Content-Length: 9007199254740991\r\n\r\n`, { contentLength: 2 ** 53 - 1 }],
  ['Keep-Alive says for how long', `${OK}Keep-Alive: timeout=5, max=100\r\n\r\n`, { keepAliveTimeout: 5 }],
  ['Keep-Alive in another order and spelling', `${OK}KEEP-ALIVE:max=100 ;\tTimeout=65\r\n\r\n`, { keepAliveTimeout: 65 }],
  ['of two Keep-Alive the shorter one holds', `${OK}Keep-Alive: timeout=5, timeout=3\r\nKeep-Alive: timeout=9\r\n\r\n`, { keepAliveTimeout: 3 }],
  ['Keep-Alive for ever', `${OK}Keep-Alive: timeout=99999999999999999999\r\n\r\n`, { keepAliveTimeout: 8_640_000 }],
  ['Keep-Alive that says nothing', `${OK}Keep-Alive: timeout=, timeout=x, timeout, atimeout=1, max=3\r\nKeep-Alife: timeout=4\r\n\r\n`, { keepAliveTimeout: -1 }],
  ['Connection is a list', `${OK}Connection: foo, close\r\nConnection: Keep-Alive\r\n\r\n`, { close: true, keepAlive: true }],
  ['an option that only contains close is none', `${OK}Connection: closed, xclose\r\n\r\n`, { close: false }],
  ['gzip alone', `${OK}Content-Encoding: GZip\r\n\r\n`, { gzip: true }],
  ['x-gzip is its alias', `${OK}Content-Encoding: x-gzip\r\n\r\n`, { gzip: true }],
  ['gzip with another coding is not ours to undo', `${OK}Content-Encoding: gzip\r\nContent-Encoding: br\r\n\r\n`, { gzip: false }],
  ['nor is a list of codings', `${OK}Content-Encoding: gzip, gzip\r\n\r\n`, { gzip: false }],
  ['a name that has the length of a framing field only', `${OK}Kontent-Length: x\r\nTransfer-Encodinh: y\r\nKonnection: close\r\n\r\n`, { contentLength: -1, chunked: false, close: false }],
  ['a folded line is joined by a space', `${OK}A: one\r\n two\r\n\t three\r\nB: c\r\n\r\n`, { text: `${OK}A: one two three\r\nB: c` }],
  ['a folded framing field is judged as a whole', `${OK}Connection: keep-alive,\r\n close\r\n\r\n`, { keepAlive: true, close: true }],
];

const REFUSED: [what: string, head: string, code: string][] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'ERR_STATUS_LINE'],
  ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a protocol in lower case', 'http/1.1 200 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['an empty line in front', `\r\n${OK}\r\n`, 'ERR_STATUS_LINE'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a status with a sign', 'HTTP/1.1 +20 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a bare LF after the status line', 'HTTP/1.1 200 OK\n\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n', 'ERR_STATUS_LINE'],
  ['a bare LF after a field', `${OK}A: b\nC: d\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a bare CR in a value', `${OK}A: b\rC: d\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a NUL in a value', `${OK}A: b\0\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a control byte in a value', `${OK}A: \x01\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a DEL in a value', `${OK}A: \x7f\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a blank before the colon', `${OK}Content-Length : 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a tab before the colon', `${OK}A\t: 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a line without a colon', `${OK}garbage\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a name of no characters', `${OK}: 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a name that is no token', `${OK}A(b): 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a name beyond ASCII', `${OK}\xe4: 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a continuation of nothing', `${OK} A: 5\r\n\r\n`, 'ERR_HEADER_FIELD'],
  ['a CR without LF at the end', `${OK}A: b\r\n\rX`, 'ERR_HEADER_FIELD'],
  ['two lengths', `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a list of lengths that differ', `${OK}Content-Length: 5, 6\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a list of lengths and another line that differ', `${OK}Content-Length: 5, 5\r\nContent-Length: 6\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a list of lengths with an empty member', `${OK}Content-Length: 5, ,5\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a length with a sign', `${OK}Content-Length: +5\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a negative length', `${OK}Content-Length: -5\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a hexadecimal length', `${OK}Content-Length: 0x5\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a length with blanks inside', `${OK}Content-Length: 5 5\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['an empty length', `${OK}Content-Length:\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a length beyond 2^53', `${OK}Content-Length: 9007199254740992\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a length that wraps around', `${OK}Content-Length: 18446744073709551621\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['a folded length', `${OK}Content-Length: 1\r\n 0\r\n\r\n`, 'ERR_CONTENT_LENGTH'],
  ['another transfer coding', `${OK}Transfer-Encoding: gzip\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['a list of transfer codings', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['chunked twice in one line', `${OK}Transfer-Encoding: chunked, chunked\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['chunked, then identity', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['chunked and identity', `${OK}Transfer-Encoding: chunked, identity\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['chunked twice and gzip', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['chunked with a tail', `${OK}Transfer-Encoding: chunked;x\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['an empty transfer coding', `${OK}Transfer-Encoding:\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
  ['identity', `${OK}Transfer-Encoding: identity\r\n\r\n`, 'ERR_TRANSFER_ENCODING'],
];

describe('a head, whole and in all pieces, is accepted:', () => {
  for (const [what, head, expected] of ACCEPTED) test(what, () => expectHead(head, expected));
});

describe('a head, whole and in all pieces, is refused:', () => {
  for (const [what, head, code] of REFUSED) test(what, () => expectHead(head, { refused: code }));
});

test('no control byte but HTAB has a place in a status line, a name or a value', () => {
  for (let byte = 0; byte < 0x100; byte++) {
    const char = String.fromCharCode(byte);
    const control = (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
    const head = (text: string): Reading<HeadRead> => readHead(Buffer.from(text, 'latin1'), []);
    // A CR is the only one that could mean something, and what follows it here is no LF.
    assert.equal(JSON.stringify(head(`HTTP/1.1 200 a${char}b\r\n\r\n`)).includes('ERR_STATUS_LINE'), control, `reason, 0x${byte.toString(16)}`);
    assert.equal(JSON.stringify(head(`${OK}A: a${char}b\r\n\r\n`)).includes('ERR_HEADER_FIELD'), control, `value, 0x${byte.toString(16)}`);
    const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(char);
    assert.equal(JSON.stringify(head(`${OK}A${char}b: c\r\n\r\n`)).includes('ERR_HEADER_FIELD'), !token && char !== ':', `name, 0x${byte.toString(16)}`);
  }
});

test('a head without its end is unfinished, however it comes', () => {
  expectHead(`${OK}A: b\r\n`, 'unfinished');
  expectHead('', 'unfinished');
});

describe('the limits', () => {
  const head = `${OK}A: b\r\nC: d\r\n\r\n`;

  test('a head of exactly maxHeadBytes is taken, one byte more is not, in any pieces', () => {
    assert.ok(typeof read(head, { ...DEFAULT_LIMITS, maxHeadBytes: head.length }) === 'object');
    assert.deepEqual(read(head, { ...DEFAULT_LIMITS, maxHeadBytes: head.length - 1 }), { refused: 'ERR_HEADERS_TOO_LARGE' });
  });

  test('a head that never ends is refused as soon as it is too large', () => {
    const scanner = new HeadScanner({ ...DEFAULT_LIMITS, maxHeadBytes: 1000 });
    const piece = Buffer.alloc(100, 'x');
    scanner.feed(Buffer.from(`${OK}A: `), 0, OK.length + 3);
    let fed = OK.length + 3;
    assert.throws(() => {
      for (; fed < 5000; fed += 100) scanner.feed(piece, 0, 100);
    }, { code: 'ERR_HEADERS_TOO_LARGE', message: /1000 bytes \(maxResponseHeaderBytes\)/ });
    assert.ok(fed <= 1100);
  });

  test('maxFields fields are taken, one more is not; continuations are no fields', () => {
    const limits = { ...DEFAULT_LIMITS, maxFields: 2 };
    assert.ok(!JSON.stringify(read(head, limits)).includes('refused'));
    assert.deepEqual(read(`${OK}A: b\r\nC: d\r\nE: f\r\n\r\n`, limits), { refused: 'ERR_HEADERS_TOO_LARGE' });
    assert.ok(!JSON.stringify(read(`${OK}A: b\r\n c\r\n d\r\n e\r\nC: d\r\n\r\n`, limits)).includes('refused'));
  });

  test('1xx heads count against the head they precede', () => {
    const interim = Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n');
    const final = Buffer.from(`${OK}\r\n`);
    const scanner = new HeadScanner({ ...DEFAULT_LIMITS, maxHeadBytes: 100 });
    for (let i = 0; i < 2; i++) {
      assert.equal(scanner.feed(interim, 0, interim.length), interim.length);
      assert.equal(scanner.status, 103);
      scanner.resetInterim();
    }
    assert.throws(() => scanner.feed(final, 0, final.length), { code: 'ERR_HEADERS_TOO_LARGE' });
    scanner.reset();
    assert.equal(scanner.feed(final, 0, final.length), final.length, 'the next message starts afresh');
  });
});

test('one scanner reads message after message, and nothing of one shows in the next', () => {
  const scanner = new HeadScanner(DEFAULT_LIMITS);
  const first = Buffer.from(`HTTP/1.0 204 None\r\nContent-Length: 5\r\nConnection: close, keep-alive\r\nContent-Encoding: gzip\r\nA:\r\n b\r\n\r\n`);
  scanner.feed(first, 0, 20);
  assert.equal(scanner.started, true);
  scanner.feed(first, 20, first.length);
  scanner.reset();
  assert.equal(scanner.started, false);
  const second = Buffer.from('HTTP/1.1 200 OK\r\n\r\n');
  scanner.feed(second, 0, second.length);
  const { minor, status, contentLength, chunked, close, keepAlive, gzip, text } = scanner;
  assert.deepEqual({ minor, status, contentLength, chunked, close, keepAlive, gzip, text }, { minor: 1, status: 200, contentLength: -1, chunked: false, close: false, keepAlive: false, gzip: false, text: 'HTTP/1.1 200 OK' });
});

test('trailers are fields without a status line', () => {
  const bytes = Buffer.from('Expires: never\r\nX-Sum:\r\n 1\r\n\r\nrest');
  const whole = readHead(bytes, [], DEFAULT_LIMITS, true);
  for (const cuts of everyCut(bytes.length)) assert.deepEqual(readHead(bytes, cuts, DEFAULT_LIMITS, true), whole);
  assert.ok(typeof whole === 'object' && 'text' in whole);
  assert.deepEqual(Headers.parsed(whole.text, whole.fieldsAt).raw, [['Expires', 'never'], ['X-Sum', '1']]);
});

test('an error shows what was wrong, and no more than a glimpse of it', () => {
  const scanner = new HeadScanner(DEFAULT_LIMITS);
  const long = Buffer.from(`${'z'.repeat(500)}\r\n`);
  assert.throws(() => scanner.feed(long, 0, long.length), (error: Error) => error.message.includes('zzz') && error.message.length < 250);
});
