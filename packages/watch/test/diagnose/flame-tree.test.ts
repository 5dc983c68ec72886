/** Stacks as the tree that a flame graph draws. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { flameTree } from '#diagnose';
import type { Frame } from 'watertight/pprof';

describe('a flame tree', () => {
  const frame = (name: string): Frame => ({ function: name, file: `${name}.go`, line: 1, address: '' });

  test('has the outermost frame at its root and sums at every node', () => {
    const tree = flameTree([
      { frames: [frame('read'), frame('load'), frame('main')], count: 3 },
      { frames: [frame('write'), frame('load'), frame('main')], count: 5 },
      { frames: [frame('gone'), frame('main')], count: 0 },
    ]);
    assert.deepEqual([tree.name, tree.value], ['all', 8]);
    const [main] = tree.children;
    assert.deepEqual([main.name, main.value, main.place], ['main', 8, 'main.go:1']);
    assert.deepEqual(main.children[0].children.map(({ name, value }) => [name, value]), [['write', 5], ['read', 3]]);
  });

  test('tells of each place how many were there before, and keeps what is gone without a width', () => {
    const [read, write, load] = [frame('read'), frame('write'), frame('load')];
    const tree = flameTree([{ frames: [read, load], count: 3 }], [{ frames: [read, load], count: 1 }, { frames: [write, load], count: 2 }]);
    assert.deepEqual([tree.value, tree.before], [3, 3]);
    assert.deepEqual(tree.children[0].children.map(({ name, value, before }) => [name, value, before]), [['read', 3, 1], ['write', 0, 2]]);
    assert.equal(flameTree([{ frames: [read], count: 1 }], []).children[0].before, 0, 'an earlier profile without a task is one, too');
  });

  test('of nothing is a root without children', () => {
    assert.deepEqual(flameTree([]), { name: 'all', place: '', value: 0, children: [] });
  });
});
