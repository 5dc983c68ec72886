/** Owns how a LeakError looks where a runner prints it: pointing at the line that opened the leak, not at the check. */
import type { LeakError } from './report.js';

/**
 * The error with the line of its first leak for a stack, so that a runner
 * which prints the code around the top frame prints that. Its data stay, but
 * are shown neither to runners that print every property (node:test), nor to
 * those that send them to another process first (vitest): the text says it all.
 */
export function aimed(error: LeakError): LeakError {
  const site = error.leaks.find((leak) => leak.site !== null)?.site ?? null;
  const place = site === null ? '' : `${site.file}:${site.line}:${site.column}`;
  const frame = site === null ? '' : `\n    at ${site.function === '' ? place : `${site.function} (${place})`}`;
  const { name, message } = error;
  const stack = `${name}: ${message}${frame}`;
  error.stack = stack;
  for (const property of ['leaks', 'unmatched']) Object.defineProperty(error, property, { enumerable: false });
  return Object.defineProperty(error, 'toJSON', { value: () => ({ name, message, stack }), configurable: true });
}
