/** Owns the way through a SOCKS5 proxy (RFC 1928, RFC 1929). The package `socks` knows the protocol; it is loaded at the first use. */
import { Duplex } from 'node:stream';
import type { SocksClientOptions } from 'socks';
import { asError, nextCheck } from '../tasks/index.js';
import { converse } from './conversation.js';
import { ProxyError } from './error.js';
import type { ProxyServer } from './proxy-server.js';

/** What it needs. */
export interface SocksOrders {
  readonly proxy: ProxyServer;
  readonly hostname: string;
  readonly port: number;
  /** Milliseconds after which the caller gives up. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** RFC 1928 section 5: the length of a name is one byte. */
const MAX_NAME = 255;

/**
 * Asks for a connection to the host. When it resolves, what is written to the
 * stream goes there. The name is sent to the proxy, which resolves it: for
 * `socks5:` as for `socks5h:`, as in Go; nothing is resolved here.
 *
 * @returns rejects with a ProxyError, or with the reason of `signal`
 */
export async function socksConnect(stream: Duplex, { proxy, hostname, port, timeout, signal }: SocksOrders): Promise<void> {
  if (Buffer.byteLength(hostname) > MAX_NAME) throw new ProxyError('ERR_PROXY_REFUSED', `the name of the host is longer than the ${MAX_NAME} bytes of SOCKS5 (RFC 1928)`);
  const { SocksClient } = await import('socks');
  signal.throwIfAborted();
  const line = new Line(stream);
  const account = proxy.account;
  const options: SocksClientOptions = {
    command: 'connect',
    destination: { host: hostname, port },
    proxy: { host: proxy.origin.hostname, port: proxy.origin.port, type: 5, ...(account === null ? {} : { userId: account.username, password: account.password }) },
    timeout,
    existing_socket: line,
  };
  const refused = (error: unknown): ProxyError => refusal(asError(error).message, proxy, `${hostname}:${port}`);
  let client: InstanceType<typeof SocksClient>;
  try {
    client = new SocksClient(options);
  } catch (error) {
    throw refused(error);
  }
  try {
    await converse(stream, proxy, signal, (done, fail) => {
      client.on('established', () => done());
      client.on('error', (error) => fail(refused(error)));
      client.connect(line);
      return (bytes) => {
        line.emit('data', bytes);
      };
    });
  } finally {
    line.leave();
    // It looks into its buffer once more, in the next turn. Its timer may have an error to tell that nobody waits for.
    nextCheck(() => Object.assign(client.removeAllListeners().on('error', () => undefined), { receiveBuffer: null }));
  }
}

/**
 * What the package gets in the place of the connection: it keeps what it was given, and a buffer of 4 KB, until its own
 * timer expires, which nobody can stop, and destroys it where it fails. What comes is handed to it by the `data` event.
 */
class Line extends Duplex {
  constructor(private stream: Duplex | null) {
    super();
    // It has no listener after the package has removed its own.
    this.on('error', () => undefined);
  }

  /** The connection is somebody else's from here on, and may end long before the timer. */
  leave(): void {
    this.stream = null;
    this.destroy();
  }

  override _read(): void {}

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.stream?.write(chunk, encoding);
    done();
  }
}

/** The package's own error holds the password among its options, so it is no cause. */
function refusal(message: string, proxy: ProxyServer, target: string): ProxyError {
  const refused = /reject|authentication failed|no accepted authentication/i.test(message);
  return new ProxyError(refused ? 'ERR_PROXY_REFUSED' : 'ERR_PROXY_PROTOCOL', `the proxy ${proxy.href} ${refused ? 'did not connect' : 'did not speak SOCKS5 when asked for a connection'} to ${target}: ${message}`);
}
