/**
 * Owns one POST over a connection of its own, of whose response only the status is read.
 *
 * It is made without `node:http`: loading that would change a program that makes no requests, and what observes the
 * requests of a program (this library, OpenTelemetry, a mock) would take this one for its own.
 */
import type { Socket } from 'node:net';
import { builtin, startOwnTimer, stopTimer } from '../../tasks/index.js';
import type { PushSettings } from './settings.js';

/** More head than this is no answer of a receiver. */
const MAX_HEAD = 64 * 1024;

export interface PostOptions {
  /** Ms for all of it. */
  readonly timeout: number;
  /** Whether it keeps the process alive. */
  readonly ref: boolean;
  readonly signal: AbortSignal;
}

/**
 * Resolves to the status of the final response.
 *
 * @throws Error if there is none, with a message that has no credentials.
 */
export async function post(receiver: PushSettings, query: string, contentType: string, body: readonly Uint8Array[], { timeout, ref, signal }: PostOptions): Promise<number> {
  signal.throwIfAborted();
  const { host, port } = receiver;
  // An address can't be the name in a certificate's request (RFC 6066, section 3).
  const socket = receiver.secure ? builtin('node:tls').connect({ host, port, servername: builtin('node:net').isIP(host) === 0 ? host : '', ALPNProtocols: ['http/1.1'] }) : builtin('node:net').connect({ host, port });
  if (!ref) socket.unref();
  const timer = startOwnTimer(() => socket.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
  timer.unref();
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      // Stays: an error may come after the answer.
      socket.on('error', reject);
      socket.once('close', () => reject(new Error('the connection was closed without an answer')));
      readStatus(socket, resolve, reject);
      socket.write(headOf(receiver, query, contentType, body), 'latin1');
      for (const piece of body) socket.write(piece);
    });
  } finally {
    stopTimer(timer);
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

function headOf({ secure, host, port, path, authorization, tenant }: PushSettings, query: string, contentType: string, body: readonly Uint8Array[]): string {
  const name = host.includes(':') ? `[${host}]` : host;
  const fields = [
    `POST ${path}${query} HTTP/1.1`,
    `Host: ${port === (secure ? 443 : 80) ? name : `${name}:${port}`}`,
    'User-Agent: watertight',
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.reduce((sum, { length }) => sum + length, 0)}`,
    'Connection: close',
  ];
  if (authorization !== null) fields.push(`Authorization: ${authorization}`);
  if (tenant !== null) fields.push(`X-Scope-OrgID: ${tenant}`);
  return `${fields.join('\r\n')}\r\n\r\n`;
}

/** Reads up to the status line of the response that is not a 1xx. */
function readStatus(socket: Socket, resolve: (status: number) => void, reject: (error: Error) => void): void {
  let text = '';
  let size = 0;
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    size += bytes.length;
    for (;;) {
      const end = text.indexOf('\n');
      if (end === -1) break;
      const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r?\n)/.exec(text)?.[1] ?? 0);
      if (status === 0) reject(new Error('what answers is no HTTP server'));
      if (status >= 200 || status === 101) resolve(status);
      if (status === 0 || status >= 200 || status === 101) return;
      const next = /\r?\n\r?\n/.exec(text);
      if (next === null) break;
      text = text.slice(next.index + next[0].length);
    }
    if (size > MAX_HEAD) reject(new Error('what answers is no HTTP server'));
  });
}
