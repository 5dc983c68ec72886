/** Owns the promise that the examples of docs/adopt.md do what the page says. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { examples, runExample } from '../docs/example-program.js';

const PRINTS: Readonly<Record<string, RegExp>> = {
  global: /^200 50000\n$/,
  bound: /^x{50000} 1\n$/,
  undici: /^200 50000\n200 50000\n$/,
  mock: /^\{ method: 'GET', url: 'https:\/\/api\.example\/users' \} 1\n$/,
};

const found = await examples('docs/adopt.md');

test('each example has a place here', () => {
  assert.deepEqual(found.map(({ name }) => name), Object.keys(PRINTS));
});

for (const { name, code } of found) {
  // The undici of this repository is version 8.
  const skip = name === 'undici' && Number(process.versions.node.split('.')[0]) < 22 ? 'undici 8 needs Node 22' : false;
  test(`the example ${name} runs as it stands, and ends`, { skip }, async () => {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, PRINTS[name]);
  });
}
