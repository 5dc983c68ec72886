/** Real programs that leak, in Go and in Node, beside the same without the mistake; scripts/live-cohorts.mjs tries every kind for longer. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Monitor } from '#monitor';
import { parseTarget } from '#scrape';
import { History } from '#store';
import { withoutGo } from '../fixtures/go-service.js';

/** A hundred times as fast as usual: what takes minutes takes seconds. */
const INTERVAL = 100;
/** Between two leaked ones, ms. */
const EVERY = 200;

const room = mkdtempSync(join(tmpdir(), 'live-cohorts-'));
const children: ChildProcess[] = [];
const pages = createServer((_request, response) => response.end('x'.repeat(200_000))).listen(0, '127.0.0.1');
await once(pages, 'listening');
const upstream = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const child of children) if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  pages.closeAllConnections();
  pages.close();
  rmSync(room, { recursive: true, force: true });
});

/** Its address, which it prints. */
async function started(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return line;
}

/** Watches them until those that leak are found; asserts that nothing else is, and nothing of another kind. */
async function found(programs: Readonly<Record<string, string>>, rules: Readonly<Record<string, string>>): Promise<void> {
  const history = new History(':memory:');
  const monitor = new Monitor(history, { interval: INTERVAL });
  const names = new Map(Object.entries(programs).map(([name, url]) => [parseTarget(url).url, name]));
  const leaks = new Map<string, string | null>();
  try {
    await new Promise<void>((resolve) => {
      monitor.onScrape(({ url, leaking, groups }) => {
        if (leaking) leaks.set(names.get(url) ?? url, groups[0]?.rule ?? null);
        if (Object.keys(rules).every((name) => leaks.has(name))) resolve();
      });
      monitor.setTargets([...names.keys()].map((url) => parseTarget(url)));
      monitor.start();
    });
    assert.deepEqual(Object.fromEntries(leaks), rules);
  } finally {
    await monitor.stop();
    history.close();
  }
}

describe('of Go programs', { skip: withoutGo ?? false, timeout: 120_000 }, () => {
  test('those that leak are found by who comes and stays, those without the mistake are not', async () => {
    const binary = join(room, 'leaks');
    execFileSync('go', ['build', '-o', binary, '.'], { cwd: fileURLToPath(new URL('../../test/fixtures/go-leaks', import.meta.url)), env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '' } });
    const kinds = { body: 'unread-body', send: 'channel-send' };
    const programs: Record<string, string> = {};
    for (const kind of Object.keys(kinds)) {
      programs[kind] = await started(binary, ['-kind', kind, '-every', `${EVERY}ms`, '-plain', upstream]);
      programs[`${kind}, fixed`] = await started(binary, ['-kind', kind, '-every', `${EVERY}ms`, '-plain', upstream, '-fixed']);
    }
    await found(programs, kinds);
  });
});

describe('of Node programs', { timeout: 120_000 }, () => {
  test('those that leak are found by who comes and stays, those without the mistake are not', async () => {
    const service = fileURLToPath(new URL('../fixtures/leaking-node-process.js', import.meta.url));
    const kinds = { body: 'unread-body', fetch: 'unread-body' };
    const programs: Record<string, string> = {};
    for (const kind of Object.keys(kinds)) {
      programs[kind] = await started(process.execPath, [service, kind, String(EVERY), upstream]);
      programs[`${kind}, fixed`] = await started(process.execPath, [service, kind, String(EVERY), upstream, 'fixed']);
    }
    await found(programs, kinds);
  });
});
