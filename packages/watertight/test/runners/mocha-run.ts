/** How mocha is run on a project, and read. */

import { join, relative } from 'node:path';
import type { FileReport, Outcome, Report } from './contract.js';
import { isInstalled, modules, type Project, type Run } from './project.js';

export const unavailable = isInstalled('mocha') ? null : 'mocha is not installed';
const bin = join(modules, 'mocha', 'bin', 'mocha.js');

/** What the spec reporter says of the test with this title. */
export function outcome(output: string, name: string): Outcome {
  const [, mark] = new RegExp(`^ *(✔|\\d+\\)|-) ${name}(?: \\(\\d+ms\\))?$`, 'm').exec(output) ?? [];
  if (mark === undefined) return 'absent';
  return mark === '✔' ? 'passed' : mark === '-' ? 'skipped' : 'failed';
}

export const mocha = (project: Project, ...args: string[]): Promise<Run> => project.node([bin, '--timeout', '10000', ...args]);

/** A reporter that is mocha's own, and writes what became of each test as a line of JSON beside it. */
const REPORTER = `const { appendFileSync } = require('node:fs');
const Mocha = require(${JSON.stringify(join(modules, 'mocha'))});
module.exports = class extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    for (const [event, outcome] of [['pass', 'passed'], ['fail', 'failed'], ['pending', 'skipped']]) {
      runner.on(event, ({ title, file, type }, error) => appendFileSync('events.jsonl', JSON.stringify({ outcome, title, file: file ?? '', type, text: error?.stack ?? '' }) + '\\n'));
    }
  }
};
`;

/** Runs some files, one after the other, in one process. What is told at the end of the run is told of each file. */
export async function mochaFiles(project: Project, flags: readonly string[], files: readonly string[]): Promise<Report> {
  project.write({ 'events.cjs': REPORTER });
  const { code, output } = await mocha(project, ...flags, '--reporter', './events.cjs', ...files);
  const reports = new Map<string, FileReport>(files.map((file) => [file, { failed: false, outcomes: new Map<string, Outcome>(), text: '' }]));
  for (const line of (project.read('events.jsonl') ?? '').split('\n').filter((text) => text !== '')) {
    const event = JSON.parse(line) as { outcome: Outcome; title: string; file: string; type: string; text: string };
    for (const [file, report] of reports) {
      if (event.file !== '' && relative(project.folder, event.file) !== file) continue;
      report.text += `${event.text}\n`;
      if (event.type === 'test') report.outcomes.set(event.title, event.outcome);
      if (event.outcome === 'failed') report.failed = true;
    }
  }
  return { code, output, files: reports };
}
