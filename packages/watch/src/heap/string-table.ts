/** Owns the strings of a snapshot: as the bytes of the file, decoded when one is asked for. */

/** A block of text. A string lies in one block, or is cut. */
const BLOCK = 1 << 22;
/** Of a longer string, only so many bytes are kept. V8 itself cuts at 1024 characters. */
const MAX_STRING = 1 << 16;

/** What `matching` looks at, in bytes. */
const HEAD = 32;

/** The strings, in order, each with the escapes of JSON that it had in the file. */
export class StringTable {
  count = 0;
  private readonly blocks: Buffer[] = [];
  private block = Buffer.alloc(0);
  /** Bytes of the last block that are used. */
  private used = 0;
  /** Of each string: number of its block, its place in it, its length. */
  private blockOf = new Uint16Array(1024);
  private startOf = new Uint32Array(1024);
  private lengthOf = new Uint32Array(1024);
  private length = 0;

  /** More of the string that is being read. */
  append(bytes: Buffer, start: number, end: number): void {
    const count = Math.min(end - start, MAX_STRING - this.length);
    if (count <= 0) return;
    if (this.used + count > this.block.length) this.nextBlock();
    bytes.copy(this.block, this.used, start, start + count);
    this.used += count;
    this.length += count;
  }

  /** The string that is being read is complete. */
  endString(): void {
    if (this.count === this.startOf.length) this.growIndex();
    this.blockOf[this.count] = Math.max(0, this.blocks.length - 1);
    this.startOf[this.count] = this.used - this.length;
    this.lengthOf[this.count] = this.length;
    this.count++;
    this.length = 0;
  }

  /** The string with this number; '' if there is none. */
  text(index: number): string {
    if (!(index < this.count)) return '';
    const start = this.startOf[index];
    const raw = this.blocks[this.blockOf[index]]?.toString('utf8', start, start + this.lengthOf[index]) ?? '';
    if (!raw.includes('\\')) return raw;
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      // It was cut within an escape, or has a wrong one.
      return raw;
    }
  }

  /** The numbers of the strings among `texts`, which have no escapes; those that are not there are missing. All are found in one pass. */
  find(texts: Iterable<string>): ReadonlyMap<string, number> {
    const byLength = new Map<number, Map<string, string>>();
    for (const text of texts) {
      const length = Buffer.byteLength(text);
      const same = byLength.get(length) ?? new Map<string, string>();
      byLength.set(length, same.set(text, text));
    }
    const found = new Map<string, number>();
    for (let index = 0; index < this.count; index++) {
      const same = byLength.get(this.lengthOf[index]);
      if (same === undefined) continue;
      const text = same.get(this.text(index));
      if (text !== undefined && !found.has(text)) found.set(text, index);
    }
    return found;
  }

  /** For each string, 1 if its first characters match. */
  matching(pattern: RegExp): Uint8Array {
    const found = new Uint8Array(this.count);
    for (let index = 0; index < this.count; index++) {
      const start = this.startOf[index];
      const head = this.blocks[this.blockOf[index]]?.toString('latin1', start, start + Math.min(this.lengthOf[index], HEAD)) ?? '';
      if (pattern.test(head)) found[index] = 1;
    }
    return found;
  }

  private nextBlock(): void {
    const next = Buffer.allocUnsafe(BLOCK);
    // The beginning of the string goes along.
    this.block.copy(next, 0, this.used - this.length, this.used);
    this.used = this.length;
    this.block = next;
    this.blocks.push(next);
  }

  private growIndex(): void {
    const grow = <T extends Uint16Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const size = this.startOf.length * 2;
    this.blockOf = grow(this.blockOf, new Uint16Array(size));
    this.startOf = grow(this.startOf, new Uint32Array(size));
    this.lengthOf = grow(this.lengthOf, new Uint32Array(size));
  }
}
