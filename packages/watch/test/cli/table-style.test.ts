// How tables are drawn where lines can't be, and how long names are wrapped.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tableCharacters, wrapped } from '../../dist/cli/table-style.js';

describe('a table', () => {
  for (const [what, isTTY, env, ascii] of [
    ['on a terminal has lines', true, { LANG: 'en_GB.UTF-8' }, false],
    ['on a terminal that says nothing of its locale has lines', true, {}, false],
    ['in a pipe has plain ASCII', false, { LANG: 'en_GB.UTF-8' }, true],
    ['under LC_ALL=C has plain ASCII', true, { LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, true],
    ['under LC_CTYPE has what that says', true, { LC_ALL: '', LC_CTYPE: 'en_GB.utf8', LANG: 'C' }, false],
  ] as const) {
    test(what, () => {
      const characters = Object.values(tableCharacters({ isTTY }, env));
      assert.equal(characters.length > 0, ascii);
      assert.match(characters.join(''), /^[+|-]*$/);
    });
  }
});

describe('a long name', () => {
  for (const [what, text, width, lines] of [
    ['that fits stays', 'net/http.Get', 12, ['net/http.Get']],
    ['is wrapped behind a slash', '/home/ann/projects/shop/src/stock.ts:23', 20, ['/home/ann/projects/', 'shop/src/stock.ts:23']],
    ['is wrapped behind a dot of its package, not of its version', 'github.com/ann/shop/internal.(*Stock).Of v1.22', 24, ['github.com/ann/shop/', 'internal.(*Stock).Of', 'v1.22']],
    ['is wrapped within a word if that is longer than a line', 'a/bcdefghijkl', 5, ['a/', 'bcdef', 'ghijk', 'l']],
    ['of nothing is nothing', '', 5, ['']],
  ] as const) {
    test(what, () => assert.deepEqual(wrapped(text, width).split('\n'), lines));
  }
});
