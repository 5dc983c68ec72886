/** watertight/vitest where it can't do its work: it says so, and the run fails. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AT_ONCE, inProject, type Project } from './project.js';
import { program, unavailable, vitest } from './vitest-run.js';

/** A test in a project of its own. */
function inOwn(body: (project: Project, origin: string) => Promise<void>): () => Promise<void> {
  return inProject('vitest', async (project, origin) => {
    project.install();
    project.write({ 'package.json': '{ "type": "module" }' });
    await body(project, origin);
  });
}

describe('watertight/vitest', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  const empty = { 'some.test.mjs': "import { test } from 'vitest';\ntest('some', () => {});\n" };
  const outside = /watertight\/vitest was imported outside of vitest's test files .* List it in the configuration: setupFiles: \['watertight\/vitest'\]/;

  test('in the configuration it says so, and the run fails', inOwn(async (project) => {
    project.write({ ...empty, 'vitest.config.mjs': "import 'watertight/vitest';\nexport default {};\n" });
    const { code, output } = await project.node([program, 'run']);
    assert.match(output, outside);
    assert.notEqual(code, 0);
  }));

  for (const [name, options, complaint] of [
    ['in globalSetup', { setupFiles: [], globalSetup: ['watertight/vitest'] }, outside],
    ['imported by a setup file where modules are kept from file to file', { setupFiles: ['./setup.mjs'], isolate: false, maxWorkers: 1 }, /imported by another module under isolate: false, so only the first file would be checked/],
    ['in a test', { setupFiles: [], include: ['*.late.mjs'] }, /imported while a test runs, so none would be checked/],
    ['that is jest\'s', { setupFiles: ['watertight/jest'] }, /watertight\/jest was imported under vitest, whose tests it can't check: use watertight\/vitest/],
  ] as const) {
    test(`${name} says so, and the run fails`, inOwn(async (project) => {
      const { code, output } = await vitest(
        project,
        { ...empty, 'setup.mjs': "import 'watertight/vitest';\n", 'some.late.mjs': "import { test } from 'vitest';\ntest('late', async () => void (await import('watertight/vitest')));\n" },
        options,
      );
      assert.match(output, complaint, output);
      assert.notEqual(code, 0, output);
    }));
  }

  test('in a plain program it says so, and the program ends', inOwn(async (project) => {
    const { code, output } = await project.node(['--input-type=module', '-e', "import 'watertight/vitest';"]);
    assert.match(output, outside);
    assert.equal(code, 1);
  }));
});
