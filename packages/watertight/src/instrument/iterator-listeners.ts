/**
 * Owns the recognition of the listeners that an iterator adds to a stream. They are there also while the program is
 * busy with a piece and waits for nothing, and their effect ends with the iterator.
 */

/** Their source text. */
let known: ReadonlySet<string> | null = null;

/** Whether the function is one of these listeners. */
export function isOfIterator(listener: unknown): boolean {
  known ??= listenersOfIterator();
  return known.has(String(listener));
}

function listenersOfIterator(): ReadonlySet<string> {
  // Loaded by now; an import would load it before the program does.
  const { Readable } = process.getBuiltinModule('node:stream');
  const probe = new Readable({ read: (): undefined => undefined });
  const ours = probe.eventNames().length;
  // The first step adds the listeners; it never ends.
  void probe.iterator({ destroyOnReturn: false }).next();
  if (probe.eventNames().length === ours) return new Set();
  return new Set(probe.eventNames().flatMap((event) => probe.rawListeners(event).map(String)));
}
