/** Owns the promise that docs/architecture.md lists every file of every room of the library, and no other. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { packageRoot } from '../fixtures/package-root.js';

/** The files that the table of the rooms names, as `room/file`. A row without a room continues the one above it. */
function listed(): string[] {
  const text = readFileSync(new URL('../../docs/architecture.md', packageRoot), 'utf8');
  const table = /\| room \| file \| owns \|\n.*\n((?:\|.*\n)+)/.exec(text)?.[1] ?? '';
  let room = '';
  return table
    .trim()
    .split('\n')
    .flatMap((row) => {
      const [, name, files] = row.split('|');
      room = /`(.+)`/.exec(name)?.[1] ?? room;
      return [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => `${room}/${file}`);
    });
}

/** The files in the folders of `src`, without the doors of the rooms. */
function present(): string[] {
  return readdirSync(new URL('src/', packageRoot), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.includes('/') && path.endsWith('.ts') && !path.endsWith('/index.ts'))
    .map((path) => path.slice(0, -'.ts'.length));
}

test('the table of the rooms names the files that there are', () => {
  assert.deepEqual(listed().toSorted(), present().toSorted());
});
