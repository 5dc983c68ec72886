/** Owns CONNECT: the request for a tunnel through an HTTP proxy (RFC 9110 section 9.3.6), and its answer. */
import type { Duplex } from 'node:stream';
import { encodeRequestHead, HeadScanner, ProtocolError, show, type Headers, type Leniency, type WireLimits } from '../wire/index.js';
import { converse } from './conversation.js';
import { ProxyError } from './error.js';
import type { ProxyServer } from './proxy-server.js';

/** What a CONNECT needs. */
export interface ConnectOrders {
  readonly proxy: ProxyServer;
  /** `host:port`, an IPv6 address in brackets. */
  readonly target: string;
  readonly headers: Headers | null;
  readonly limits: WireLimits;
  readonly leniency: Leniency;
  readonly signal: AbortSignal;
}

/** The head of an answer to CONNECT. What it says of a body means nothing: after a 2xx none follows (RFC 9110 section 9.3.6), and after another status the connection is closed. */
class ConnectHead extends HeadScanner {
  protected override takeField(): void {}
}

/**
 * Asks for a tunnel. When it resolves, what is written to the stream goes to the target.
 *
 * Any 2xx opens the tunnel, as the RFC says; Go takes only 200.
 *
 * @returns rejects with a ProxyError, or with the reason of `signal`
 */
export function httpConnect(stream: Duplex, { proxy, target, headers, limits, leniency, signal }: ConnectOrders): Promise<void> {
  return converse(stream, proxy, signal, (done) => {
    stream.write(encodeRequestHead({ method: 'CONNECT', target, host: target, headers, framing: 'none', close: false, acceptEncoding: '', toProxy: proxy }), 'latin1');
    const head = new ConnectHead(limits, leniency);
    let interims = 0;
    return (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        at = read(head, bytes, at, proxy);
        if (at === -1) return;
        if (head.status >= 200) break;
        if (head.status === 101 || ++interims > limits.maxInterim) throw new ProxyError('ERR_PROXY_PROTOCOL', `the proxy ${proxy.href} answered CONNECT ${target} with ${head.status === 101 ? '101 (Switching Protocols), which nobody asked for' : `more than ${limits.maxInterim} informational (1xx) responses (max1xxResponses)`}`);
        head.resetInterim();
        if (at === bytes.length) return;
      }
      if (head.status < 300) done();
      else throw refusal(head, proxy, target);
    };
  });
}

function read(head: HeadScanner, bytes: Buffer, at: number, proxy: ProxyServer): number {
  try {
    return head.feed(bytes, at, bytes.length);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    // The first byte of a TLS record: an alert, or a part of a handshake.
    const hint = bytes[0] === 0x15 || bytes[0] === 0x16 ? '; it speaks TLS: is its URL https://?' : '';
    throw new ProxyError('ERR_PROXY_PROTOCOL', `the answer of the proxy ${proxy.href} to CONNECT is not HTTP: ${cause.message}${hint}`, { cause });
  }
}

function refusal({ status, text }: HeadScanner, proxy: ProxyServer, target: string): ProxyError {
  const [line] = text.split('\r\n', 1);
  const hint = status === 407 ? `; ${proxy.authorization === null ? 'it wants a user and a password, which belong into its URL' : 'it does not accept the user and password of its URL'}` : '';
  return new ProxyError('ERR_PROXY_REFUSED', `the proxy ${proxy.href} answered CONNECT ${target} with ${show(line)}${hint}`, { status });
}
