/** Holders as text: who has most, since when, opened where. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureTrace, describeHolder, describeHolders, formatDuration, topHolders, type Holder, type Trace } from '#tasks';
import { markedLine } from './marked-line.js';

function holder(change: Partial<Holder>): Holder {
  return {
    client: 'watertight', method: 'GET', url: 'http://127.0.0.1/a', origin: 'http://127.0.0.1', status: 200, bytesRead: 10, contentLength: 50_000,
    openedAt: 0, lastReadAt: 0, awaited: false, abandoned: false, trace: null, ...change,
  };
}

function open(): Trace {
  return captureTrace(open);
}

function listPreviews(): Trace {
  return open(); // at: previews
}

function loadReport(): Trace {
  return open(); // at: report
}

test('holders of one line are one group, the largest first, the oldest named', () => {
  const previews = listPreviews();
  const groups = topHolders(
    [holder({ trace: loadReport(), openedAt: 500 }), holder({ trace: previews, openedAt: 4000 }), holder({ trace: listPreviews(), openedAt: 800 }), holder({ trace: previews, openedAt: 2000 })],
    5000,
  );
  assert.deepEqual(groups.map(({ count, oldest, site }) => ({ count, oldest, function: site?.function })), [
    { count: 3, oldest: 4200, function: 'listPreviews' },
    { count: 1, oldest: 4500, function: 'loadReport' },
  ]);
  const at = (mark: string): string => `packages/watertight/test/tasks/holder-groups.test.ts:${markedLine(import.meta.url, mark).line}:10`;
  assert.equal(
    describeHolders(groups),
    `3 by ${at('previews')} (listPreviews), GET http://127.0.0.1/a, the oldest for 4.2 s; 1 by ${at('report')} (loadReport), GET http://127.0.0.1/a, for 4.5 s`,
  );
});

test('where no line is recorded, the kind of request is named', () => {
  const groups = topHolders([holder({}), holder({ openedAt: 100 }), holder({ method: 'POST' })], 1000);
  assert.equal(describeHolders(groups), '2 by GET http://127.0.0.1/a, the oldest for 1.0 s; 1 by POST http://127.0.0.1/a, for 1.0 s');
});

test('equal groups are listed oldest first, and no more than asked for', () => {
  const groups = topHolders(['a', 'b', 'c', 'd'].map((path, i) => holder({ url: `http://127.0.0.1/${path}`, openedAt: 100 - i })), 100);
  assert.deepEqual(groups.map(({ url }) => url.at(-1)), ['d', 'c', 'b']);
  assert.equal(topHolders([holder({}), holder({ method: 'PUT' })], 0, 1).length, 1);
});

test('no holders are no text', () => {
  assert.equal(describeHolders(topHolders([], 0)), '');
});

test('one holder is a report of what was not read and where it was opened', () => {
  const { line } = markedLine(import.meta.url, 'report');
  assert.equal(
    describeHolder(holder({ trace: loadReport() }), 1200),
    `unread body: GET http://127.0.0.1/a (200), 10 of 50000 bytes read, held for 1.2 s\n    opened at packages/watertight/test/tasks/holder-groups.test.ts:${line}:10 (loadReport)`,
  );
});

test('a body of unknown length and a request without a response are said to be so', () => {
  assert.match(describeHolder(holder({ contentLength: -1 }), 5), /10 bytes of unknown length read, held for 5 ms\n {4}opened at an unrecorded line/);
  assert.match(describeHolder(holder({ status: 0 }), 5), /^unfinished request: GET http:\/\/127\.0\.0\.1\/a, no response yet, held for 5 ms/);
});

test('durations are told in the unit that fits', () => {
  const told = [0, 850.4, 999, 1000, 1200, 59_940, 60_000, 180_000, 3_599_000, 3_600_000, 9_000_000].map(formatDuration);
  assert.deepEqual(told, ['0 ms', '850 ms', '999 ms', '1.0 s', '1.2 s', '59.9 s', '1 min', '3 min', '60 min', '1.0 h', '2.5 h']);
});
