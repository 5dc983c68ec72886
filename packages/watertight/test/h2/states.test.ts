/** The states of an HTTP/2 connection, as data, and as they are drawn. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HTTP2_MOVES } from '#h2';
import { packageRoot } from '../fixtures/package-root.js';

test('docs/http2.md lists the moves of the table', () => {
  const text = readFileSync(new URL('../../docs/http2.md', packageRoot), 'utf8');
  const listed = /<!-- states: HTTP2_MOVES -->\n((?:- .*\n)+)/.exec(text)?.[1].trim().split('\n');
  assert.deepEqual(listed, Object.entries(HTTP2_MOVES).map(([from, to]) => `- ${from} → ${to.length === 0 ? '(end)' : to.join(', ')}`));
});
