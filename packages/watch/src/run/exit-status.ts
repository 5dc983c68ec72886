/** Owns the exit status of the command: that of the program, unless a leak is to count as a failure. */
import { constants } from 'node:os';
import type { ProgramEnd } from './program.js';
import { ENDING_SIGNALS } from './termination.js';

export type Exit = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** Pure: the program's own status; 1 if `failOnLeak` and something leaks. */
export function exitOf({ code, signal, report }: ProgramEnd, failOnLeak: boolean): Exit {
  if (failOnLeak && report !== null && report.leaks.length > 0) return { code: 1 };
  if (signal === null) return { code: code ?? 1 };
  // Ends by the signal rather than with 130: a shell tells the two apart, and stops a loop around the command only then.
  if ((ENDING_SIGNALS as readonly NodeJS.Signals[]).includes(signal)) return { signal };
  return { code: 128 + constants.signals[signal] };
}

/** Ends this process so. A signal must find no listener. */
export function exitAs(exit: Exit): void {
  if ('code' in exit) process.exitCode = exit.code;
  else process.kill(process.pid, exit.signal);
}
