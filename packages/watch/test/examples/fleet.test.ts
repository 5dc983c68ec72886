// examples/fleet, run: services, a Prometheus that scrapes them, recording rules, and a store to which it all is written.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watertight } from '../cli/command.js';
import { missing } from '../fixtures/prometheus.js';

const example = join(fileURLToPath(new URL('../../../../', import.meta.url)), 'examples/fleet');

interface Told {
  readonly url: string;
  readonly up: boolean;
  readonly leaking: boolean;
  readonly groups: readonly { readonly count: number; readonly site: { readonly file: string; readonly function: string } | null }[];
}

/** Starts the fleet; resolves to the addresses of both servers. */
async function fleet(t: TestContext): Promise<{ prometheus: string; store: string }> {
  const child = spawn(process.execPath, [join(example, 'start.mjs'), '--past', '36'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  const found: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, url] = line.split(' ');
    found[name] = url;
    if (name === 'store') break;
  }
  return { prometheus: found.prometheus, store: found.store };
}

/** The labels of what a query finds, when it finds anything. */
async function query(url: string, text: string): Promise<Record<string, string>[]> {
  for (;;) {
    const answer = (await (await fetch(`${url}/api/v1/query?query=${encodeURIComponent(text)}`)).json()) as { data: { result: { metric: Record<string, string> }[] } };
    if (answer.data.result.length > 0) return answer.data.result.map(({ metric }) => metric);
    await sleep(200);
  }
}

describe('the rules', { skip: missing('promtool') ?? false }, () => {
  test('are right, and say what their own test says', () => {
    assert.match(execFileSync('promtool', ['check', 'rules', join(example, 'rules.yml')]).toString(), /SUCCESS: 8 rules found/);
    assert.match(execFileSync('promtool', ['test', 'rules', join(example, 'rules.test.yml')]).toString(), /SUCCESS/);
  });
});

describe('a fleet', { skip: missing('prometheus', 'promtool') ?? false }, () => {
  test('is judged through the store, with the line at fault', async (t) => {
    const { store } = await fleet(t);
    // The store has what was recorded, and the names of the lines, once a response is a suspect.
    const [suspects] = await query(store, 'job_site:suspects:sum > 1');
    assert.match(suspects.site, /^service\.mjs:\d+:\d+ \(fetchPreview\)$/);
    assert.deepEqual(suspects.job, 'shop');
    assert.equal((await query(store, 'count by (instance) (instance:unfinished_responses:sum)')).length, 3);
    const { status, stdout, stderr } = await watertight('watch', '--prometheus', store, '--match', '{job=~"shop|cart"}', '--once', '--json');
    assert.equal(status, 0, stderr);
    const { targets } = JSON.parse(stdout) as { targets: Told[] };
    assert.deepEqual(targets.map(({ url, up, leaking }) => [url, up, leaking]).sort(), [['cart-1', true, false], ['shop-1', true, false], ['shop-2', true, true]], stdout);
    const [group] = targets.find(({ leaking }) => leaking)!.groups;
    assert.ok(group.count > 1);
    assert.deepEqual([group.site?.file, group.site?.function], ['service.mjs', 'fetchPreview']);
  });
});
