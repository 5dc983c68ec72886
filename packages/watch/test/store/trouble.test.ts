/** A file that is damaged, and a disk that is full: what is said, and that the watch goes on. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import Database from 'libsql';
import { verifyNone } from 'watertight/leak';
import { Monitor, type MonitorOptions } from '#monitor';
import { parseTarget, type TargetSource } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';

const room = mkdtempSync(join(tmpdir(), 'trouble-'));
after(() => rmSync(room, { recursive: true, force: true }));

const URLS = ['http://127.0.0.1:9/a', 'http://127.0.0.1:9/b'];
let at = Date.now() - 3_600_000;
const sourceOf = (): TargetSource => ({ resume: () => undefined, count: () => Promise.resolve({ at: ++at, value: 7, start: 1, platform: 'go' }) });

/** A history of two targets, closed. */
function kept(name: string): string {
  const file = join(room, name);
  const history = new History(file);
  for (const url of URLS) {
    const target = history.target(parseTarget(url).profiles);
    history.record(target, { at, value: 5, start: 1 });
    history.openIncident(target, at, {});
    history.groups.follow(target, [{ key: 'main.work', stack: {} }]);
  }
  history.close();
  return file;
}

/** Writes over the first page of a table, as a disk does that forgets. */
function damage(file: string, table: string): void {
  const db = new Database(file);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const [{ rootpage }] = db.prepare('SELECT rootpage FROM sqlite_master WHERE name = ?').all(table) as { rootpage: number }[];
  const [{ page_size: size }] = db.prepare('PRAGMA page_size').all() as { page_size: number }[];
  db.close();
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(size, 0xaa), 0, size, (rootpage - 1) * size);
  closeSync(descriptor);
}

interface Watch {
  readonly monitor: Monitor;
  readonly history: History;
  /** What was said. */
  readonly said: string[];
  /** What the dashboard answers. */
  ask<T>(path: string): Promise<T>;
}

async function watch(t: TestContext, file: string, options: MonitorOptions = {}): Promise<Watch> {
  const history = new History(file, { sole: true });
  const said: string[] = [];
  const monitor = new Monitor(history, { interval: 60_000, sourceOf, onFault: (error) => said.push(error === null ? 'over' : (error as Error).message), ...options });
  const dashboard = await Dashboard.start(monitor, history);
  t.after(async () => {
    await dashboard.close();
    await monitor.stop();
    history.close();
    await verifyNone(t);
  });
  return { monitor, history, said, ask: async <T>(path: string) => (await (await fetch(`${dashboard.url}api/${path}`)).json()) as T };
}

interface Overview {
  readonly trouble: { readonly message: string; readonly since: number } | null;
  readonly targets: readonly { readonly count: number; readonly up: boolean }[];
}

test('damage where every target is on record is said at the start, with the file and what to do', () => {
  const file = kept('start.db');
  damage(file, 'target');
  assert.throws(() => new History(file), { name: 'StoreError', code: 'ERR_STORE_DAMAGED', message: /^the history .*start\.db is damaged \(.*malformed\)\. Move it away with start\.db-wal and start\.db-shm, or name another file with --db/ });
});

for (const table of ['raw', 'incident', 'stack_group']) {
  test(`damage in the table ${table} is said once, also on the dashboard, and the watch goes on`, async (t) => {
    const file = kept(`${table}.db`);
    damage(file, table);
    const { monitor, said, ask } = await watch(t, file);
    monitor.setTargets(URLS.map((url) => parseTarget(url)));
    await monitor.scrapeAll();
    await monitor.scrapeAll();
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(said[0], new RegExp(`the history ${file} is damaged`));
    const { trouble, targets } = await ask<Overview>('overview');
    assert.equal(trouble?.message, said[0]);
    assert.deepEqual(targets.map(({ count, up }) => [count, up]), [[7, true], [7, true]]);
    const view = await ask<{ report: { count: number } }>(`target?url=${encodeURIComponent(URLS[0])}`);
    assert.equal(view.report.count, 7);
    assert.deepEqual(Object.keys(await ask<object>(`compare?url=${encodeURIComponent(URLS[0])}&before=1&after=2`)).length > 0, true);
  });
}

test('a text in it that is not what was written is damage as well', () => {
  const file = kept('text.db');
  const db = new Database(file);
  db.exec("INSERT INTO incident (target, opened, closed, detail) VALUES (1, 1, NULL, '{\"since\": 1')");
  db.close();
  const history = new History(file);
  assert.throws(() => history.openIncidentOf(1), { code: 'ERR_STORE_DAMAGED', message: /text\.db is damaged/ });
  assert.equal(history.trouble?.error.code, 'ERR_STORE_DAMAGED');
  history.close();
});

test('a full disk is said once, with the file, also on the dashboard, until it is over; the watch goes on, with new targets too', async (t) => {
  const file = kept('full.db');
  const { monitor, history, said, ask } = await watch(t, file);
  /** The database counts its pages as a disk counts its blocks. */
  const room = (pages: number): void => (history as unknown as { sql: { exec(sql: string): void } }).sql.exec(`PRAGMA max_page_count = ${pages}`);
  room(1);
  // The text of each takes more than the page that there is.
  const targets = Array.from({ length: 3 }, (_, i) => parseTarget(`http://127.0.0.1:9/${i}${'x'.repeat(5000)}`));
  monitor.setTargets(targets);
  for (let look = 0; look < 3; look++) await monitor.scrapeAll();
  assert.equal(said.length, 1, said.join('\n'));
  assert.match(said[0], new RegExp(`^the history ${file} can't be written: the disk is full\\. Make room there`));
  const full = await ask<Overview>('overview');
  assert.equal(full.trouble?.message, said[0]);
  assert.ok(Date.now() - full.trouble.since < 60_000);
  assert.deepEqual(full.targets.map(({ count, up }) => [count, up]), targets.map(() => [7, true]));
  room(10_000);
  await monitor.scrapeAll();
  await monitor.scrapeAll();
  assert.deepEqual(said.slice(1), ['over']);
  assert.equal((await ask<Overview>('overview')).trouble, null);
  const known = history.knownTargets().map(({ url }) => url);
  for (const { profiles } of targets) assert.ok(known.includes(profiles), profiles);
  assert.equal(new Set(history.knownTargets().map(({ id }) => id)).size, 2 + targets.length);
  for (const { profiles } of targets) assert.ok(history.samples(history.target(profiles), 0).length >= 2, 'what was seen since is kept');
});
