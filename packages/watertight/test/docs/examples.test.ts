/** Owns the promise that what the documentation shows works: its examples are run, its tables compared with the code. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
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
  assert.deepEqual(found.map(({ name }) => name), ['leak-check', 'request']);
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
    const listed = Object.fromEntries(
      list
        .trim()
        .split('\n')
        .map((line) => {
          const [from, to] = line.slice(2).split(' → ');
          return [from, to === '(end)' ? [] : to.split(', ')];
        }),
    );
    assert.deepEqual(listed, moves, `${name} in docs/lifecycle.md`);
    const drawing = new RegExp(`\`\`\`mermaid\\nstateDiagram-v2\\n((?: .*\\n)+)\`\`\`\\n\\n<!-- states: ${name} -->`).exec(text)?.[1] ?? '';
    const arrows = [...drawing.matchAll(/^ +(\S+) --> ([^\s:]+)/gm)].map(([, from, to]) => `${from} → ${to}`);
    const [first] = Object.keys(moves);
    const wanted = Object.entries<readonly string[]>(moves).flatMap(([from, to]) => (to.length === 0 ? [`${from} → [*]`] : to.map((each) => `${from} → ${each}`)));
    assert.deepEqual(arrows.sort(), [`[*] → ${first}`, ...wanted].sort(), `the drawing of ${name} in docs/lifecycle.md`);
  }
});

test('the drawing of a request names methods that there are, and who calls them does', async () => {
  const text = await readFile(join(root, 'docs/architecture.md'), 'utf8');
  const drawing = /<!-- drawing: a request -->\n```mermaid\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const calls = [...drawing.matchAll(/^ +(\w+)->>(\w+): (\w+)\(/gm)].map(([, from, to, method]) => ({ from, to, method }));
  assert.ok(calls.length > 10, drawing);
  const sources = new Map<string, string>();
  for (const layer of ['client', 'transport', 'conn', 'wire']) {
    const folder = join(root, 'packages/watertight/src', layer);
    for (const file of await readdir(folder)) {
      const source = await readFile(join(folder, file), 'utf8');
      for (const [, name] of source.matchAll(/^export class (\w+)/gm)) sources.set(name, source);
    }
  }
  for (const { from, to, method } of calls) {
    assert.match(sources.get(to) ?? '', new RegExp(`^  ${method}\\(`, 'm'), `${to} has no method ${method}`);
    if (from !== 'program') assert.match(sources.get(from) ?? '', new RegExp(`[.!]${method}\\(`), `${from} does not call ${method}`);
  }
});
