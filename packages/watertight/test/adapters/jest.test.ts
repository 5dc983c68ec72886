/** watertight/jest, on real runs of jest: test files as CommonJS, as ES modules and as TypeScript. */

import { join } from 'node:path';
import { fulfilsTheContract, type Dialect, type Outcome } from './contract.js';
import { isInstalled, modules, type Project, type Run } from './project.js';

const unavailable = isInstalled('jest') ? null : 'jest is not installed';
const program = join(modules, 'jest', 'bin', 'jest.js');

/**
 * A line that `jest` below adds about the test with this title: where a file fails as a whole, jest itself says
 * nothing of its tests but how many passed.
 */
function outcome(output: string, name: string): Outcome {
  const status = new RegExp(`^outcome: (\\w+): ${name}$`, 'm').exec(output)?.[1];
  return status === 'passed' || status === 'failed' ? status : status === undefined ? 'absent' : 'skipped';
}

/** The client can be loaded in jest's realm as ES modules only, for which Node wants a flag. */
const MODULES = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };

async function jest(project: Project, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  project.install();
  const { code, output } = await project.node([program, '--json', '--outputFile=results.json', ...args], environment);
  const results = project.read('results.json');
  const { testResults } = JSON.parse(results ?? '{ "testResults": [] }') as { testResults: { assertionResults: { title: string; status: string }[] }[] };
  const outcomes = testResults.flatMap(({ assertionResults }) => assertionResults).map(({ title, status }) => `outcome: ${status}: ${title}\n`);
  return { code, output: output + outcomes.join('') };
}

const config = (options: object): Record<string, string> => ({ 'jest.config.json': JSON.stringify({ testMatch: ['**/*.test.*'], testEnvironment: 'watertight/jest', ...options }) });

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
