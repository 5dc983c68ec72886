/**
 * Owns the link between a test file under jest, which runs in a realm with its own modules, and the leak
 * check, which runs outside of that realm in the environment.
 */
import type { SessionOptions } from '../../leak/index.js';

/** The key, on the global object of a test file in our environment, of the functions for that file. */
const HANDED = Symbol.for('watertight.jest');

export interface Handed {
  leakCheck(options: SessionOptions | 'off'): void;
}

/** Passes the functions to a test file's realm. */
export function handOver(global: object, handed: Handed): void {
  Object.defineProperty(global, HANDED, { value: handed, configurable: true });
}

/** The functions passed to the realm of this copy of the library; null outside of test files, and in other environments. */
export function handed(): Handed | null {
  return (globalThis as { [HANDED]?: Handed })[HANDED] ?? null;
}
