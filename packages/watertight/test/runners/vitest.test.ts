/** watertight/vitest holds the contract of the adapters, on real runs of vitest. */

import { fulfilsTheContract, type Dialect } from './contract.js';
import { outcome, program, unavailable } from './vitest-run.js';

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
