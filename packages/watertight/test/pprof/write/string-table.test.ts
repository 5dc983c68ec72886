/** The string table of a profile.proto that is written, as pprof-format reads it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Profile } from 'pprof-format';
import { Strings } from '#pprof';

function decoded(strings: Strings): string[] {
  return Profile.decode(Buffer.concat(strings.encoded)).stringTable.strings;
}

test('each text once, the empty one first', () => {
  const strings = new Strings();
  assert.deepEqual(['a', '', 'b', 'a'].map((text) => strings.index(text)), [1, 0, 2, 1]);
  assert.deepEqual(decoded(strings), ['', 'a', 'b']);
});

test('texts of any length and any script, across the ends of buffers', () => {
  const strings = new Strings();
  const texts = ['', ...[1, 127, 128, 16_383, 16_384, 65_529, 65_530, 65_536, 200_000].flatMap((length) => ['x'.repeat(length), 'ü'.repeat(length), `😀${'\n'.repeat(length)}`]), 'last'];
  texts.forEach((text, i) => assert.equal(strings.index(text), i));
  assert.deepEqual(decoded(strings), texts);
});

test('half of a pair of characters is what UTF-8 has for it', () => {
  const strings = new Strings();
  strings.index('a\ud800b');
  strings.index('next');
  assert.deepEqual(decoded(strings), ['', 'a\ufffdb', 'next']);
});
