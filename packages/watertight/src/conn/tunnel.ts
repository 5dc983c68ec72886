/** Owns a connection that carries something else than HTTP, as the program has it: a stream of bytes both ways. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ReadableBody } from './body-source.js';

/** What a tunnel asks of the exchange that it came from; `Exchange` implements it. */
export interface TunnelOwner {
  /** The program reads or writes for the first time. */
  tunnelUsed(): void;
  /** The stream is destroyed, or has ended both ways. */
  tunnelEnded(): void;
}

type Done = (error?: Error | null) => void;

/**
 * `Response.socket`. The socket below reads into buffers that all connections
 * share, so it can't be given away itself. As a socket of `net.connect`, it ends
 * its own side when the server has ended the other. It has those methods of a
 * socket that libraries for other protocols call; they do nothing where the
 * program's `dial` gave a stream that is no socket.
 */
export class Tunnel extends Duplex {
  private used = false;
  private reading = false;
  /** The time limit of the socket below is passed on. */
  private timed = false;

  constructor(
    private readonly owner: TunnelOwner,
    private readonly below: Duplex,
    /** What the server sends. */
    private readonly body: ReadableBody,
  ) {
    super({ allowHalfOpen: false });
  }

  setNoDelay(noDelay?: boolean): this {
    this.socket.setNoDelay?.(noDelay);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.socket.setKeepAlive?.(enable, initialDelay);
    return this;
  }

  /** As of a socket: after so many milliseconds without a byte, `timeout` is emitted, and nothing else happens; 0 ends that. */
  setTimeout(ms: number, listener?: () => void): this {
    if (!this.timed) {
      this.timed = true;
      this.below.on('timeout', () => this.emit('timeout'));
    }
    if (listener !== undefined) {
      if (ms === 0) this.off('timeout', listener);
      else this.once('timeout', listener);
    }
    this.socket.setTimeout?.(ms);
    return this;
  }

  ref(): this {
    this.socket.ref?.();
    return this;
  }

  unref(): this {
    this.socket.unref?.();
    return this;
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort;
  }

  get localAddress(): string | undefined {
    return this.socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.socket.localPort;
  }

  private get socket(): Partial<Socket> {
    return this.below as Partial<Socket>;
  }

  override _read(): void {
    this.use();
    if (this.reading) return;
    this.reading = true;
    this.body.read().then(
      (chunk) => {
        this.reading = false;
        if (this.destroyed) return;
        this.push(chunk === null ? null : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      },
      (error: unknown) => {
        this.reading = false;
        this.bodyFailed(error as Error);
      },
    );
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    this.use();
    this.below.write(chunk, encoding, done);
  }

  override _writev(chunks: { chunk: Buffer; encoding: BufferEncoding }[], done: Done): void {
    this.use();
    this.below.cork();
    chunks.forEach(({ chunk, encoding }, i) => this.below.write(chunk, encoding, i === chunks.length - 1 ? done : undefined));
    this.below.uncork();
  }

  override _final(done: Done): void {
    this.use();
    this.below.end(() => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    // It never rejects.
    void this.body.close();
    this.owner.tunnelEnded();
    done(error);
  }

  private use(): void {
    if (this.used) return;
    this.used = true;
    // Who only writes must hear of the end, too.
    this.below.once('close', () => {
      if (!this.destroyed && !this.reading && this.body.state !== 'eof') this.read(0);
    });
    this.owner.tunnelUsed();
  }

  private bodyFailed(error: Error): void {
    // The program has closed the response itself.
    if (this.body.state === 'closed') this.destroy();
    else this.destroy(error);
  }
}
