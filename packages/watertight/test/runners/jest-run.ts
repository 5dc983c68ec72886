/** How jest is run on a project, and read. */

import { join, relative } from 'node:path';
import type { FileReport, Outcome, Report } from './contract.js';
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

/** What jest says of a worker that a response left unread keeps alive, also where the adapter was told to let it be. */
const UNGRACEFUL = /^A worker process has failed to exit gracefully.*\n/m;

interface FileResult {
  readonly name: string;
  readonly status: string;
  /** All errors of the file, as jest prints them. */
  readonly message: string;
  readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
}

/** Runs jest; `results` is what it writes about each file. */
async function runJest(project: Project, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Run & { results: readonly FileResult[] }> {
  project.install();
  const run = await project.node([program, '--json', '--outputFile=results.json', FORCE_EXIT, ...args], environment);
  const { testResults } = JSON.parse(project.read('results.json') ?? '{ "testResults": [] }') as { testResults: FileResult[] };
  return { ...run, output: run.output.replace(UNGRACEFUL, ''), results: testResults };
}

/** Runs some files in two processes. */
export async function jestFiles(project: Project, files: readonly string[]): Promise<Report> {
  const { code, output, results } = await runJest(project, ['--maxWorkers=2', '--runTestsByPath', ...files], MODULES);
  const reports = results.map(({ name, status, message, assertionResults }): [string, FileReport] => {
    const outcomes = assertionResults.map(({ title, status: state }): [string, Outcome] => [title, state === 'passed' || state === 'failed' ? state : 'skipped']);
    return [relative(project.folder, name), { failed: status === 'failed', outcomes: new Map(outcomes), text: message }];
  });
  return { code, output, files: new Map(reports) };
}

export async function jest(project: Project, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const { code, output, results } = await runJest(project, args, environment);
  const outcomes = results.flatMap(({ assertionResults }) => assertionResults).map(({ title, status }) => `outcome: ${status}: ${title}\n`);
  return { code, output: output + outcomes.join('') };
}

export const config = (options: object): Record<string, string> => ({ 'jest.config.json': JSON.stringify({ testMatch: ['**/*.test.*'], testEnvironment: 'watertight/jest', ...options }) });
