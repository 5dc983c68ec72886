/** Owns the report of a download's progress: a body source that counts what is taken from another one. */
import { asBytes, type BodySource, type BodyState } from './body-source.js';
import { BodyError } from './error.js';
import { tellProgress, type OnProgress } from './progress.js';

/**
 * It stands below a decoder, so that it counts what comes from the network and
 * can say how much that will be.
 *
 * Where the program's function returns a promise, bytes are held back until the
 * next microtask: so an async function that throws stops the same read as a plain
 * one, also the read that is the last.
 */
export class MeteredBody implements BodySource {
  private transferred = 0;
  private error: BodyError | null = null;
  /** Taken and counted, but not given out. */
  private held: Uint8Array | null = null;
  /** As `held`, of bytes that are in the caller's memory already. */
  private heldCount = 0;
  private waiting = false;

  constructor(
    private readonly source: BodySource,
    private readonly total: number | null,
    private readonly onProgress: OnProgress,
  ) {}

  get state(): BodyState {
    if (this.error !== null) return 'errored';
    const { state } = this.source;
    return state === 'eof' && this.unfinished ? 'reading' : state;
  }

  take(max: number): Uint8Array | null | undefined {
    this.checkReadable();
    const held = this.takeHeld();
    if (held !== null) return held;
    const bytes = this.source.take(max);
    if (bytes === null || bytes === undefined || !this.count(bytes.length)) return bytes;
    this.held = bytes;
    return undefined;
  }

  takeInto(into: Uint8Array): number | null | undefined {
    this.checkReadable();
    const count = this.source.takeInto(into);
    if (count === null || count === undefined || !this.count(count)) return count;
    this.heldCount = count;
    return undefined;
  }

  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    return this.whileWaiting(async () => {
      let bytes = this.takeHeld();
      if (bytes === null) {
        bytes = await this.source.wait(max, handle, asBytes);
        if (bytes !== null) this.count(bytes.length);
      }
      await this.settled();
      return as(bytes);
    });
  }

  waitInto(into: Uint8Array, handle: object): Promise<number | null> {
    return this.whileWaiting(async () => {
      let count: number | null = this.heldCount;
      this.heldCount = 0;
      if (count === 0) {
        count = await this.source.waitInto(into, handle);
        if (count !== null) this.count(count);
      }
      await this.settled();
      return count;
    });
  }

  separate(): void {
    this.source.separate();
  }

  close(): Promise<void> {
    return this.source.close();
  }

  drain(limit: number): Promise<void> {
    return this.source.drain(limit);
  }

  shut(): void {
    this.source.shut();
  }

  /** Bytes were taken from the source that the reader does not have yet. */
  private get unfinished(): boolean {
    return this.waiting || this.held !== null || this.heldCount > 0;
  }

  private checkReadable(): void {
    if (this.error !== null) throw this.error;
    if (this.waiting) throw new BodyError('ERR_BODY_READING', 'another read of this body is under way; await it first');
  }

  private takeHeld(): Uint8Array | null {
    const { held } = this;
    this.held = null;
    return held;
  }

  private async whileWaiting<T>(read: () => Promise<T>): Promise<T> {
    this.waiting = true;
    try {
      return await read();
    } catch (error) {
      // The source only knows that it was shut.
      throw this.error ?? error;
    } finally {
      this.waiting = false;
    }
  }

  /** Lets a promise that is rejected already say so. */
  private async settled(): Promise<void> {
    await Promise.resolve();
    if (this.error !== null) throw this.error;
  }

  /** Whether the program's function may still fail. Throws if it has. */
  private count(bytes: number): boolean {
    this.transferred += bytes;
    const { transferred, total } = this;
    let counting = true;
    const later = tellProgress('onDownloadProgress', this.onProgress, { transferred, total }, (message, options) => {
      // A download that has ended does not fail any more.
      if (!counting && !this.unfinished && this.source.state !== 'reading') return;
      this.error ??= new BodyError('ERR_BODY_CLOSED', message, options);
      this.source.shut();
    });
    counting = false;
    if (this.error !== null) throw this.error;
    return later;
  }
}
