/** Of a healthy service's requests only a sample has its line recorded: what is said of the others when they turn out to leak. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile } from 'watertight/pprof';
import { stacksOf, summarizeStacks, type CountedStack } from '#diagnose';

const loop = { function: 'watertight.(*persistConn).readLoop', file: '', line: 0, address: '' };
const at = (name: string): CountedStack['frames'][0] => ({ function: name, file: `/srv/${name}.js`, line: 7, address: '' });

const stack = (frames: CountedStack['frames'], host: string, count: number): CountedStack => ({ key: frames.map(({ function: name }) => name).join() + host, frames, state: 'select', createdBy: null, labels: { host, method: 'GET', verdict: 'active' }, waitMs: 0, count });

test('unread bodies without a line are said to be of the line that most of the recorded ones to that host have', () => {
  const before = [stack([loop, at('preview')], 'a:1', 64), stack([loop, at('quote')], 'b:1', 64)];
  const now = [stack([loop, at('preview')], 'a:1', 65), stack([loop, at('cover')], 'a:1', 2), stack([loop, at('quote')], 'b:1', 90), stack([loop], 'a:1', 40), stack([loop], 'c:1', 5)];
  const { groups } = summarizeStacks(now, before);
  const [most] = groups;
  assert.deepEqual([most.growth, most.diagnosis?.id, most.frames.length, most.site?.function], [40, 'unread-body', 1, 'cover'], 'what grew counts first');
  assert.equal(groups.find(({ labels }) => labels.host === 'c:1')?.site, null, 'of another host nothing is known');
  const withoutGrowth = summarizeStacks([stack([loop, at('preview')], 'a:1', 64), stack([loop], 'a:1', 40)], [stack([loop, at('preview')], 'a:1', 64)]);
  assert.equal(withoutGrowth.groups[0].site?.function, 'preview');
});

test('pooled connections are not taken for unread bodies whose line was not recorded, nor a host for another', () => {
  const loops = (count: number, host: string, verdict: string): string => `${count} @ 0x1\n# labels: {"host":"${host}", "task":"readLoop", "verdict":"${verdict}"}\n#\t0x1\twatertight.(*persistConn).readLoop+0x1\t/srv/persist-conn.js:1\n\n`;
  const profile = parseProfile(`goroutine profile: total 60\n${loops(40, 'a:1', 'idle')}${loops(9, 'a:1', 'active')}${loops(8, 'b:1', 'suspect')}${loops(3, 'b:1', 'active')}`);
  const { diagnoses, groups } = summarizeStacks(stacksOf(profile), null);
  assert.deepEqual(diagnoses.map(({ id, count }) => [id, count]).sort(), [['idle-connections', 40], ['unread-body', 20]]);
  assert.deepEqual(groups.map(({ labels, count }) => [labels.host, count]).sort(), [['a:1', 40], ['a:1', 9], ['b:1', 11]].sort());
});
