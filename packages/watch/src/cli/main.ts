#!/usr/bin/env node
/**
 * Owns the `watertight` command: it registers the sub-commands, one file each, and turns errors into a message
 * and an exit status.
 *
 * The status is 2 for a command line that cannot be carried out, and 1 for a result that is not what it should
 * be.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addDemo } from './demo.js';
import { addFlame } from './flame.js';
import { addLab } from './lab.js';
import { addRules } from './rules.js';
import { addRun } from './run.js';
import { addDiff, addTop } from './top.js';
import { addWatch } from './watch.js';
import { UsageError } from './usage-error.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const program = new Command('watertight')
  .description('Shows which line of a program forgot a response body, and with it a connection.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError('(watertight --help lists what there is)')
  .exitOverride();

addDemo(program);
addFlame(program);
addLab(program);
addRun(program);
addTop(program);
addDiff(program);
addWatch(program);
addRules(program);

// `watertight lab | head`: the reader closed the pipe, which is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = statusOf(error);
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has printed its message
  if (error instanceof UsageError) {
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
