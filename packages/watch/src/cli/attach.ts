/** Owns `watertight attach`: what is unread in a process that is already running. */
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { AttachError, formatLook, formatPauses, look, MAX_PAUSE, openInspector, parseAddress, PauseLog, type Address } from '../attach/index.js';
import { complain, print, printJson } from './output.js';
import { UsageError } from './usage-error.js';

interface AttachOptions {
  readonly yes?: boolean;
  readonly holders: boolean;
  readonly json?: boolean;
  readonly allowRemote?: boolean;
}

export function addAttach(program: Command): void {
  program
    .command('attach')
    .summary('say what is unread in a Node process that is already running')
    .description(
      'Looks into a running Node, which need not have been started in any special way, through its inspector: lists the\n' +
        'responses that nobody has read. It opens the inspector (SIGUSR1) if it is closed, and closes it again.',
    )
    .argument('<process>', 'its id, or the address of its inspector, as in 127.0.0.1:9229')
    .option('--yes', `do what stops the program for more than ${MAX_PAUSE} ms without asking: a snapshot, or a search, of its heap`)
    .option('--no-holders', 'take no heap snapshot, without which it is not known who holds what')
    .option('--allow-remote', 'ask an inspector on another machine; whoever reaches one can run any code in its process')
    .option('--json', 'print everything as JSON')
    .action(attach);
}

async function attach(name: string, options: AttachOptions): Promise<void> {
  try {
    await visit(addressOf(name, options), options);
  } catch (error) {
    if (error instanceof AttachError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

function addressOf(name: string, { allowRemote }: AttachOptions): Address {
  try {
    return parseAddress(name, allowRemote);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function visit(address: Address, options: AttachOptions): Promise<void> {
  const inspector = await openInspector(address);
  const pauses = new PauseLog();
  try {
    const found = await look(inspector.session, pauses, { wantsHolders: options.holders, mayPause: (what, estimate) => mayPause(what, estimate, options) });
    if (options.json === true) {
      printJson({ pid: inspector.pid, node: inspector.version, ...found, longestPause: pauses.longest?.ms ?? 0, pauses: pauses.pauses });
    } else {
      print(`process ${inspector.pid}, Node ${inspector.version.slice(1)}: ${formatLook(found)}${formatPauses(pauses.pauses, pauses.longest)}`);
    }
    if (!found.complete) process.exitCode = 1;
  } finally {
    await inspector.end();
  }
}

async function mayPause(what: string, estimate: number, { yes, json }: AttachOptions): Promise<boolean> {
  if (yes === true || estimate <= MAX_PAUSE) return true;
  const question = `${what} may stop the program for ${Math.round(estimate)} ms`;
  if (json === true || !process.stdin.isTTY || !process.stderr.isTTY) {
    complain(`${question}, so it is left out: --yes does it`);
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`${question}. Do it? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
