// `watertight explain`, as a process of its own: each diagnosis that `top` names is explained.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watertight } from './command.js';

const recorded = fileURLToPath(new URL('../../../watertight/test/fixtures/profiles/go1.19/unread-body/after.debug2.txt', import.meta.url));

test('the command that top names explains what it found', async () => {
  const [, name = ''] = /^ {4}watertight explain (\S+)$/m.exec((await watertight('top', recorded)).stdout) ?? [];
  const { stdout, status } = await watertight('explain', name);
  assert.equal(status, 0);
  assert.match(stdout, /^unread-body\n\nRead loops that wait for a reader\.[^]*defer resp\.Body\.Close\(\)/);
  assert.ok(stdout.split('\n').every((line) => line.length <= 100));
});

test('without a name all are listed, and one that there is not is a mistake', async () => {
  assert.match((await watertight('explain')).stdout, /^unread-body\nleaked\n[^]*\nin-a-library\n$/);
  const { stderr, status } = await watertight('explain', 'nothing');
  assert.deepEqual([status, stderr], [2, 'error: there is no diagnosis "nothing": watertight explain lists them\n']);
});
