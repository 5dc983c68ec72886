/** Text forms byte for byte as Go's: columns and quotes, held to what recorded Go programs printed. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alignColumns, quote } from '#pprof';
import { recordings } from '../read/recordings.js';

describe('columns line up as Go lines them up', () => {
  for (const { version, program, moment, forms } of recordings) {
    test(`${version} ${program} ${moment}`, () => {
      const text = forms[1].toString();
      // The lines of a stack stand together; other lines have no columns, and end them.
      const stacks = text.split(/^(?!#\t).*\n/m).filter((stack) => stack !== '');
      assert.ok(stacks.length > 0);
      for (const stack of stacks) {
        const rows = stack.trimEnd().split('\n').map((line) => line.split(/\t+/));
        assert.equal(alignColumns(rows), stack);
      }
    });
  }
});

test('a cell is as wide as it has characters, not bytes or UTF-16 units', () => {
  assert.equal(alignColumns([['#', 'größe+0x1', 'a'], ['#', '1234567', 'b'], ['#', '𝒻𝒻𝒻𝒻𝒻𝒻𝒻𝒻', 'c']]), '#\tgröße+0x1\ta\n#\t1234567\t\tb\n#\t𝒻𝒻𝒻𝒻𝒻𝒻𝒻𝒻\tc\n');
});

describe('labels are quoted as Go quotes them', () => {
  for (const [text, quoted] of [
    ['plain', '"plain"'],
    ['', '""'],
    ['q"uo\tte é\u200b\x01', String.raw`"q\"uo\tte é\u200b\x01"`],
    ['\\ \x07\b\f\n\r\v\x7f', String.raw`"\\ \a\b\f\n\r\v\x7f"`],
    ['日本 😀\u{e0001}', String.raw`"日本 😀\U000e0001"`],
    ['\u00a0\u2028\u0085', String.raw`"\u00a0\u2028\u0085"`],
    ['half \ud800 pair', '"half \ufffd pair"'],
  ]) {
    test(quoted, () => assert.equal(quote(text), quoted));
  }
});
