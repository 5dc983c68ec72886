/**
 * Owns the program's process as the command sees it: it starts the process with the preload, passes signals on,
 * and waits for its end.
 *
 * The exit status is left to exit-status.ts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { CHANNEL, MARK, receive, type Asked } from './channel.js';
import type { LiveStatus } from './live-status.js';
import type { ProgramReport } from './program-report.js';
import { SignalRelay } from './signal-relay.js';
import { ENDING_SIGNALS } from './termination.js';

const PRELOAD = new URL('preload.js', import.meta.url).href;

/** How long the channel may stay open after the process has ended, in milliseconds: a process that the program started may have inherited it. */
const CHANNEL_GRACE = 500;

export interface Program {
  /** As given on the command line. */
  readonly script: string;
  readonly args: readonly string[];
  /** Called with each report that SIGUSR2 asks for. */
  readonly onReport: (report: ProgramReport) => void;
  /** Called when its live status has changed, at most twice a second; left out, the program is not asked for it. */
  readonly onStatus?: (status: LiveStatus) => void;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The final report; null if the process was killed before it could give one. */
  readonly report: ProgramReport | null;
}

/** The script as Node would find it, or null. */
export function findScript(script: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(resolve(script));
  } catch {
    return null;
  }
}

/** Runs the program to its end. Its input, output and errors are the command's. */
export async function runProgram({ script, args, onReport, onStatus }: Program): Promise<ProgramEnd> {
  const asked: Asked = onStatus === undefined ? 'report' : 'status';
  const child = spawn(process.execPath, [...process.execArgv, `--import=${PRELOAD}`, script, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [MARK]: asked },
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const relay = new SignalRelay((signal) => child.kill(signal));
  let arrived = (): void => undefined;
  const ready = new Promise<void>((resolve) => (arrived = resolve));
  let report: ProgramReport | null = null;
  const received = receive(child.stdio[CHANNEL] as Readable, (message) => {
    if (message.kind === 'ready') arrived();
    else if (message.kind === 'signal') relay.acknowledged(message.signal);
    else if (message.kind === 'status') onStatus?.(message.status);
    else if (message.final) report = message.report;
    else onReport(message.report);
  });

  const pass = (signal: NodeJS.Signals): void => relay.received(signal);
  // Waits for the preload, without which SIGUSR2 would end the program. No terminal sends it to both processes.
  const ask = (): void => void ready.then(() => child.kill('SIGUSR2'));
  const asks = process.platform !== 'win32';
  for (const signal of ENDING_SIGNALS) process.on(signal, pass);
  if (asks) process.on('SIGUSR2', ask);
  try {
    const [code, signal] = await ended;
    await Promise.race([received, new Promise((resolve) => setTimeout(resolve, CHANNEL_GRACE).unref())]);
    return { code, signal, report };
  } finally {
    relay.stop();
    for (const signal of ENDING_SIGNALS) process.off(signal, pass);
    if (asks) process.off('SIGUSR2', ask);
  }
}
