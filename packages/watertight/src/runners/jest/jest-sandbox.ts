/**
 * Owns the way from a test file under jest, which runs in a realm with modules
 * of its own, to the leak check, which runs outside of it, in the environment.
 */
import type { SessionOptions } from '../../leak/index.js';

/** On the global object of a test file that runs in our environment: what `watertight/jest` is in there. */
const HANDED = Symbol.for('watertight.jest');

export interface Handed {
  leakCheck(options: SessionOptions | 'off'): void;
}

/** Gives a test file's realm its end of the way. */
export function handOver(global: object, handed: Handed): void {
  Object.defineProperty(global, HANDED, { value: handed, configurable: true });
}

/** What was handed to the realm that this copy of the library was loaded in; null outside of test files, and in other environments. */
export function handed(): Handed | null {
  return (globalThis as { [HANDED]?: Handed })[HANDED] ?? null;
}
