/** Connections by host and state, as the latest profile of a Node service has them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile } from 'watertight/pprof';
import { connectionsIn, TargetMonitor } from '#monitor';
import { parseTarget, type TargetSource } from '#scrape';
import { History } from '#store';

/** Unread responses of one line, so many to each host, and a connection at rest. */
function profileOf(hosts: Readonly<Record<string, number>>): string {
  const stack = (count: number, labels: object, top: string, more = ''): string => `${count} @ 0x1 0x2\n# labels: ${JSON.stringify(labels)}\n#\t0x1\t${top}+0x0\t/app/x.js:1\n${more}\n`;
  const held = Object.entries(hosts).map(([host, count]) => stack(count, { host, verdict: 'suspect' }, 'fetch.(*Response).body', '#\t0x2\task+0x0\t/app/src/ask.ts:5\n'));
  const total = Object.values(hosts).reduce((sum, count) => sum + count, 2);
  return [`goroutine profile: total ${total}\n`, ...held, stack(1, { host: 'idle.test', verdict: 'idle' }, 'watertight.(*persistConn).readLoop'), '1 @ 0x9\n#\t0x9\tmain.main+0x0\t/app/main.ts:1\n\n'].join('');
}

test('of one line that asks several hosts, each host is told', () => {
  assert.deepEqual(connectionsIn(parseProfile(profileOf({ 'a.test': 2, 'b.test': 5 }))), [
    { host: 'b.test', state: 'suspect', count: 5 },
    { host: 'a.test', state: 'suspect', count: 2 },
    { host: 'idle.test', state: 'idle', count: 1 },
  ]);
});

test('they are those of the process that answers now, also for a watcher that has just been started', async () => {
  const process = { start: 1000, hosts: { 'a.test': 2, 'b.test': 5 } as Record<string, number> };
  const source: TargetSource = {
    resume: () => undefined,
    count: (at) => Promise.resolve({ at, value: 10, start: process.start, platform: 'node' }),
    profile: () => Promise.resolve(parseProfile(profileOf(process.hosts))),
  };
  const history = new History(':memory:');
  const watch = (): TargetMonitor => {
    const monitor = new TargetMonitor(parseTarget('http://h:1'), source, history, { interval: 10_000, profileInterval: 1e9 });
    monitor.resume(20_000);
    return monitor;
  };
  const hostsOf = (monitor: TargetMonitor): string[] => monitor.connections.map(({ host }) => host);
  const first = watch();
  assert.deepEqual(hostsOf(first), []);
  await first.scrape(10_000);
  assert.deepEqual(hostsOf(first), ['b.test', 'a.test', 'idle.test']);

  // Another watcher on the same history takes no profile of its own, as the last one is not old.
  const second = watch();
  await second.scrape(20_000);
  assert.deepEqual(hostsOf(second), ['b.test', 'a.test', 'idle.test']);

  Object.assign(process, { start: 15_000, hosts: { 'c.test': 1 } });
  await second.scrape(30_000);
  assert.deepEqual(hostsOf(second), ['c.test', 'idle.test']);
  history.close();
});
