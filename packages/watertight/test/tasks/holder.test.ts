/** The four verdicts, over plain data. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verdictOf, type Holder, type Verdict } from '#tasks';

const OPENED = 1000;
const holder: Holder = {
  client: 'watertight', method: 'GET', url: 'http://127.0.0.1/', origin: 'http://127.0.0.1', status: 200, bytesRead: 0, contentLength: 5,
  openedAt: OPENED, lastReadAt: OPENED, awaited: false, abandoned: false, trace: null,
};

const CASES: [what: string, change: Partial<Holder>, age: number, verdict: Verdict][] = [
  ['a young response is active', {}, 0, 'active'],
  ['so it is until suspectAfter has passed', {}, 10_000, 'active'],
  ['open for longer without a read, it is suspect', {}, 10_001, 'suspect'],
  ['a read is progress', { lastReadAt: OPENED + 9000 }, 15_000, 'active'],
  ['a read long ago is none any more', { lastReadAt: OPENED + 1000 }, 15_000, 'suspect'],
  ['who waits for a slow server is not to blame', { awaited: true }, 1e6, 'active'],
  ['a request without an answer is not its reader\'s fault', { status: 0 }, 1e6, 'active'],
  ['a collected one is proven, however young', { abandoned: true }, 0, 'proven'],
  ['and however long awaited', { abandoned: true, awaited: true, status: 0 }, 1e6, 'proven'],
];

for (const [what, change, age, verdict] of CASES) {
  test(what, () => assert.equal(verdictOf({ ...holder, ...change }, OPENED + age, 10_000), verdict));
}
