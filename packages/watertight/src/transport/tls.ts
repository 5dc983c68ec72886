/** Owns the start of TLS: what is agreed with the server, and what the program is told of it. */
import { isIP } from 'node:net';
import { checkServerIdentity, connect, DEFAULT_CIPHERS, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Origin, TlsState } from '../conn/index.js';
import { DialError } from './error.js';
import { guardedCallbacks } from './tls-callbacks.js';
import type { TlsSessions } from './tls-sessions.js';
import { caFault } from './trusted-ca.js';

/**
 * Begins a handshake with the server of `origin`. `over`: the address to connect to, or `socket`, which is connected.
 * `http2`: it is offered, too. `fail` is called if a function of the program throws.
 *
 * @throws DialError (`ERR_TLS`) for options that can't be used.
 */
export function startTls(origin: Origin, tls: ConnectionOptions, sessions: TlsSessions, http2: boolean, over: object, fail: (error: unknown) => void): TLSSocket {
  // RFC 6066 section 3: no literal addresses in SNI, no trailing dot. What is checked is the URL's host, whatever Host says.
  const servername = origin.serverName ?? tls.servername ?? (isIP(origin.hostname) === 0 ? origin.hostname.replace(/\.$/, '') : '');
  const key = `${origin.href} ${servername}`;
  const fault = caFault(tls.ca);
  if (fault !== null) throw new DialError('ERR_TLS', fault);
  const socket = connectOrSay({
    // Node's own defaults, named so that a polluted Object.prototype sets none of them.
    ...UNSET,
    ...definedOnly(tls),
    ...guardedCallbacks(tls, fail),
    // Over a socket, too: whose name the certificate must have, where SNI can't say it.
    host: origin.hostname,
    ...over,
    servername,
    rejectUnauthorized: tls.rejectUnauthorized !== false,
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    session: tls.session ?? sessions.get(key),
  });
  socket.on('session', (session) => sessions.set(key, session));
  // Whatever was wrong, the next handshake starts afresh.
  socket.once('error', () => sessions.delete(key));
  // RFC 9325 section 3.5: there is no need for it, and it lets a peer change its certificate.
  socket.disableRenegotiation();
  return socket;
}

/** Options that Node's TLS refuses at once are a fault of TLS, not of the dial. */
function connectOrSay(options: ConnectionOptions): TLSSocket {
  try {
    return connect(options);
  } catch (cause) {
    throw new DialError('ERR_TLS', `the tls options can't be used: ${(cause as Error).message}`, { cause });
  }
}

/** Options of `tls.connect`; undefined where Node's default is nothing. */
const UNSET: ConnectionOptions = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  pfx: undefined,
  passphrase: undefined,
  secureContext: undefined,
  crl: undefined,
  minVersion: undefined,
  maxVersion: undefined,
  ciphers: DEFAULT_CIPHERS,
  checkServerIdentity,
};

/** What the program is told of a handshake that is done. */
export function tlsStateOf(socket: TLSSocket): TlsState {
  return {
    protocol: socket.getProtocol(),
    // A mocked handshake may not have agreed on any.
    cipher: (socket.getCipher() as { name: string } | undefined)?.name ?? '',
    serverName: typeof (socket as { servername?: unknown }).servername === 'string' ? (socket as unknown as { servername: string }).servername : '',
    authorized: socket.authorized,
    alpnProtocol: socket.alpnProtocol === false || socket.alpnProtocol === null ? null : socket.alpnProtocol,
    resumed: socket.isSessionReused(),
    peerCertificate: socket.getPeerCertificate(),
  };
}

function definedOnly(options: ConnectionOptions): ConnectionOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
