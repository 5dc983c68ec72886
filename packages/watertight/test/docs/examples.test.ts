/** Owns the promise that what the documentation shows works: its examples are run, its tables compared with the code. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { CONN_MOVES, EXCHANGE_MOVES } from '#conn';
import { examples, runExample } from './example-program.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('the examples of the README run as they stand', async () => {
  const found = await examples('README.md');
  assert.deepEqual(found.map(({ name }) => name), ['leak-check', 'request']);
  for (const { name, code } of found) {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    if (name === 'request') assert.match(stdout, /^200 text\/plain\nx{50000}\n$/);
  }
});

test('the example of the proxies runs: the server is the proxy there', async () => {
  const [{ code }] = await examples('docs/proxies.md');
  const { status, stdout, stderr } = await runExample(code);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^200 50000\n$/);
});

test('the examples of the page about messages run as they stand', async () => {
  const found = await examples('docs/messages.md');
  assert.deepEqual(found.map(({ name }) => name), ['trailers', 'upgrade']);
  for (const { name, code } of found) {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    assert.equal(stdout, name === 'trailers' ? '200 50000\nnull\n' : '101 hello\n');
  }
});

test('the examples of the connections run', { skip: process.platform === 'win32' && 'Windows has pipes instead of Unix sockets' }, async () => {
  const found = await examples('docs/connections.md');
  for (const { name, code } of found) {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    const shown = [...code.matchAll(/\); \/\/ (.*)$/gm)].map(([, line]) => line);
    if (name !== 'connections') assert.deepEqual(stdout.trim().split('\n'), shown);
  }
  assert.deepEqual(found.map(({ name }) => name), ['connections', 'unix-socket', 'stats']);
});

test('the examples of tracing run, and print what the page says', async () => {
  const [{ code }, channels] = await examples('docs/tracing.md');
  const published = await runExample(channels.code);
  assert.deepEqual([published.stdout, published.stderr, published.status], ['GET 200\n', '', 0]);
  const { status, stdout, stderr } = await runExample(code);
  assert.equal(status, 0, stdout + stderr);
  const page = await readFile(join(root, 'docs/tracing.md'), 'utf8');
  assert.deepEqual(stdout.trim().split('\n'), [.../^It prints (.*)\.$/m.exec(page)![1].matchAll(/`([^`]*)`/g)].map(([, line]) => line));
});

test('the examples of the page about middleware run as they stand', async () => {
  const printed: Readonly<Record<string, string>> = {
    logging: 'GET /report 200\n50000\n',
    token: '200 welcome 2\n',
    retry: 'attempt 1: 503\nattempt 2: 503\n200 ready\n',
    mock: "201 { method: 'POST', url: 'http://api.test/items', text: 'a' }\n1\n",
  };
  const found = await examples('docs/middleware.md');
  assert.deepEqual(found.map(({ name }) => name), Object.keys(printed));
  for (const { name, code } of found) {
    const { status, stdout, stderr } = await runExample(code);
    assert.equal(status, 0, `${name}: ${stdout}${stderr}`);
    assert.equal(stdout, printed[name]);
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
  const bases = new Map<string, string>();
  for (const layer of ['client', 'transport', 'conn', 'wire']) {
    const folder = join(root, 'packages/watertight/src', layer);
    for (const file of await readdir(folder)) {
      const source = await readFile(join(folder, file), 'utf8');
      for (const [, name, base] of source.matchAll(/^export (?:abstract )?class (\w+)(?:<[^>]*>)?(?: extends (\w+))?/gm)) {
        sources.set(name, source);
        if (base !== undefined) bases.set(name, base);
      }
    }
  }
  // A class has what its base class has.
  const sourceOf = (name: string | undefined): string => (name === undefined ? '' : (sources.get(name) ?? '') + sourceOf(bases.get(name)));
  for (const { from, to, method } of calls) {
    assert.match(sourceOf(to), new RegExp(`^  ${method}\\(`, 'm'), `${to} has no method ${method}`);
    if (from !== 'program') assert.match(sourceOf(from), new RegExp(`[.!]${method}\\(`), `${from} does not call ${method}`);
  }
});
