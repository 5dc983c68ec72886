/** Owns the form in which a test runner prints a LeakError: with the line that opened the leak, not the line of the check. */
import type { LeakError } from './report.js';

/**
 * The error, with the line of its first leak as its stack, because a runner prints the code around the top
 * frame. `leaks` becomes non-enumerable, so that it is neither printed by runners that print every property
 * (node:test) nor sent to another process (vitest); the message contains all of it.
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
