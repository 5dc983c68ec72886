/**
 * Owns the messages from the program's process to the command: one line of JSON each, over a pipe of their own.
 *
 * With its own pipe, the program's input, output and IPC channel stay the program's. Writing is synchronous,
 * because at the end of a process nothing else is possible.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { LiveStatus } from './live-status.js';
import type { ProgramReport } from './program-report.js';

/** The pipe's number in the program's process: the first after the standard three. */
export const CHANNEL = 3;

/** Set in the program's environment to what is asked of the preload, and deleted there by it: the program's own children are not ours. */
export const MARK = 'WATERTIGHT_RUN';

/** The value of the mark: a report at the end, or the live status as well. */
export type Asked = 'report' | 'status';

export type Message =
  /** The preload is in place: signals are safe from now on. */
  | { readonly kind: 'ready' }
  /** The program's process was sent this signal, by whomever. */
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  /** How it is doing; sent when it has changed. */
  | { readonly kind: 'status'; readonly status: LiveStatus }
  /** Asked for with SIGUSR2 (`final` false), or the last thing the process does. */
  | { readonly kind: 'report'; readonly report: ProgramReport; readonly final: boolean };

/** Sends from the program's process. Errors of a pipe that nobody reads any more are ignored: they must not disturb the program. */
export function send(message: Message): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  try {
    for (let sent = 0; sent < bytes.length; ) sent += writeSome(bytes, sent);
  } catch {
    // The command is gone, or the program closed every file it had.
  }
}

function writeSome(bytes: Buffer, from: number): number {
  try {
    return writeSync(CHANNEL, bytes, from);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    // The pipe is full: wait a moment for its reader without giving up this turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}

/** Receives in the command's process, until the pipe ends. */
export async function receive(pipe: Readable, onMessage: (message: Message) => void): Promise<void> {
  for await (const line of createInterface({ input: pipe })) {
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      continue; // cut off by a killed process
    }
    onMessage(message);
  }
}
