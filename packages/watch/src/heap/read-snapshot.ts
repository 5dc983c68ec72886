/** Owns the reading of a heap snapshot from a stream, compressed or not. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Snapshot } from './snapshot.js';
import { SnapshotError } from './snapshot-error.js';
import { SnapshotScanner } from './snapshot-scanner.js';

/**
 * Reads a heap snapshot of V8: from `v8.writeHeapSnapshot`, `--heapsnapshot-signal`, the inspector or Chrome. Its first
 * bytes tell whether it is compressed with gzip. What is kept of it is smaller than the file.
 *
 * @returns rejects with a SnapshotError if it can't be read, and with what `chunks` rejects with
 */
export async function readSnapshot(chunks: AsyncIterable<Uint8Array>): Promise<Snapshot> {
  const scanner = new SnapshotScanner();
  for await (const chunk of decompressed(chunks)) scanner.write(chunk);
  return new Snapshot(scanner.end());
}

async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    let done: boolean | undefined = false;
    while (head.length < 2 && done !== true) {
      const step = await source.next();
      done = step.done;
      if (done !== true) head = Buffer.concat([head, step.value as Uint8Array]);
    }
    if (head[0] === 0x1f && head[1] === 0x8b) {
      yield* gunzipped(head, source);
      return;
    }
    if (head.length > 0) yield head;
    for (;;) {
      const step = await source.next();
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await source.return?.();
  }
}

async function* gunzipped(head: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let failure: unknown = null;
  async function* compressed(): AsyncGenerator<Uint8Array> {
    try {
      yield head;
      for (let step = await rest.next(); step.done !== true; step = await rest.next()) yield step.value;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  const input = Readable.from(compressed());
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (failure !== null) throw failure as Error;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw new SnapshotError('ERR_SNAPSHOT_TRUNCATED', 'its gzip data end too early: it is cut off', { cause });
    if (code?.startsWith('Z_') === true) throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `its gzip data are damaged: ${message}`, { cause });
    throw cause;
  } finally {
    input.destroy();
  }
}
