/** Owns `watertight run`: it runs a program under watch and reports the tasks and responses that the program leaves behind. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { exitAs, exitOf, findScript, formatReport, runProgram, StatusLine, summarize, type ProgramReport } from '../run/index.js';
import { plain } from './output.js';
import { UsageError } from './usage-error.js';

interface RunOptions {
  readonly report?: string;
  readonly failOnLeak?: boolean;
  readonly json?: boolean;
  readonly status?: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .summary('run a program and report what it leaves open')
    .description(
      'Runs the script with this Node. When it ends, however it ends, prints to standard error which tasks were alive, who\n' +
        'started them and what holds them; kill -USR2 asks for that at any time. The exit status is the program\'s own.',
    )
    .argument('<script>', 'the program')
    .argument('[args...]', 'its arguments')
    .option('--report <file>', 'write { tasks, leaks } to this file as JSON when the program ends')
    .option('--fail-on-leak', 'make the exit status 1 if the program leaks (idle connections are not leaks)')
    .option('--json', 'print the report as JSON')
    .option('--no-status', 'no line at the bottom of the terminal that says how the program is doing')
    .passThroughOptions()
    .action(run);
}

async function run(script: string, args: readonly string[], options: RunOptions): Promise<void> {
  if (findScript(script) === null) throw new UsageError(`There is no program ${resolve(script)}.`);
  const file = options.report === undefined ? null : checkWritable(options.report);
  const name = basename(script);
  const print = (report: ProgramReport, happened: string): void => {
    process.stderr.write(plain(options.json === true ? `${JSON.stringify(summarize(report))}\n` : `\n${formatReport(report, happened)}`));
  };

  const line = options.status === false || options.json === true || !process.stderr.isTTY ? null : new StatusLine(process.stderr);
  const end = await runProgram({
    script,
    args,
    onReport: (report) => print(report, `${name} was asked`),
    ...(line !== null && { onStatus: (status) => line.show(status) }),
  }).finally(() => line?.end());
  if (end.report === null) {
    const how = end.signal === null ? `with status ${end.code}` : `by ${end.signal}`;
    process.stderr.write(`watertight: ${name} ended ${how} before it could report.\n`);
  } else {
    print(end.report, `${name} ended`);
    if (file !== null) writeFileSync(file, `${JSON.stringify(summarize(end.report), null, 2)}\n`);
  }
  exitAs(exitOf(end, options.failOnLeak === true));
}

/** Checks this before the program runs, since afterwards the report would be lost. */
function checkWritable(file: string): string {
  const path = resolve(file);
  try {
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a folder');
  } catch (cause) {
    throw new UsageError(`--report: ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return path;
}
