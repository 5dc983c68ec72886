/** watertight/vitest, on real runs of vitest. */

import { join } from 'node:path';
import { fulfilsTheContract, type Dialect, type Outcome } from './contract.js';
import { isInstalled, modules } from './project.js';

const unavailable = isInstalled('vitest') ? null : 'vitest is not installed';
const program = join(modules, 'vitest', 'vitest.mjs');

/** A line of the verbose reporter about the test with this title. */
function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ [✓×↓□] .*> ${name}(?: \\d+ms)?$`).test(text));
  if (line === undefined) return 'absent';
  return ({ '✓': 'passed', '×': 'failed', '↓': 'skipped' } as const)[line[1]] ?? 'absent';
}

const dialect: Dialect = {
  name: 'vitest',
  unavailable,
  file: 'contract.test.mjs',
  prologue: `import { afterAll as after, afterEach, beforeAll as before, beforeEach, describe, test } from 'vitest';\nimport { leakCheck } from 'watertight/vitest';`,
  files: { 'vitest.config.mjs': `export default { test: { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false } };\n` },
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => tests.map(({ name, body }) => `test.concurrent('${name}', async () => {\n    ${body}\n});`).join('\n'),
  run: (project, file) => {
    project.install();
    return project.node([program, 'run', '--reporter=verbose', file]);
  },
  outcome,
};

fulfilsTheContract(dialect);
