/** watertight/jest holds the contract of the adapters, on real runs of jest. */

import { fulfilsTheContract, type Dialect } from './contract.js';
import { config, jest, MODULES, outcome, unavailable } from './jest-run.js';

const dialect: Dialect = {
  name: 'jest',
  unavailable,
  file: 'contract.test.mjs',
  prologue: `import { afterAll as after, afterEach, beforeAll as before, beforeEach, describe, test } from '@jest/globals';\nimport { leakCheck } from 'watertight/jest';`,
  files: config({}),
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => tests.map(({ name, body }) => `test.concurrent('${name}', async () => {\n    ${body}\n});`).join('\n'),
  run: (project, file) => jest(project, [file], MODULES),
  outcome,
};

fulfilsTheContract(dialect);
