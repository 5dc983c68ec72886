// The text of a look.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLook, type UnreadBody } from '../../dist/attach/index.js';

const preview = (heldBy: readonly string[] | null, more: Partial<UnreadBody> = {}): UnreadBody => ({
  client: 'fetch', method: 'GET', url: 'http://prices/preview?id=*', status: 200, buffered: 1024, age: null, pinned: true, throughConnection: false, collected: false, thread: null, heldBy, ...more,
});
const text = (...unread: UnreadBody[]): string => formatLook({ unread, beingRead: 0, pools: [], complete: true, threadsMissed: 0 });

test('responses that one variable holds, in different places, are one entry', () => {
  const held = (key: string): UnreadBody => preview(['cacheOfPreviews (Map) in module src/preview.ts', `entry '${key}'`, 'Response']);
  assert.equal(
    text(held('a'), held('b'), preview(['last (Response) in module src/preview.ts'])),
    [
      '3 unread responses',
      '  2 × GET http://prices/preview?id=* (200) of fetch: 2.0 KiB in memory, holds 2 connections',
      '      held by cacheOfPreviews (Map) in module src/preview.ts → entry … → Response',
      '  1 × GET http://prices/preview?id=* (200) of fetch: 1.0 KiB in memory, holds 1 connection',
      '      held by last (Response) in module src/preview.ts',
      '',
    ].join('\n'),
  );
});

test('one alone has its place', () => {
  assert.match(text(preview(['cacheOfPreviews (Map) in module src/preview.ts', "entry 'a'", 'Response'])), /held by cacheOfPreviews \(Map\) in module src\/preview\.ts → entry 'a' → Response\n/);
});

test('what nobody holds, and what was garbage, is said', () => {
  assert.match(text(preview([])), /nobody of the program holds it/);
  assert.match(text(preview(null, { collected: true })), /it was garbage, which a collection has freed/);
});

test('a key of the program can not look like a line of the report', () => {
  assert.ok(text(preview(['keys (Map)', "entry 'a\nhttp://bank/'", 'Response'])).includes("entry 'a\\nhttp://bank/'"));
});
