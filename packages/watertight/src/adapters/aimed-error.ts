/** Owns how a LeakError looks where a runner prints it: pointing at the line that opened the leak, not at the check. */
import type { LeakError } from '../leak/index.js';

/**
 * The error with the line of its first leak for a stack, so that a runner
 * which prints the code around the top frame prints that; and with its data
 * out of the way of those that print every property.
 */
export function aimed(error: LeakError): LeakError {
  const site = error.leaks.find((leak) => leak.site !== null)?.site ?? null;
  const place = site === null ? '' : `${site.file}:${site.line}:${site.column}`;
  const frame = site === null ? '' : `\n    at ${site.function === '' ? place : `${site.function} (${place})`}`;
  error.stack = `${error.name}: ${error.message}${frame}`;
  for (const property of ['leaks', 'unmatched']) Object.defineProperty(error, property, { enumerable: false });
  return error;
}
