/**
 * Owns how the command ends once its program has: as the program did, unless
 * a leak is to be a failure.
 */
import { constants } from 'node:os';
import type { ProgramEnd } from './program.js';
import { ENDING_SIGNALS } from './termination.js';

export type Exit = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** Pure: the program's own status; 1 if `failOnLeak` and something leaks. */
export function exitOf({ code, signal, report }: ProgramEnd, failOnLeak: boolean): Exit {
  if (failOnLeak && report !== null && report.leaks.length > 0) return { code: 1 };
  if (signal === null) return { code: code ?? 1 };
  // A shell tells a command that was interrupted from one that returned 130: a loop around it stops.
  if ((ENDING_SIGNALS as readonly NodeJS.Signals[]).includes(signal)) return { signal };
  return { code: 128 + constants.signals[signal] };
}

/** Ends this process so. A signal must find no listener. */
export function exitAs(exit: Exit): void {
  if ('code' in exit) process.exitCode = exit.code;
  else process.kill(process.pid, exit.signal);
}
