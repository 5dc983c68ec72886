/** watertight/jest holds the contract of the adapters, on real runs of jest. */

import { fulfilsTheContract, type Dialect } from './contract.js';
import { config, jestFiles, unavailable } from './jest-run.js';

const dialect: Dialect = {
  name: 'jest',
  unavailable,
  extension: '.test.mjs',
  prologue: `import { afterAll as after, afterEach, beforeAll as before, beforeEach, describe, test } from '@jest/globals';\nimport { leakCheck } from 'watertight/jest';`,
  files: config({}),
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => tests.map(({ name, body }) => `test.concurrent('${name}', async () => {\n    ${body}\n});`).join('\n'),
  run: jestFiles,
};

fulfilsTheContract(dialect);
