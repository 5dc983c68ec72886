// Owns the versions of the compared packages: which are installed, which Node they need, and whether this Node
// satisfies it.

import { readFileSync } from 'node:fs';

/**
 * @param {string} name
 * @returns {{ version: string, engines: string } | null} null: not installed
 */
export function installedPackage(name) {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, folder), 'utf8'));
      return { version: manifest.version, engines: manifest.engines?.node ?? '' };
    } catch {
      if (folder.pathname === '/' || new URL('..', folder).href === folder.href) return null;
    }
  }
}

/**
 * Whether a version is in a range in the form of `engines`: ">=22.19.0", "^20.9 || >=22".
 * @param {string} version  with or without a leading v
 * @param {string} range    empty: any
 */
export function satisfies(version, range) {
  if (range.trim() === '') return true;
  return range.split('||').some((part) => {
    const conditions = part.match(/(?:>=|>|<=|<|\^|~|=)?\s*v?\d+(?:\.\d+|\.x)*/g) ?? [];
    return conditions.every((condition) => {
      const [, operator = '=', text] = /^(>=|>|<=|<|\^|~|=)?\s*v?(.+)$/.exec(condition);
      const wanted = text.split('.').filter((n) => n !== 'x').map(Number);
      const actual = version.replace(/^v/, '').split('.').map(Number);
      const order = compare(actual, wanted);
      switch (operator) {
        case '>=':
          return order >= 0;
        case '>':
          return order > 0;
        case '<=':
          return order <= 0;
        case '<':
          return order < 0;
        case '^':
          return order >= 0 && actual[0] === wanted[0];
        case '~':
          return order >= 0 && actual[0] === wanted[0] && actual[1] === (wanted[1] ?? actual[1]);
        default:
          return wanted.every((n, i) => n === actual[i]);
      }
    });
  });
}

function compare(a, b) {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
