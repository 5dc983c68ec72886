/** Owns the way of a body into a file: two buffers in turn, one being filled from the body while the other is written. */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RequestError, show } from '../wire/index.js';
import type { ReadableBody } from './body-source.js';
import { BodyError } from './error.js';
import { checkOnProgress, tellProgress, type OnProgress } from './progress.js';

/** Options of `Response.saveTo`. */
export interface SaveOptions {
  /**
   * Called after each write, and at the end. `transferred` counts the bytes in
   * the file; `total` is null for a body that was decoded. If it throws, or
   * returns a promise that is rejected, the download fails with a BodyError
   * (`cause` has what it threw). Default: none.
   */
  readonly onProgress?: OnProgress | null;
}

/** Bytes written at once at most. */
const BUFFER_SIZE = 256 << 10;

/** Writes a body to an open file or to a path; see `Response.saveTo`. */
export async function saveBody(body: ReadableBody, total: number | null, to: string | URL | FileHandle, options: SaveOptions): Promise<number> {
  const onProgress = options.onProgress ?? null;
  try {
    checkOnProgress('onProgress', onProgress);
    if (typeof to === 'string' || to instanceof URL) return await saveToPath(body, total, to instanceof URL ? fileURLToPath(to) : to, onProgress);
    if (typeof to !== 'object' || to === null || typeof to.write !== 'function' || typeof to.fd !== 'number') throw new RequestError('ERR_INVALID_OPTION', `saveTo() takes a path, a file: URL or a FileHandle of node:fs/promises, not ${show(to)}`);
    return await new FileCopy(body, to, total, onProgress).run();
  } catch (error) {
    await body.close();
    throw error;
  }
}

/** The file gets its name when it is complete: a download that fails leaves nothing, and what had the name before stays. */
async function saveToPath(body: ReadableBody, total: number | null, path: string, onProgress: OnProgress | null): Promise<number> {
  const existing = await stat(path).catch(() => null);
  // A device or a pipe is written to, not replaced.
  if (existing !== null && !existing.isFile()) return saveInto(body, total, await open(path, 'w'), onProgress, null);
  // Where a symbolic link leads, not the link, is replaced.
  const target = existing === null ? path : await realpath(path);
  const part = join(dirname(target), `.${randomBytes(8).toString('hex')}.part`);
  try {
    const file = await open(part, 'wx');
    const count = await saveInto(body, total, file, onProgress, existing === null ? null : existing.mode & 0o7777);
    await rename(part, target);
    return count;
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes to a file of ours, and closes it. */
async function saveInto(body: ReadableBody, total: number | null, file: FileHandle, onProgress: OnProgress | null, mode: number | null): Promise<number> {
  let count: number;
  try {
    if (mode !== null) await file.chmod(mode);
    count = await new FileCopy(body, file, total, onProgress).run();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  // Some file systems report a full disk only here.
  await file.close();
  return count;
}

/** Reads and writes at the same time: what has come is written as soon as the write before it has ended. */
class FileCopy {
  private filling: Buffer;
  private spare: Buffer | null = null;
  private filled = 0;
  private written = 0;
  private writing: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly body: ReadableBody,
    private readonly file: FileHandle,
    private readonly total: number | null,
    private readonly onProgress: OnProgress | null,
  ) {
    this.filling = Buffer.allocUnsafeSlow(Math.max(1, Math.min(BUFFER_SIZE, total ?? BUFFER_SIZE)));
  }

  async run(): Promise<number> {
    try {
      await this.readAll();
    } catch (error) {
      this.failure ??= { error };
    }
    if (this.writing !== null) await this.writing;
    this.throwFailure();
    if (this.written === 0) {
      this.report();
      // As everywhere, a promise that is rejected already ends the download.
      await Promise.resolve();
      this.throwFailure();
    }
    return this.written;
  }

  private async readAll(): Promise<void> {
    for (let count = await this.fill(); count !== null && this.failure === null; count = await this.fill()) {
      this.filled += count;
      if (this.writing !== null && this.filled === this.filling.length) await this.writing;
      if (this.writing === null && this.failure === null) this.flush();
    }
    if (this.writing !== null) await this.writing;
    if (this.filled > 0 && this.failure === null) this.flush();
  }

  private fill(): Promise<number | null> {
    return this.body.read({ into: this.filling.subarray(this.filled) });
  }

  /** Starts to write what is filled, and goes on with the other buffer. */
  private flush(): void {
    const { filling, filled } = this;
    this.filling = this.spare ?? Buffer.allocUnsafeSlow(BUFFER_SIZE);
    this.spare = filling;
    this.filled = 0;
    this.writing = this.write(filling, filled);
  }

  /** Never rejects. */
  private async write(bytes: Buffer, length: number): Promise<void> {
    try {
      for (let at = 0; at < length; ) at += (await this.file.write(bytes, at, length - at)).bytesWritten;
      this.written += length;
      this.report();
    } catch (error) {
      await this.fail(error);
    }
    this.writing = null;
  }

  private report(): void {
    const { onProgress, written, total } = this;
    if (onProgress !== null) tellProgress('onProgress', onProgress, { transferred: written, total }, (message, options) => void this.fail(new BodyError('ERR_BODY_CLOSED', message, options)));
  }

  /** Never rejects. */
  private async fail(error: unknown): Promise<void> {
    this.failure ??= { error };
    // Ends a read that waits for a silent server.
    await this.body.close();
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure.error;
  }
}
