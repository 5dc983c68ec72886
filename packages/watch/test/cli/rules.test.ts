// `watertight rules` as a process of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { watertight } from './command.js';

test('watertight rules prints a rules file, for the series that it is given', async () => {
  const { status, stdout, stderr } = await watertight('rules', '--metric', 'my_tasks', '--job', 'a.b', 'c', '--selector', 'env="prod"', '--limit', '900');
  assert.equal(status, 0, stderr);
  const { groups } = parse(stdout) as { groups: { rules: { record?: string; alert?: string; expr: string }[] }[] };
  const { rules } = groups[0];
  assert.equal(rules[0].expr, 'min_over_time(my_tasks{job=~"a\\\\.b|c",env="prod"}[30m])');
  assert.deepEqual(rules.flatMap(({ alert }) => alert ?? []), ['ConnectionLeakFast', 'ConnectionLeak', 'ConnectionLeakSlow', 'ConnectionLimitWithinADay', 'ConnectionLimitMet']);
});

for (const [name, args, message] of [
  ['a metric that is none', ['--metric', 'a b'], /"a b" is no name of a metric/],
  ['matchers that are none', ['--selector', 'job=api'], /are no matchers of labels; write them like job="api"/],
  ['a limit that is none', ['--limit', '-1'], /from 1 on/],
] as const) {
  test(`${name} is a mistake of the command line`, async () => {
    const { status, stderr } = await watertight('rules', ...args);
    assert.equal(status, 2);
    assert.match(stderr, message);
  });
}
