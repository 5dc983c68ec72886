/** Owns `watertight attach`: what is unread in a process that is already running, and what leaks there from now on. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { AttachError, formatLeaksSince, formatLook, formatPauses, Injection, look, MAX_PAUSE, openInspector, parseAddress, PauseLog, type Address, type LeakSince, type OpenInspector, type UnreadBody } from '../attach/index.js';
import { complain, print, printJson } from './output.js';
import { UsageError } from './usage-error.js';

interface AttachOptions {
  readonly lookOnly?: boolean;
  readonly for?: number;
  readonly pprof?: number;
  readonly yes?: boolean;
  readonly holders: boolean;
  readonly json?: boolean;
  readonly allowRemote?: boolean;
}

/** A response without progress for so long (ms) counts as leaked in the report at the end; in a short visit, for this part of it. */
const SUSPECT_AFTER = 10_000;
const SUSPECT_PART = 1 / 20;

export function addAttach(program: Command): void {
  program
    .command('attach')
    .summary('say what is unread in a Node process that is already running')
    .description(
      'Looks into a running Node, which need not have been started in any special way, through its inspector: lists the\n' +
        'responses that nobody has read, and who holds them. Then records the line of each new request, until Ctrl-C or for\n' +
        '--for, and reports what leaked meanwhile. It opens the inspector (SIGUSR1) if it is closed, and takes everything back.',
    )
    .argument('<process>', 'its id, or the address of its inspector, as in 127.0.0.1:9229')
    .option('--look-only', 'list, and end; nothing is loaded into the program (so it is for --json without --for or --pprof)')
    .option('--for <duration>', 'report and end after this time, as in 60s or 5m', readDuration)
    .option('--pprof <port>', 'serve the profiles of the process at this port of its machine, for watertight watch', readPort)
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
  // Listened for from the beginning: whatever has been changed is then taken back.
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const inspector = await openInspector(address);
  const pauses = new PauseLog();
  try {
    const found = await unlessInterrupted(interrupted.signal, look(inspector.session, pauses, { wantsHolders: options.holders, mayPause: (what, estimate) => mayPause(what, estimate, options) }));
    if (options.json !== true) print(`process ${inspector.pid}, Node ${inspector.version.slice(1)}: ${formatLook(found)}`);
    const stays = options.lookOnly !== true && (options.json !== true || options.for !== undefined || options.pprof !== undefined) && !interrupted.signal.aborted;
    const leaks = stays ? await stay(inspector, pauses, options, interrupted.signal) : [];
    if (options.json === true) printJson({ pid: inspector.pid, node: inspector.version, ...found, unread: found.unread.map(asData), leaks, longestPause: pauses.longest?.ms ?? 0, pauses: pauses.pauses });
    else print(formatPauses(pauses.pauses, pauses.longest));
  } finally {
    await inspector.end();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

/** What `work` resolves to; it is left alone at an interrupt, and what it asked of the program ends with the session. */
async function unlessInterrupted<T>(interrupted: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const stop = async (): Promise<never> => {
    if (!interrupted.aborted) await once(interrupted, 'abort', { signal: over.signal });
    throw new AttachError('failed', 'interrupted; everything is taken back');
  };
  const stopped = stop();
  try {
    return await Promise.race([work, stopped]);
  } finally {
    over.abort();
    for (const each of [work, stopped]) each.catch(() => undefined);
  }
}

/** As `watertight heap` has it: what is not known is 0 or empty, and `proven` says which of those without a holder have none. */
function asData({ buffered, heldBy, ...body }: UnreadBody): object {
  return { ...body, buffered: buffered ?? 0, heldBy: heldBy ?? [], proven: heldBy?.length === 0 };
}

/** Observes the process until the time is over, the command is interrupted, or the process ends; reports what leaked meanwhile. */
async function stay({ session, tether }: OpenInspector, pauses: PauseLog, { for: duration, pprof, json }: AttachOptions, interrupted: AbortSignal): Promise<readonly LeakSince[]> {
  const injection = await Injection.begin(session, pauses, tether);
  const begun = performance.now();
  if (pprof !== undefined) complain(`profiles at http://127.0.0.1:${await injection.serve(pprof)}/debug/pprof/ of that machine`);
  complain(`new requests have their line from now on; ${duration === undefined ? 'Ctrl-C' : `the report comes in ${duration / 1000} s, or by Ctrl-C, and`} takes everything back`);
  const over = new AbortController();
  await Promise.race([
    interrupted.aborted ? null : once(interrupted, 'abort', { signal: over.signal }),
    session.closed.then(() => {
      throw new AttachError('gone', 'the process, or the connection to its inspector, ended');
    }),
    ...(duration === undefined ? [] : [sleep(duration, null, { signal: over.signal })]),
  ]).finally(() => over.abort());
  const elapsed = performance.now() - begun;
  const leaks = await injection.leaks(Math.min(SUSPECT_AFTER, elapsed * SUSPECT_PART));
  if (json !== true) print(formatLeaksSince(leaks, elapsed));
  return leaks;
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

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function readDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const duration = match === null ? 0 : Number(match[1]) * UNITS[match[2]];
  if (!(duration > 0 && duration < 2 ** 31)) throw new InvalidArgumentError('It is a time with its unit: 500ms, 60s, 5m, 2h.');
  return duration;
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It is a port from 0 (the system chooses) to 65535.');
  return Number(text);
}
