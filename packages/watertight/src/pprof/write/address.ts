/**
 * Owns addresses: Go's forms and tools expect one for every place. Ours are
 * made up from the place itself, so that a place has the same one in every
 * profile of every process, and profiles can be merged and compared.
 *
 * A function's address is a hash of its name and file, times 2^20, and a place
 * in it lies as many bytes further on as its line says: below 2^52, exact in a
 * double. Two functions may share an address once in some 10^5 programs; every
 * reader tells them apart by name all the same.
 */
import type { Frame } from '../profile/index.js';

/** Bytes of address space for each function: as many lines as it may have. */
const SPAN = 2 ** 20;

/** The end of the address space. */
export const ADDRESS_LIMIT = 2 ** 52;

/** Where a place is: `pc - entry` is Go's `+0x…` behind the function. */
export interface Address {
  readonly entry: number;
  readonly pc: number;
}

export class Addresses {
  readonly #known = new Map<Frame, Address>();

  /** Frames must be shared, as those of a StackTable are. */
  of(frame: Frame): Address {
    let address = this.#known.get(frame);
    if (address === undefined) {
      // 0 means "no address" to some readers.
      const entry = (hash(`${frame.function}\n${frame.file}`) || 1) * SPAN;
      address = { entry, pc: entry + (frame.line % SPAN) };
      this.#known.set(frame, address);
    }
    return address;
  }
}

/** FNV-1a, 32 bits, over UTF-16 units; then mixed, because it spreads the last bytes badly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
