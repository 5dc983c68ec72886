/** Owns the holders that hold no task: connections that were handed to the program and that it has not used yet. */
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';

const handedOver = processWide('handed-over', () => new Set<Holder>());

/** The connection's tasks have ended, but nobody has used its socket yet. */
export function addHandedOver(holder: Holder): void {
  handedOver.add(holder);
}

/** The program uses the socket, or the connection has ended; does nothing for any other holder. */
export function removeHandedOver(holder: Holder): void {
  handedOver.delete(holder);
}

/** The holders, in the order in which their connections were handed over. Each call returns a new array. */
export function handedOverHolders(): readonly Holder[] {
  return [...handedOver];
}
