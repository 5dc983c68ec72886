/**
 * Owns the addresses in profiles, which Go's forms and tools expect for every place. Ours are computed from
 * the place itself, so that a place has the same address in all profiles of all processes, and profiles can
 * be merged and compared.
 *
 * The address of a function is a hash of its name and file, times 2^20; a place in the function adds its
 * line. All addresses are below 2^52, exact in a double. In about one of 10^5 programs, two functions share
 * an address; readers still distinguish them by name.
 */
import type { Frame } from '../profile/index.js';

/** Bytes of address space for each function, which is the most lines it can have. */
const SPAN = 2 ** 20;

/** The end of the address space. */
export const ADDRESS_LIMIT = 2 ** 52;

/** The address of a place; `pc - entry` is Go's `+0x…` after the function. */
export interface Address {
  readonly entry: number;
  readonly pc: number;
}

export class Addresses {
  readonly #known = new Map<Frame, Address>();

  /** The address of a frame, which must be a shared object from a StackTable. */
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

/** FNV-1a, 32 bits, over UTF-16 code units, with a final mixing step because FNV-1a distributes the last bytes badly. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
