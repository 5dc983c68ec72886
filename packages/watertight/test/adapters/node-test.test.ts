/** watertight/node-test, on real runs of node:test. */

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fulfilsTheContract, type Dialect, type Outcome } from './contract.js';

/** A line of TAP about the test with this title. */
function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ *(?:not )?ok \\d+ - ${name}(?: #.*)?$`).test(text));
  if (line === undefined) return 'absent';
  if (line.includes('# SKIP')) return 'skipped';
  return line.trim().startsWith('not') ? 'failed' : 'passed';
}

const IMPORTS = "import { after, afterEach, before, beforeEach, describe, test } from 'node:test';";

const dialect: Dialect = {
  name: 'node-test',
  unavailable: null,
  file: 'contract.test.mjs',
  prologue: `import 'watertight/node-test';\nimport { leakCheck } from 'watertight/node-test';\n${IMPORTS}`,
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => `describe('at the same time', { concurrency: true }, () => {\n${tests.map(({ name, body }) => `  test('${name}', async () => {\n    ${body}\n  });`).join('\n')}\n});`,
  run: (project, file) => project.node(['--test', '--test-reporter=tap', file]),
  outcome,
};

test('TAP is read', () => {
  assert.equal(outcome('ok 1 - a', 'a'), 'passed');
  assert.equal(outcome('    not ok 1 - a', 'a'), 'failed');
  assert.equal(outcome('ok 1 - a # SKIP', 'a'), 'skipped');
  assert.equal(outcome('ok 1 - b', 'a'), 'absent');
});

fulfilsTheContract(dialect);
