/** How vitest is run on a project, and read. */

import { join, relative } from 'node:path';
import type { FileReport, Outcome, Report } from './contract.js';
import { isInstalled, modules, type Project, type Run } from './project.js';

export const unavailable = isInstalled('vitest') ? null : 'vitest is not installed';
export const program = join(modules, 'vitest', 'vitest.mjs');

/** A line of the verbose reporter about the test with this title. */
export function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ [✓×↓□] .*> ${name}(?: \\d+ms)?(?: \\(retry x\\d\\))?$`).test(text));
  if (line === undefined) return 'absent';
  return ({ '✓': 'passed', '×': 'failed', '↓': 'skipped' } as const)[line[1]] ?? 'absent';
}

/** Runs vitest on a project with these files, and these options on top of what all have. */
export async function vitest(project: Project, files: Readonly<Record<string, string>>, options: object = {}): Promise<Run> {
  const config = { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false, ...options };
  project.write({ 'vitest.config.mjs': `export default ${JSON.stringify({ test: config })};\n`, ...files });
  return project.node([program, 'run', '--reporter=verbose']);
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  /** The error of the file as a whole. */
  readonly message: string;
  readonly assertionResults: readonly { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] | null }[];
}

/** Runs some files of a project that has its configuration, in two processes at the same time. */
export async function vitestFiles(project: Project, files: readonly string[]): Promise<Report> {
  project.install();
  const { code, output } = await project.node([program, 'run', '--maxWorkers=2', '--reporter=verbose', '--reporter=json', '--outputFile.json=results.json', ...files]);
  const { testResults } = JSON.parse(project.read('results.json') ?? '{ "testResults": [] }') as { testResults: FileResult[] };
  const reports = testResults.map(({ name, status, message, assertionResults }): [string, FileReport] => {
    const outcomes = assertionResults.map(({ title, status: state }): [string, Outcome] => [title, state === 'passed' || state === 'failed' ? state : 'skipped']);
    const errors = assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []);
    return [relative(project.folder, name), { failed: status === 'failed', outcomes: new Map(outcomes), text: [message, ...errors].join('\n') }];
  });
  return { code, output, files: new Map(reports) };
}
