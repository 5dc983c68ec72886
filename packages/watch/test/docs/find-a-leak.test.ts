// docs/find-a-leak.md shows what the tools print: its programs are run, and print that.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main } from '../cli/command.js';

const text = readFileSync(new URL('../../../../docs/find-a-leak.md', import.meta.url), 'utf8');
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));
let folder = '';

before(() => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'find-a-leak-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of ['app.js', 'stock.test.js']) writeFileSync(join(folder, name), block('file', name));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The block under `<!-- kind: name -->`. */
function block(kind: string, name: string): string {
  const start = text.indexOf(`<!-- ${kind}: ${name} -->\n\`\`\``);
  assert.notEqual(start, -1, `docs/find-a-leak.md has no ${kind} ${name}`);
  const from = text.indexOf('\n', start + `<!-- ${kind}: ${name} -->\n`.length) + 1;
  return text.slice(from, text.indexOf('\n```', from) + 1);
}

/** Without what differs from run to run. */
function settled(output: string): string {
  return output.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1').replaceAll(/held for [\d.]+ m?s/g, 'held').replaceAll(/^ +(?=opened|read)/gm, '    ');
}

async function run(args: readonly string[], extra: Readonly<Record<string, string>> = {}): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...env, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  await once(child, 'close');
  return output;
}

test('watertight run prints what is shown', async () => {
  const output = await run([main, 'run', 'app.js']);
  assert.ok(settled(output).includes(settled(block('output', 'watertight run app.js'))), output);
});

test('the test fails with what is shown', async (t) => {
  const server = createServer((_request, response) => response.writeHead(503).end('try again later, please')).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  const output = await run(['--test', 'stock.test.js'], { STOCK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stock` });
  const lines = settled(output).replaceAll(/^ +/gm, '');
  assert.ok(lines.includes(settled(block('output', 'node --test stock.test.js')).replaceAll(/^ +/gm, '')), output);
});
