// scripts/production-tree.mjs: which packages users get, and what is refused of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsOf, isAllowed, productionTree } from '../scripts/production-tree.mjs';

const mit = { version: '1.0.0', license: 'MIT' };
const entries = {
  'packages/a': { dependencies: { used: '1', b: '1' }, devDependencies: { tool: '1' }, peerDependencies: { host: '1', choice: '1' }, peerDependenciesMeta: { choice: { optional: true } } },
  'packages/b': { optionalDependencies: { absent: '1' } },
  'node_modules/b': { resolved: 'packages/b', link: true },
  'packages/a/node_modules/used': { ...mit, dependencies: { deep: '1' } },
  'node_modules/used': { ...mit, license: 'GPL-3.0-only' },
  'node_modules/deep': { ...mit, hasInstallScript: true },
  'packages/a/node_modules/used/node_modules/other': mit,
  'node_modules/tool': { ...mit, license: 'GPL-3.0-only', hasInstallScript: true },
  'node_modules/host': { ...mit, license: '(GPL-2.0-only OR Apache-2.0)' },
  'node_modules/choice': mit,
};
const starts = ['packages/a', 'packages/b'];

describe('the production tree', () => {
  it('has dependencies and peers, each from the place where Node finds it, and nothing of development', () => {
    assert.deepEqual(productionTree(entries, starts), ['node_modules/deep', 'node_modules/host', 'packages/a/node_modules/used']);
  });

  it('is refused if a dependency is not in the lock file', () => {
    assert.throws(() => productionTree({ 'packages/a': { dependencies: { lost: '1' } } }, ['packages/a']), /depends on lost, which is not in the lock file/);
  });

  it('names a package with an install script, one without a licence, and one whose licence is not on the list', () => {
    const places = ['node_modules/deep', 'node_modules/used', 'node_modules/none'];
    const faults = faultsOf({ ...entries, 'node_modules/none': { version: '2.0.0' } }, places);
    assert.match(faults.join('\n'), /^deep@1\.0\.0 runs a script when it is installed\.\nused@1\.0\.0 has the licence GPL-3\.0-only, .*\nnone@2\.0\.0 names no licence\.$/);
  });

  it('takes an expression if licences of the list satisfy it', () => {
    for (const text of ['MIT', 'MIT OR GPL-3.0-only', '(MIT AND BSD-3-Clause)', '(MIT OR GPL-2.0-only) AND ISC']) assert.ok(isAllowed(text), text);
    for (const text of ['GPL-3.0-only', 'MIT AND GPL-3.0-only', '(GPL-2.0-only OR LGPL-3.0-only) AND MIT', 'UNLICENSED', 'SEE LICENSE IN x']) assert.ok(!isAllowed(text), text);
  });
});
