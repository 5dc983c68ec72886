/** A watcher that begins again with many targets goes through their histories one by one, and is there meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Monitor } from '#monitor';
import { parseTarget, type Scrape, type TargetSource } from '#scrape';
import { History } from '#store';

const HOUR = 3_600_000;
const MANY = 14;
const TARGETS = Array.from({ length: MANY }, (_, index) => parseTarget(`http://127.0.0.1:${6000 + index}`));
/** The one that leaks is the last to be gone through. */
const LEAKING = TARGETS[MANY - 1];

function countAt(at: number, profiles: string, begin: number): Scrape {
  const climbed = profiles === LEAKING.profiles ? (60 * (at - begin)) / HOUR : 0;
  return { at, value: Math.round(100 + climbed), start: begin, platform: 'go' };
}

/** Two days of scrapes of each, a minute apart. */
function filled(now: number): History {
  const history = new History(':memory:');
  for (const { profiles } of TARGETS) {
    const id = history.target(profiles);
    history.recordAll(id, Array.from({ length: 2 * 24 * 60 }, (_, minute) => countAt(now - 48 * HOUR + minute * 60_000, profiles, now - 48 * HOUR)));
  }
  return history;
}

const sourceOf = ({ profiles }: { profiles: string }, begin: number): TargetSource => ({
  resume: () => undefined,
  count: (at) => Promise.resolve(countAt(at, profiles, begin)),
});

test('what is known of many targets is judged in turns of the loop, and what stood before stands until then', async () => {
  const now = Date.now();
  const begin = now - 48 * HOUR;
  const history = filled(now);
  history.openIncident(history.target(LEAKING.profiles), now - HOUR, { since: begin, perHour: 60, confidence: 0.9, reason: 'It has climbed.' });
  const monitor = new Monitor(history, { sourceOf: (target) => sourceOf(target, begin) });
  const reportOf = (): { leaking: boolean; reason: string; verdict: string } => monitor.monitorOf(LEAKING.url)!.report();

  monitor.setTargets(TARGETS);
  const before = monitor.reports();
  assert.equal(before.length, MANY, 'all are watched at once');
  assert.deepEqual([reportOf().leaking, reportOf().reason], [true, 'It has climbed.']);
  assert.deepEqual(new Set(before.slice(0, -1).map(({ leaking }) => leaking)), new Set([false]));
  assert.ok(monitor.targets().some(({ resumed }) => !resumed), 'not all in one go');

  // A scrape meanwhile is kept, and judged with the rest of what is known.
  const last = monitor.monitorOf(LEAKING.url)!;
  await last.scrape(now);
  assert.equal(last.report().count, 2980);
  await monitor.scrapeAll();
  assert.ok(monitor.targets().every(({ resumed }) => resumed));
  assert.equal(reportOf().leaking, true);
  assert.match(reportOf().reason, /60 an hour/);
  assert.deepEqual(monitor.reports().map(({ verdict }) => verdict), [...Array.from({ length: MANY - 1 }, () => 'healthy'), 'leaking']);
  assert.equal(history.openIncidentOf(last.historyId)?.opened, now - HOUR, 'the incident is the same');
  await monitor.stop();
  history.close();
});

test('targets that are no longer watched are not gone through, and stop() does not wait for the rest', async () => {
  const now = Date.now();
  const history = filled(now);
  const monitor = new Monitor(history, { sourceOf: (target) => sourceOf(target, now - 48 * HOUR) });
  monitor.setTargets(TARGETS);
  const all = monitor.targets();
  monitor.setTargets([LEAKING]);
  await monitor.scrapeAll();
  assert.deepEqual(all.map(({ resumed }) => resumed).filter(Boolean).length, 1);
  monitor.setTargets(TARGETS);
  await monitor.stop();
  assert.ok(monitor.targets().some(({ resumed }) => !resumed));
  history.close();
});
