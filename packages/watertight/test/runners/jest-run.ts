/** How jest is run on a project, and read. */

import { join } from 'node:path';
import type { Outcome } from './contract.js';
import { isInstalled, modules, type Project, type Run } from './project.js';

export const unavailable = isInstalled('jest') ? null : 'jest is not installed';
const program = join(modules, 'jest', 'bin', 'jest.js');

/**
 * A line that `jest` below adds about the test with this title: where a file fails as a whole, jest itself says
 * nothing of its tests but how many passed.
 */
export function outcome(output: string, name: string): Outcome {
  const status = new RegExp(`^outcome: (\\w+): ${name}$`, 'm').exec(output)?.[1];
  return status === 'passed' || status === 'failed' ? status : status === undefined ? 'absent' : 'skipped';
}

/** The client can be loaded in jest's realm as ES modules only, for which Node wants a flag. */
export const MODULES = { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' };

/** What leaked keeps its socket, and with it the process that jest runs a single file in, for as long as the server likes. */
const FORCE_EXIT = '--forceExit';

export async function jest(project: Project, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  project.install();
  const { code, output } = await project.node([program, '--json', '--outputFile=results.json', FORCE_EXIT, ...args], environment);
  const results = project.read('results.json');
  const { testResults } = JSON.parse(results ?? '{ "testResults": [] }') as { testResults: { assertionResults: { title: string; status: string }[] }[] };
  const outcomes = testResults.flatMap(({ assertionResults }) => assertionResults).map(({ title, status }) => `outcome: ${status}: ${title}\n`);
  return { code, output: output + outcomes.join('') };
}

export const config = (options: object): Record<string, string> => ({ 'jest.config.json': JSON.stringify({ testMatch: ['**/*.test.*'], testEnvironment: 'watertight/jest', ...options }) });
