/** What docs/metrics.md promises: its examples run, its tables name what is measured, its lines are what a scrape says. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Registry } from 'prom-client';
import type { Client } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { promMetrics } from 'watertight/metrics';
import { now, provenLeaks } from '#tasks';
import { DEFINITIONS, LABELS } from '#metrics';
import { onLoopback } from '../fixtures/loopback.js';
import { Scrape } from '../metrics/scrape.js';
import { holder, LiveTasks } from '../pprof/unfinished.js';

const text = await readFile(fileURLToPath(new URL('../../../../docs/metrics.md', import.meta.url)), 'utf8');
const examples = [...text.matchAll(/<!-- example: (\S+) -->\n```ts\n([\s\S]*?)```/g)].map(([, name, code]) => ({ name, code }));

test('there are examples', () => assert.deepEqual(examples.map(({ name }) => name), ['prom', 'otel']));

for (const { name, code } of examples) {
  test(`the example ${name} runs as it stands`, async () => {
    const folder = await mkdtemp(fileURLToPath(new URL('./example-', import.meta.url)));
    try {
      const file = join(folder, 'example.mjs');
      await writeFile(file, code.replaceAll('9464', '0'));
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const { stderr } = await promisify(execFile)(process.execPath, [file], { timeout: 30_000, cwd: folder, env });
      assert.equal(stderr, '');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test('the table has every metric with its labels, and no other', () => {
  const rows = [...text.matchAll(/^\| `(\w+)`<br>`([\w.]+)` \| (\S+?)[;\s].*? \| (.*) \|$/gm)].map(([, promName, name, type, labels]) => ({ promName, name, type, labels }));
  const types = { sum: 'gauge', level: 'gauge', total: 'counter', distribution: 'histogram' };
  assert.deepEqual(
    rows.map(({ labels, ...row }) => ({ ...row, labels: labels.replace(/.* \| /, '') })),
    Object.values(DEFINITIONS).map(({ promName, name, kind, attributes }) => {
      const labels = attributes.map((attribute) => LABELS[attribute]).filter((label) => !/^(?:server_port|url_scheme)$/.test(label));
      return { promName, name, type: types[kind], labels: labels.map((label) => (label === 'server_address' ? 'server' : `\`${label}\``)).join(', ') };
    }),
  );
});

test('each label is explained with its name in OpenTelemetry', () => {
  const section = text.slice(text.indexOf('## Labels'));
  for (const [attribute, label] of Object.entries(LABELS)) {
    assert.ok(section.includes(`\`${label}\``), label);
    assert.ok(section.includes(`\`${attribute}\``), attribute);
  }
});

async function fetchPreview(client: Client, url: string): Promise<void> {
  await client.get(url);
}

test('a scrape has the lines shown, with these values', onLoopback(async (net) => {
  const register = new Registry();
  const metrics = promMetrics({ register });
  const live = new LiveTasks();
  try {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client({ track: 'all' });
    const [idle, unread] = [await client.get(server.origin), await client.get(server.origin)];
    const known = provenLeaks().length;
    await fetchPreview(client, server.origin);
    for (let tries = 0; provenLeaks().length === known && tries < 200; tries++) {
      globalThis.gc!();
      await sleep(5);
    }
    await idle.text();
    live.task('program', 'x', holder({ status: 200, openedAt: now() - 20_000, lastReadAt: now() - 20_000, origin: 'http://127.0.0.2:80' }));
    const scrape = await Scrape.of(register);
    const block = /```\n(http_client_[\s\S]*?)```/.exec(text)![1].trim().split('\n');
    assert.equal(block.length, 9);
    for (const line of block) {
      const [, name, labels, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line)!;
      // ABANDONED has a series of its own beside the one that is shown.
      const asked = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text.replace('8080', String(server.port))]));
      const found = scrape.series.filter((each) => each.name === name && Object.keys(each.labels).join() === Object.keys(asked).join() && Object.entries(asked).every(([key, text]) => key === 'site' || each.labels[key] === text));
      assert.equal(found.length, 1, `${line}\n${scrape.text}`);
      if (!name.endsWith('age_seconds')) assert.equal(found[0].value, Number(value), line);
    }
    await unread.text();
    live.end();
    assert.equal((await findLeaks()).length, 1);
  } finally {
    live.end();
    metrics.unregister();
  }
}));
