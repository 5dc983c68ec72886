/** What docs/pprof.md promises: its examples run, its scrapers' configurations ask for what is served. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pprofHandler } from 'watertight/pprof';
import { withEndpoint } from '../pprof/serve/endpoint-server.js';

const text = await readFile(fileURLToPath(new URL('../../../../docs/pprof.md', import.meta.url)), 'utf8');
const examples = [...text.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(([, name, code]) => ({ name, code }));

test('there are examples', () => assert.deepEqual(examples.map(({ name }) => name), ['server', 'fetch', 'take']));

for (const { name, code } of examples) {
  test(`the example ${name} runs as it stands`, async () => {
    // Inside the package, so that it can import itself by name.
    const folder = await mkdtemp(fileURLToPath(new URL('./example-', import.meta.url)));
    try {
      const file = join(folder, 'example.mjs');
      await writeFile(file, code.replaceAll('6060', '0'));
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000, cwd: folder, env });
      if (name === 'fetch') assert.equal(stdout, '200\n');
      if (name === 'take') assert.match(stdout, /^goroutine profile: total 1\n/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test('every path in the text is served', withEndpoint(() => pprofHandler(), async (server) => {
  const paths = new Set([...text.matchAll(/(?<![\w.])\/debug\/(?:pprof|watertight)(?:\/\w*)?/g)].map(([path]) => path));
  assert.ok(paths.size >= 6, [...paths].join(' '));
  // A CPU profile takes half a minute.
  for (const path of paths) assert.ok([200, 301].includes((await server.get(path, { method: 'HEAD' })).status), path);
}));

test('the configurations turn off what is asked for by default and is not served, or is dear', withEndpoint(() => pprofHandler(), async (server) => {
  for (const name of ['block', 'mutex', 'memory']) {
    if (name !== 'memory') assert.equal((await server.get(`/debug/pprof/${name}`)).status, 404);
    assert.match(text, new RegExp(`^ +${name}: \\{ enabled: false \\}$`, 'm'));
    assert.match(text, new RegExp(`^ +profile\\.${name} \\{ enabled = false \\}$`, 'm'));
  }
}));
