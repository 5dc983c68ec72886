/** watertight/vitest holds the contract of the adapters, on real runs of vitest. */

import { fulfilsTheContract, type Dialect } from './contract.js';
import { unavailable, vitestFiles } from './vitest-run.js';

const dialect: Dialect = {
  name: 'vitest',
  unavailable,
  extension: '.test.mjs',
  prologue: `import { afterAll as after, afterEach, beforeAll as before, beforeEach, describe, test } from 'vitest';\nimport { leakCheck } from 'watertight/vitest';`,
  files: { 'vitest.config.mjs': `export default { test: { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false } };\n` },
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => tests.map(({ name, body }) => `test.concurrent('${name}', async () => {\n    ${body}\n});`).join('\n'),
  run: vitestFiles,
};

fulfilsTheContract(dialect);
