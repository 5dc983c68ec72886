/** Owns a connection in memory: two streams, each of which reads what the other writes. */
import { Duplex } from 'node:stream';
import { nextCheck } from '../tasks/index.js';

class End extends Duplex {
  other!: End;
  /** The other end waits for this one to read. */
  private wants: (() => void) | null = null;

  override _read(): void {
    const { wants } = this;
    this.wants = null;
    wants?.();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const { other } = this;
    if (other.destroyed) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' }));
      return;
    }
    // In a turn of its own, as bytes of a network come.
    nextCheck(() => {
      if (other.destroyed || other.push(chunk)) done();
      else other.wants = done;
    });
  }

  override _final(done: () => void): void {
    const { other } = this;
    nextCheck(() => {
      if (!other.destroyed) other.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { other, wants } = this;
    this.wants = null;
    wants?.();
    done(error);
    // A connection that is closed before its end breaks for the other side.
    nextCheck(() => {
      if (!other.destroyed) other.destroy(this.writableFinished ? undefined : (error ?? undefined));
    });
  }
}

export function memoryPair(): [Duplex, Duplex] {
  const [one, two] = [new End(), new End()];
  one.other = two;
  two.other = one;
  return [one, two];
}
