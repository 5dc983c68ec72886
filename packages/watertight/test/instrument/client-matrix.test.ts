/** Every API of undici 6, 7, 8, of the undici in Node and of node:http gives the same results with `watertight/register` and without, for every kind of body. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { compiledProgram } from '../fixtures/package-root.js';
import { loadUndici } from './undici-version.js';

type Results = Record<string, unknown>;

async function run(program: string, undici: string, flags: string[]): Promise<Results> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', ...flags, compiledProgram(`instrument/${program}`), undici], { env: { ...process.env, NODE_OPTIONS: '' } });
  return JSON.parse(stdout) as Results;
}

/** The packages, and how many cases have an answer at least; the others are refused by that version. */
const COPIES: [name: string, version: 6 | 7 | 8 | null, answered: number][] = [
  ['undici6', 6, 40],
  ['undici7', 7, 60],
  ['undici', 8, 60],
  ['built-in', null, 20],
];

for (const [name, version, answered] of COPIES) {
  describe(name, { concurrency: 2 }, async () => {
    const missing = version === null ? undefined : await loadUndici(version);
    const skip = typeof missing === 'string' ? missing : false;
    for (const [kind, program] of [['CommonJS', 'client-matrix.cjs'], ['ES module', 'client-matrix-esm.js']]) {
      test(kind, { skip }, async () => {
        const [plain, registered] = await Promise.all([run(program, name, []), run(program, name, ['--import', 'watertight/register'])]);
        const differing = Object.keys({ ...plain, ...registered }).filter((each) => JSON.stringify(plain[each]) !== JSON.stringify(registered[each]));
        assert.deepEqual(differing.map((each) => [each, plain[each], registered[each]]), []);
        assert.ok(Object.values(plain).filter((each) => Array.isArray(each) || (typeof each === 'string' && each !== 'no answer')).length >= answered, JSON.stringify(plain, null, 1));
      });
    }
  });
}
