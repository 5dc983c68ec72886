/** Owns the waiting for a proxy's answer on a stream: it comes, the stream ends, or nobody wants it any more. */
import type { Duplex } from 'node:stream';
import { ProxyError } from './error.js';
import type { ProxyServer } from './proxy-server.js';

/** What is said to a proxy: begun with the functions that end it; returns what takes the bytes of the answer. */
export type Conversation = (done: () => void, fail: (error: unknown) => void) => (bytes: Buffer) => void;

/**
 * Holds a conversation with `proxy` over `stream`. Rejects with what the
 * conversation fails with, with a ProxyError (`ERR_PROXY_CLOSED`) or with the
 * reason of `signal`. It destroys nothing: the stream is the caller's, who also
 * listens to its errors.
 *
 * Bytes behind the answer, if they come with it, are dropped, as in Go: a server
 * of TLS or HTTP/1.1 does not speak first, so they are nobody's.
 */
export function converse(stream: Duplex, proxy: ProxyServer, signal: AbortSignal, conversation: Conversation): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stream.off('data', onData);
      stream.off('error', onError);
      stream.off('end', onEnd);
      stream.off('close', onEnd);
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown): void => {
      stop();
      reject(error);
    };
    const closed = (how: string, cause?: Error): void => fail(new ProxyError('ERR_PROXY_CLOSED', `the proxy ${proxy.href} ${how} before it had answered`, { cause }));
    const onError = (error: Error): void => closed(`broke the connection (${error.message})`, error);
    const onEnd = (): void => closed('closed the connection');
    const onAbort = (): void => fail(signal.reason);
    const onData = (chunk: Buffer | string): void => {
      try {
        take(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, 'latin1'));
      } catch (error) {
        fail(error);
      }
    };
    stream.on('error', onError);
    stream.on('end', onEnd);
    stream.on('close', onEnd);
    signal.addEventListener('abort', onAbort);
    const take = conversation(() => {
      stop();
      resolve();
    }, fail);
    stream.on('data', onData);
    if (signal.aborted) onAbort();
  });
}
