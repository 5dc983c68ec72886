/** The chunked coding: the same from any pieces, its payload exact, its framing strict and bounded. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_LIMITS, type WireLimits } from '#wire';
import { everyCut, readChunks, type BodyRead, type Reading } from './reading.js';

function read(text: string, limits?: WireLimits): Reading<BodyRead> {
  const bytes = Buffer.from(text, 'latin1');
  const whole = readChunks(bytes, [], limits);
  for (const cuts of everyCut(bytes.length)) assert.deepEqual(readChunks(bytes, cuts, limits), whole, `cut at ${cuts.slice(0, 3).join(', ')}`);
  return whole;
}

const ACCEPTED: [what: string, bytes: string, body: string, trailers?: string, rest?: string][] = [
  ['one chunk', '5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['several chunks', '5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n', 'hello world'],
  ['no payload at all', '0\r\n\r\n', ''],
  ['bytes behind the end stay', '1\r\nx\r\n0\r\n\r\nHTTP/1.1', 'x', '', 'HTTP/1.1'],
  ['hexadecimal sizes in both letter cases', 'a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n', '01234567890123456789a'],
  ['zeros in front', '0005\r\nhello\r\n000\r\n\r\n', 'hello'],
  ['an extension is ignored', '5;name=value;a="b;c"\r\nhello\r\n0;last\r\n\r\n', 'hello'],
  ['an extension beyond ASCII', '5;\xe4\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['blanks behind the size', '5 \t\r\nhello\r\n0 \r\n\r\n', 'hello'],
  ['blanks before the extension', '5 ; a\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['line ends in the payload are payload', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
  ['trailers', '0\r\nExpires: never\r\nX: y\r\n\r\nrest', '', 'Expires: never\r\nX: y', 'rest'],
  ['folded trailers', '1\r\nx\r\n0\r\nA: b\r\n c\r\n\r\n', 'x', 'A: b c'],
];

const REFUSED: [what: string, bytes: string, code?: string][] = [
  ['no size', '\r\nhello\r\n0\r\n\r\n'],
  ['a size that is no number', 'x\r\n'],
  ['a size with a sign', '+5\r\nhello\r\n'],
  ['a negative size', '-5\r\nhello\r\n'],
  ['a size with 0x', '0x5\r\nhello\r\n'],
  ['a blank before the size', ' 5\r\nhello\r\n'],
  ['a bare LF after the size', '5\nhello\r\n'],
  ['a bare CR after the size', '5\rhello'],
  ['a bare LF in the extension', '5;a\nhello'],
  ['a bare CR in the extension', '5;a\rb\r\nhello'],
  ['a NUL in the extension', '5;\0\r\nhello'],
  ['a second word behind the size', '5 5\r\nhello'],
  ['a payload longer than its size', '4\r\nhello\r\n0\r\n\r\n'],
  ['a payload shorter than its size', '6\r\nhello\r\n0\r\n\r\n'],
  ['a bare LF after the payload', '5\r\nhello\n0\r\n\r\n'],
  ['a bare LF at the end', '0\r\n\n', 'ERR_HEADER_FIELD'],
  ['a bare CR at the end', '0\r\n\rX'],
  ['a size of 17 digits', '00000000000000005\r\nhello'],
  ['a size beyond 2^53', '20000000000000\r\n'],
  ['a size that wraps around 2^64', 'ffffffffffffffff\r\n'],
  ['a trailer without a colon', '0\r\ngarbage\r\n\r\n', 'ERR_HEADER_FIELD'],
  ['a blank before a trailer\'s colon', '0\r\nA : b\r\n\r\n', 'ERR_HEADER_FIELD'],
  ['a NUL in a trailer', '0\r\nA: \0\r\n\r\n', 'ERR_HEADER_FIELD'],
  ['a trailer that continues nothing', '0\r\n A: b\r\n\r\n', 'ERR_HEADER_FIELD'],
];

describe('chunks, whole and in all pieces, are accepted:', () => {
  for (const [what, bytes, body, trailers = '', rest = ''] of ACCEPTED) {
    test(what, () => assert.deepEqual(read(bytes), { body, trailers, taken: bytes.length - rest.length }));
  }
});

describe('chunks, whole and in all pieces, are refused:', () => {
  for (const [what, bytes, code = 'ERR_CHUNK'] of REFUSED) test(what, () => assert.deepEqual(read(bytes), { refused: code }));
});

test('a body without its end is unfinished', () => {
  for (const bytes of ['5\r\nhello\r\n', '5\r\nhel', '0\r\n', '0\r\nA: b\r\n', '5', '5;']) assert.equal(read(bytes), 'unfinished');
});

describe('the bounds', () => {
  const whole = (bytes: string, limits?: WireLimits): Reading<BodyRead> => readChunks(Buffer.from(bytes), [], limits);

  test('a size line may have 4096 bytes, its CR included, and no more', () => {
    const line = (length: number): string => `1;${'e'.repeat(length - 2)}\r\nx\r\n0\r\n\r\n`;
    assert.deepEqual(whole(line(4095)), { body: 'x', trailers: '', taken: line(4095).length });
    assert.deepEqual(whole(line(4096)), { refused: 'ERR_CHUNK' });
  });

  test('extensions beyond 16 KiB in sum are refused, however they are spread', () => {
    const chunks = (count: number): string => `${`1;${'e'.repeat(1000)}\r\nx\r\n`.repeat(count)}0\r\n\r\n`;
    assert.ok(typeof whole(chunks(15)) === 'object' && !('refused' in (whole(chunks(15)) as object)));
    assert.deepEqual(whole(chunks(20)), { refused: 'ERR_CHUNK' });
  });

  test('small chunks without extensions are never too many', () => {
    const count = 20_000;
    assert.deepEqual(whole(`${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`), { body: 'x'.repeat(count), trailers: '', taken: 6 * count + 5 });
  });

  test('trailers have the limits of a head', () => {
    assert.deepEqual(whole('0\r\nA: b\r\nC: d\r\n\r\n', { ...DEFAULT_LIMITS, maxFields: 1 }), { refused: 'ERR_HEADERS_TOO_LARGE' });
    assert.deepEqual(whole(`0\r\nA: ${'b'.repeat(100)}\r\n\r\n`, { ...DEFAULT_LIMITS, maxHeadBytes: 50 }), { refused: 'ERR_HEADERS_TOO_LARGE' });
  });
});
