/** watertight/jest where it can't do its work: it says so, and the run fails. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { config, jest, MODULES, unavailable } from './jest-run.js';
import { AT_ONCE, inProject, type Project } from './project.js';

/** A runner that runs nothing, and tells the environment nothing. */
const RUNNER = `module.exports = async (_global, _config, _environment, _runtime, testFilePath) => ({
  testFilePath, testResults: [], numFailingTests: 0, numPassingTests: 1, numPendingTests: 0, numTodoTests: 0, leaks: false, openHandles: [],
  perfStats: { start: 0, end: 0, runtime: 0, slow: false }, skipped: false, snapshot: { added: 0, fileDeleted: false, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
});\n`;

/** A test in a project of its own. */
function inOwn(body: (project: Project, origin: string) => Promise<void>): () => Promise<void> {
  return inProject('jest', async (project, origin) => {
    project.write({ 'package.json': '{}' });
    await body(project, origin);
  });
}

describe('watertight/jest', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  const outside = /watertight\/jest was imported outside of jest's tests .* Name it in the configuration: testEnvironment: 'watertight\/jest'/;
  const elsewhere = /watertight\/jest is a test environment, and this file runs in another one, so nothing is checked for leaks\. Set testEnvironment: 'watertight\/jest'/;
  const empty = "test('some', () => {});\n";

  for (const [name, files, complaint] of [
    ['in setupFiles', config({ testEnvironment: 'node', setupFiles: ['watertight/jest'] }), elsewhere],
    ['in setupFilesAfterEnv', config({ testEnvironment: 'node', setupFilesAfterEnv: ['watertight/jest'] }), elsewhere],
    ['in a file whose comment names another environment', { ...config({ setupFilesAfterEnv: ['watertight/jest'] }), 'some.test.js': `/** @jest-environment node */\n${empty}` }, elsewhere],
    ['used by a test in another environment', { ...config({ testEnvironment: 'node' }), 'some.test.js': `require('watertight/jest').leakCheck('off');\n${empty}` }, elsewhere],
    ['imported by an ES module in another environment', { ...config({ testEnvironment: 'node' }), 'some.test.js': empty, 'other.test.mjs': `import { leakCheck } from 'watertight/jest';\nimport { test } from '@jest/globals';\ntest('some', () => leakCheck('off'));\n` }, elsewhere],
    ['in globalSetup', config({ testEnvironment: 'node', globalSetup: 'watertight/jest' }), outside],
    ['in the configuration', { 'jest.config.cjs': "require('watertight/jest');\nmodule.exports = {};\n" }, outside],
    ['under another runner than circus', { ...config({ testRunner: './runner.cjs' }), 'runner.cjs': RUNNER }, /watertight\/jest was told of no test, so nothing was checked for leaks: it needs jest-circus/],
    ['with options that are none', config({ testEnvironmentOptions: { watertight: { retry: 1 } } }), /TypeError: a leak check has no option 'retry'; it has retries,/],
    ['on an environment that is not there', config({ testEnvironmentOptions: { watertight: { environment: 'teapot' } } }), /the test environment 'teapot' \(testEnvironmentOptions\.watertight\.environment\) was not found/],
    ['that is vitest\'s', config({ testEnvironment: 'watertight/vitest' }), /watertight\/vitest was imported outside of vitest's test files/],
  ] as const) {
    test(`${name} says so, and the run fails`, inOwn(async (project) => {
      project.write({ 'some.test.js': empty, ...files });
      const { code, output } = await jest(project, [], MODULES);
      assert.match(output, complaint, output);
      assert.notEqual(code, 0, output);
    }));
  }

  test('a file that cannot be loaded keeps its own error', inOwn(async (project) => {
    project.write({ ...config({}), 'broken.test.js': "require('./nowhere');\n", 'setup.test.js': 'test(' });
    const { code, output } = await jest(project, []);
    assert.match(output, /Cannot find module '\.\/nowhere'/, output);
    assert.match(output, /SyntaxError/, output);
    assert.doesNotMatch(output, /watertight\/jest was told of no test/);
    assert.equal(code, 1);
  }));

  test('in a plain program it says so, and the program ends', inOwn(async (project) => {
    project.install();
    for (const args of [['-e', "require('watertight/jest')"], ['--input-type=module', '-e', "import 'watertight/jest'"]]) {
      const { code, output } = await project.node(args);
      assert.match(output, outside);
      assert.equal(code, 1);
    }
  }));
});
