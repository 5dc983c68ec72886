/**
 * Owns what each port of the test server speaks beside plain HTTP, as front.go of parity/go does: TLS, with HTTP/2 for clients that offer it, and SOCKS5, told by the first byte.
 *
 * In HTTP each port is a proxy as well (proxy.ts).
 */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { selfSigned } from './certificate.js';
import { actAsProxy } from './proxy.js';
import { createLabHttp2Server } from './server.js';
import { serveSocks } from './socks.js';

/** The first byte of a TLS handshake. */
const TLS = 0x16;
/** The first byte of SOCKS5. */
const SOCKS = 5;

/** A server before another; it listens nowhere yet. */
export function createFront(inner: HttpServer): Server {
  let secureServer: Server | null = null;
  actAsProxy(inner);
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    firstByte(socket, (first) => {
      if (first === SOCKS) void serveSocks(socket);
      else if (first === TLS) {
        secureServer ??= serveTls(inner);
        secureServer.emit('connection', socket);
      } else inner.emit('connection', socket);
    });
  });
}

/** Hands on what is inside TLS, by the protocol that was agreed on; it listens nowhere itself. */
function serveTls(inner: HttpServer): Server {
  const http2 = createLabHttp2Server();
  const server = createTlsServer({ ...selfSigned(), ALPNProtocols: ['h2', 'http/1.1'] }, (secure) => {
    secure.on('error', () => secure.destroy());
    (secure.alpnProtocol === 'h2' ? http2 : inner).emit('connection', secure);
  });
  return server.on('tlsClientError', (_, secure) => secure.destroy());
}

function firstByte(socket: Socket, found: (byte: number) => void): void {
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    socket.off('readable', look);
    socket.off('end', end);
    socket.unshift(bytes);
    found(bytes[0]);
  };
  const end = (): void => void socket.end();
  socket.on('readable', look);
  socket.on('end', end);
}
