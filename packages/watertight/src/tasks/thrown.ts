/** Owns what is made of a thrown value, which need not be an Error. */

/** The text of what was thrown. It never throws: programs throw anything, `undefined`, objects without a prototype and those whose getters throw included. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = (thrown as { message?: unknown } | null | undefined)?.message;
    return typeof message === 'string' ? message : String(thrown);
  } catch {
    return `a thrown ${typeof thrown} that has no text`;
  }
}

/** The stack of what was thrown, or its message where there is none. */
export function stackOf(thrown: unknown): string {
  try {
    const stack: unknown = (thrown as { stack?: unknown } | null | undefined)?.stack;
    if (typeof stack === 'string') return stack;
  } catch {
    // A getter that throws in its turn.
  }
  return messageOf(thrown);
}

/** What was thrown as an Error, for Node's functions that expect one. */
export function asError(thrown: unknown): Error {
  try {
    if (thrown instanceof Error) return thrown;
  } catch {
    // A proxy that does not even tell its prototype.
  }
  return new Error(messageOf(thrown), { cause: thrown });
}
