/** Owns the promise that what the documentation shows works: its examples are run, its tables compared with the code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { CONN_MOVES, EXCHANGE_MOVES } from '#conn';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../../', import.meta.url));
/** Inside the package, so that it can import itself by name. */
const here = fileURLToPath(new URL('./', import.meta.url));

async function examples(file: string): Promise<{ name: string; code: string }[]> {
  const text = await readFile(join(root, file), 'utf8');
  return [...text.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(([, name, code]) => ({ name, code }));
}

/** Runs TypeScript as a program of its own, against a server in the place of port 8080. */
async function runExample(code: string): Promise<{ stdout: string; stderr: string; status: number }> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/plain').end('x'.repeat(50_000)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dir = await mkdtemp(join(here, 'example-'));
  try {
    const own = code.replaceAll('127.0.0.1:8080', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { outputText } = ts.transpileModule(own, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, importHelpers: false } });
    const file = join(dir, 'example.mjs');
    await writeFile(file, outputText);
    // A test inside a test run would report to its parent, not to us.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    try {
      return { ...(await run(process.execPath, [file], { timeout: 30_000, env })), status: 0 };
    } catch (error) {
      const failed = error as { stdout: string; stderr: string; code: number };
      return { stdout: failed.stdout, stderr: failed.stderr, status: failed.code };
    }
  } finally {
    await rm(dir, { recursive: true });
    server.closeAllConnections();
    server.close();
  }
}

test('the examples of the README run as they stand', async () => {
  const found = await examples('README.md');
  assert.deepEqual(found.map(({ name }) => name), ['request', 'leak-check']);
  for (const { name, code } of found) {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    if (name === 'request') assert.match(stdout, /^200 text\/plain\nx{50000}\n$/);
  }
});

test('the README\'s leak check fails without its close, and names the line', async () => {
  const check = (await examples('README.md')).find(({ name }) => name === 'leak-check');
  assert.ok(check !== undefined);
  const leaking = check.code.replace(/ *await res\.close\(\);[^\n]*\n/, '');
  assert.notEqual(leaking, check.code);
  const { status, stdout } = await runExample(leaking);
  assert.notEqual(status, 0);
  assert.match(stdout, /unread body: GET http:\/\/127\.0\.0\.1:\d+\/report \(200\), 10 of 50000 bytes read, held for/);
  assert.match(stdout, /opened at .*example\.mjs:\d+:\d+/);
});

test('the states of the lifecycle are those of the tables', async () => {
  const text = await readFile(join(root, 'docs/lifecycle.md'), 'utf8');
  for (const [name, moves] of Object.entries({ CONN_MOVES, EXCHANGE_MOVES })) {
    const list = new RegExp(`<!-- states: ${name} -->\\n((?:- .*\\n)+)`).exec(text)?.[1] ?? '';
    const drawn = Object.fromEntries(
      list
        .trim()
        .split('\n')
        .map((line) => {
          const [from, to] = line.slice(2).split(' → ');
          return [from, to === '(end)' ? [] : to.split(', ')];
        }),
    );
    assert.deepEqual(drawn, moves, `${name} in docs/lifecycle.md`);
  }
});
