/** Owns what is made of a thrown value, which need not be an Error. */
import { show } from '../wire/index.js';

/** The text of what was thrown: programs throw anything, `undefined` and objects without a prototype included. */
export function messageOf(thrown: unknown): string {
  try {
    const { message } = thrown as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // null, undefined, or a getter that throws in its turn.
  }
  return show(thrown);
}

/** What was thrown as an Error, for Node's functions that expect one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown });
}
