/** Owns what is asked of a stream that the program's `dial` gives, and the guard around its writes. */
import type { Duplex } from 'node:stream';
import { asError } from '../tasks/index.js';

export function isDuplex(value: unknown): value is Duplex {
  if (typeof value !== 'object' || value === null) return false;
  const { write, destroy, on, off } = value as Partial<Duplex>;
  return [write, destroy, on, off].every((each) => typeof each === 'function');
}

/**
 * Node's streams expect a `_write` to report its failure, not to throw: a throw
 * would come out of the connection, or out of TLS, where it ends the process. The
 * stream is ours from here on, so what it throws is made such a report.
 */
export function guardWrites(stream: Duplex): void {
  const { _write: write, _writev: writev } = stream as Partial<Duplex>;
  if (write !== undefined) {
    stream._write = (chunk, encoding, done) => {
      try {
        write.call(stream, chunk, encoding, done);
      } catch (error) {
        done(asError(error));
      }
    };
  }
  if (typeof writev === 'function') {
    stream._writev = (chunks, done) => {
      try {
        writev.call(stream, chunks, done);
      } catch (error) {
        done(asError(error));
      }
    };
  }
}
