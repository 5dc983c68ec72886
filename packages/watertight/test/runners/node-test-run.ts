/** How node:test is run on a project, and read. */

import { relative } from 'node:path';
import type { FileReport, Outcome, Report } from './contract.js';
import type { Project, Run } from './project.js';

/** What a line of TAP says about the test with this title. */
export function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ *(?:not )?ok \\d+ - ${name}(?: #.*)?$`).test(text));
  if (line === undefined) return 'absent';
  if (line.includes('# SKIP')) return 'skipped';
  return line.trim().startsWith('not') ? 'failed' : 'passed';
}

export const nodeTest = (project: Project, ...args: string[]): Promise<Run> => project.node(['--test', '--test-reporter=tap', ...args]);

/** A reporter that tells each event with the file that it is of, as a line of JSON. */
const REPORTER = `import { inspect } from 'node:util';
export default async function* events(source) {
  for await (const { type, data } of source) {
    if (!/^test:(?:pass|fail|stdout|stderr|diagnostic)$/.test(type)) continue;
    const file = data.file ?? data.name ?? '';
    yield JSON.stringify({ type, file, name: data.name ?? '', skip: data.skip !== undefined, text: data.message ?? (data.details?.error === undefined ? '' : inspect(data.details.error)) }) + '\\n';
  }
}
`;

/** Runs some files at once, each in a process of its own. */
export async function nodeTestFiles(project: Project, flags: readonly string[], files: readonly string[]): Promise<Report> {
  project.write({ 'events.mjs': REPORTER });
  const { code, output } = await project.node(['--test', ...flags, '--test-reporter=./events.mjs', '--test-reporter-destination=events.jsonl', '--test-reporter=tap', '--test-reporter-destination=stdout', ...files]);
  const reports = new Map<string, FileReport>(files.map((file) => [file, { failed: false, outcomes: new Map<string, Outcome>(), text: '' }]));
  let report: FileReport | undefined;
  for (const line of (project.read('events.jsonl') ?? '').split('\n').filter((text) => text !== '')) {
    const event = JSON.parse(line) as { type: string; file: string; name: string; skip: boolean; text: string };
    // A hook of the adapter is told after the file's tests, with the adapter's file.
    report = reports.get(relative(project.folder, event.file)) ?? report;
    if (report === undefined) continue;
    report.text += `${event.text}\n`;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    report.outcomes.set(event.name, event.skip ? 'skipped' : event.type === 'test:pass' ? 'passed' : 'failed');
    if (event.type === 'test:fail') report.failed = true;
  }
  return { code, output, files: reports };
}

/** Runs a file by itself, without `--test`. */
export async function nodeTestAlone(project: Project, file: string): Promise<FileReport & { code: number | null }> {
  const { code, output } = await project.node(['--test-reporter=tap', file]);
  const outcomes = new Map([...output.matchAll(/^ *(?:not )?ok \d+ - (.*?)(?: #.*)?$/gm)].map(([, name]) => [name, outcome(output, name)]));
  return { code, failed: code !== 0, outcomes, text: output };
}
