/**
 * Owns the `watertight` command: it registers the sub-commands, one file each, and turns errors into a message
 * and an exit status.
 *
 * The status is 2 for a command line that cannot be carried out, and 1 for a result that is not what it should
 * be.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { complain } from './output.js';
import { UsageError } from './usage-error.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

const program = new Command('watertight')
  .description('Shows which line of a program forgot a response body, and with it a connection.')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError('(watertight --help lists what there is)')
  .exitOverride();

/** The file of a sub-command is loaded when it is called: none has to wait for what the others need. */
const SUB_COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  attach: async () => (await import('./attach.js')).addAttach(program),
  demo: async () => (await import('./demo.js')).addDemo(program),
  flame: async () => (await import('./flame.js')).addFlame(program),
  heap: async () => (await import('./heap.js')).addHeap(program),
  lab: async () => (await import('./lab.js')).addLab(program),
  run: async () => (await import('./run.js')).addRun(program),
  top: async () => (await import('./top.js')).addTop(program),
  diff: async () => (await import('./top.js')).addDiff(program),
  explain: async () => (await import('./explain.js')).addExplain(program),
  watch: async () => (await import('./watch.js')).addWatch(program),
  rules: async () => (await import('./rules.js')).addRules(program),
};

const called = process.argv[2] ?? '';
// Anything else, `--help` among it, is about all of them.
for (const add of Object.hasOwn(SUB_COMMANDS, called) ? [SUB_COMMANDS[called]] : Object.values(SUB_COMMANDS)) await add();

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
    complain(`error: ${error.message}`);
    return 2;
  }
  complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
