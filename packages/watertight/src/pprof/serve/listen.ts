/** Owns the server for `WATERTIGHT_PPROF`, which runs as long as the program and does not keep it alive. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from './access.js';
import { pprofHandler } from './node-handler.js';

/** The most connections: there are few readers, and the program needs its file descriptors. */
const MAX_CONNECTIONS = 100;

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `6060`, `localhost:6060` or `[::1]:0`: a port of this machine, or a host and a port; port 0 lets the
 * system choose. Unlike in Go, an empty host is this machine only.
 *
 * @throws TypeError that says what is wrong.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(\[[0-9a-f:.]+\]|[^:[\]\s/@]*):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw new TypeError(`${JSON.stringify(text)} is not [host:]port, as in 6060 or localhost:6060, with a port from 0 (the system chooses) to 65535`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/**
 * Serves profiles at `text` (`[host:]port`), and prints the address on stderr. Any problem is only a warning,
 * because a program must not end when its profiles cannot be served; null is returned then.
 *
 * @param token  the token that a reader must send; required for a host that is not this machine
 */
export function servePprof(text: string, token?: string): Server | null {
  let address: ListenAddress;
  let handler: ReturnType<typeof pprofHandler>;
  try {
    address = parseListenAddress(text);
    const local = address.host === 'localhost' || isLoopback(address.host);
    if (!local && (token ?? '') === '') throw new TypeError(`${address.host} can be reached from other machines, so a token is needed: set WATERTIGHT_PPROF_TOKEN`);
    handler = pprofHandler({ allowRemote: !local, token: token === '' ? undefined : token });
  } catch (error) {
    warn(`WATERTIGHT_PPROF: ${(error as Error).message}. No profiles are served`);
    return null;
  }
  // Not imported: for an import, Node reads all exports of the module, and loads its undici for that.
  const server = process.getBuiltinModule('node:http').createServer(handler);
  server.maxConnections = MAX_CONNECTIONS;
  server.on('error', (error: NodeJS.ErrnoException) => {
    warn(`WATERTIGHT_PPROF: no profiles are served at ${text}: ${error.code === 'EADDRINUSE' ? 'the port is in use (by another process of the same program?)' : error.message}`);
  });
  server.on('connection', (socket) => socket.unref());
  server.listen({ host: address.host, port: address.port }, () => {
    const { address: host, port, family } = server.address() as AddressInfo;
    process.stderr.write(`watertight: profiles at http://${family === 'IPv6' ? `[${host}]` : host}:${port}/debug/pprof/\n`);
  });
  server.unref();
  return server;
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'Warning', code: 'WATERTIGHT_PPROF' });
}
