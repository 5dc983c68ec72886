/** Owns a body that is in memory: one that was read to be checked, or that never came from a connection. */
import type { BodyState } from '../conn/index.js';
import type { UnreadBody } from './fetch-source.js';

export class MemoryBody implements UnreadBody {
  state: BodyState = 'unread';
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  readAll(): Promise<Uint8Array> {
    this.state = 'eof';
    return Promise.resolve(this.bytes);
  }

  read(): Promise<Uint8Array | null>;
  read(options: { readonly into: Uint8Array }): Promise<number | null>;
  read(options?: { readonly into: Uint8Array }): Promise<Uint8Array | number | null> {
    const rest = this.bytes.subarray(this.at, options === undefined ? undefined : this.at + options.into.length);
    this.at += rest.length;
    this.state = this.at === this.bytes.length ? 'eof' : 'reading';
    if (rest.length === 0) return Promise.resolve(null);
    options?.into.set(rest);
    return Promise.resolve(options === undefined ? rest : rest.length);
  }

  close(): Promise<void> {
    if (this.state !== 'eof') this.state = 'closed';
    return Promise.resolve();
  }

  separate(): void {}
}
