/** Owns the report of a download's progress: a body source that counts what is taken from another one. */
import { messageOf } from '../tasks/index.js';
import type { BodySource, BodyState } from './body-source.js';
import { BodyError } from './error.js';
import type { OnProgress, Progress } from './progress.js';
import { callQuietly } from './user-call.js';

/** It stands below a decoder, so that it counts what comes from the network and can say how much that will be. */
export class MeteredBody implements BodySource {
  private transferred = 0;
  private error: BodyError | null = null;

  constructor(
    private readonly source: BodySource,
    private readonly total: number | null,
    private readonly onProgress: OnProgress,
  ) {}

  get state(): BodyState {
    return this.error === null ? this.source.state : 'errored';
  }

  take(max: number): Uint8Array | null | undefined {
    if (this.error !== null) throw this.error;
    const bytes = this.source.take(max);
    if (bytes !== null && bytes !== undefined) this.count(bytes.length);
    return bytes;
  }

  takeInto(into: Uint8Array): number | null | undefined {
    if (this.error !== null) throw this.error;
    const count = this.source.takeInto(into);
    if (count !== null && count !== undefined) this.count(count);
    return count;
  }

  wait<T>(max: number, handle: object, as: (bytes: Uint8Array | null) => T): Promise<T> {
    return this.source.wait(max, handle, (bytes) => {
      if (bytes !== null) this.count(bytes.length);
      return as(bytes);
    });
  }

  async waitInto(into: Uint8Array, handle: object): Promise<number | null> {
    const count = await this.source.waitInto(into, handle);
    if (count !== null) this.count(count);
    return count;
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

  private count(bytes: number): void {
    this.transferred += bytes;
    const { transferred, total } = this;
    try {
      const onProgress: (progress: Progress) => unknown = this.onProgress;
      const result = onProgress({ transferred, total });
      // An async function is not awaited; its rejection must not end the process.
      if (result !== undefined) callQuietly(() => result);
    } catch (error) {
      this.error = new BodyError('ERR_BODY_CLOSED', `onDownloadProgress threw, so the body was closed: ${messageOf(error)}`, { cause: error });
      this.source.shut();
      throw this.error;
    }
  }
}
