import { Writable } from 'node:stream';

/** A file on a disk that is full: it takes nothing. */
export function failingDisk() {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('ENOSPC: no space left on device'));
    },
  });
}

/** Resolves when the file has failed. */
export function failed(file) {
  return new Promise((resolve) => file.once('error', resolve));
}
