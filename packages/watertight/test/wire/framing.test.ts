/** How a body is delimited, as a table over everything that decides it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { framingOf, isPersistent, type Framing } from '#wire';

const TABLE: [method: string, minor: number, status: number, contentLength: number, chunked: boolean, framing: Framing | 'refused'][] = [
  ['GET', 1, 200, 5, false, 'length'],
  ['GET', 1, 200, 0, false, 'none'],
  ['GET', 1, 200, -1, false, 'close'],
  ['GET', 1, 200, -1, true, 'chunked'],
  ['GET', 0, 200, 5, false, 'length'],
  ['GET', 0, 200, -1, false, 'close'],
  ['GET', 1, 404, 5, false, 'length'],
  ['POST', 1, 205, -1, false, 'close'],
  ['GET', 1, 206, 5, false, 'length'],
  // No body, whatever the fields say.
  ['HEAD', 1, 200, 5, false, 'none'],
  ['HEAD', 1, 200, -1, true, 'none'],
  ['HEAD', 1, 200, -1, false, 'none'],
  ['GET', 1, 204, 5, false, 'none'],
  ['GET', 1, 204, -1, true, 'none'],
  ['GET', 1, 204, -1, false, 'none'],
  ['GET', 1, 304, 5, false, 'none'],
  ['GET', 1, 304, -1, true, 'none'],
  ['GET', 1, 304, -1, false, 'none'],
  // What two readers could split differently.
  ['GET', 1, 200, 5, true, 'refused'],
  ['GET', 1, 200, 0, true, 'refused'],
  ['HEAD', 1, 200, 5, true, 'refused'],
  ['GET', 1, 304, 5, true, 'refused'],
  ['GET', 0, 200, -1, true, 'refused'],
  ['HEAD', 0, 200, -1, true, 'refused'],
];

describe('framing', () => {
  for (const [method, minor, status, contentLength, chunked, framing] of TABLE) {
    const fields = `${contentLength === -1 ? 'no length' : `length ${contentLength}`}${chunked ? ', chunked' : ''}`;
    test(`${method}, HTTP/1.${minor} ${status}, ${fields}: ${framing}`, () => {
      const decide = (): Framing => framingOf(method, { minor, status, contentLength, chunked });
      if (framing === 'refused') assert.throws(decide, { name: 'ProtocolError', code: 'ERR_TRANSFER_ENCODING' });
      else assert.equal(decide(), framing);
    });
  }
});

test('HTTP/1.1 persists unless it says close; HTTP/1.0 only if it says keep-alive and not close', () => {
  const cases = [0, 1].flatMap((minor) => [false, true].flatMap((close) => [false, true].map((keepAlive) => ({ minor, close, keepAlive }))));
  assert.deepEqual(cases.filter(isPersistent), [
    { minor: 0, close: false, keepAlive: true },
    { minor: 1, close: false, keepAlive: false },
    { minor: 1, close: false, keepAlive: true },
  ]);
});
