/** Owns a body as a Node stream. */
import { Readable } from 'node:stream';
import type { ReadableBody } from './body-source.js';

/** Reads the body as far as its consumer asks. Destroying it closes the body at once, also while it waits for bytes. */
export class BodyReadable extends Readable {
  constructor(private readonly body: ReadableBody) {
    super();
  }

  override _read(): void {
    this.body.read().then(
      (chunk) => {
        if (this.destroyed) return;
        if (chunk === null) {
          this.push(null);
          return;
        }
        const last = this.body.state === 'eof';
        this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
        if (last) this.push(null);
      },
      // After destroy(), which closed the body, this does nothing.
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    // It never rejects. A drain (`drainOnClose`) goes on by itself.
    void this.body.close();
    callback(error);
  }
}
