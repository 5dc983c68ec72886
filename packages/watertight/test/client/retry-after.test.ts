/** The field Retry-After, RFC 9110 section 10.2.3. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRetryAfter } from '#client';

const today = Date.UTC(2026, 0, 15, 12, 0, 0);
const at = 'Thu, 15 Jan 2026 12:00:30 GMT';

describe('Retry-After asks to wait', () => {
  for (const [value, date, wait] of [
    ['0', null, 0],
    ['120', null, 120_000],
    [' 7 ', null, 7000],
    ['9'.repeat(400), null, Infinity],
    [at, null, 30_000],
    ['Thursday, 15-Jan-26 12:00:30 GMT', null, 30_000],
    ['Thu Jan 15 12:00:30 2026', null, 30_000],
    ['Sun Feb  1 12:00:00 2026', null, 17 * 86_400_000],
    // The server's own clock is the one that it means.
    [at, 'Thu, 15 Jan 2026 12:00:20 GMT', 10_000],
    [at, 'Thu, 15 Jan 2026 13:00:00 GMT', 0],
    [at, 'no date', 30_000],
    ['Thu, 15 Jan 2026 11:00:00 GMT', null, 0],
  ] as const) {
    test(`${JSON.stringify(value)}${date === null ? '' : `, sent at ${date}`}: ${wait} ms`, () => {
      assert.equal(parseRetryAfter(value, date, today), wait);
    });
  }
});

describe('Retry-After says nothing if it is', () => {
  for (const value of [null, '', '-1', '1.5', '1e3', '0x10', 'soon', '5, 6', 'Thu, 15 Jan 2026', 'Thu, 15 Jan 2026 12:00:30', 'Thu, 15 Jan 2026 12:00:30 CET', '2026-01-15T12:00:30Z', 'Thu, 99 Jan 2026 12:00:30 GMT']) {
    test(JSON.stringify(value), () => assert.equal(parseRetryAfter(value, null, today), null));
  }
});
