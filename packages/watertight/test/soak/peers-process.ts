/**
 * The servers and proxies of the soak, in a process of their own so that the client's memory is the client's alone. It
 * tells its parent their addresses, and answers `settle` with the connections that its own servers still see after a while.
 */

import { Loopback } from '../fixtures/loopback.js';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { H2Server, serverCertificate, trust, type OnStream } from '../fixtures/h2-server.js';
import type { RawConnection, RawRequest, RawServer } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';
import { startSocksServer, type SocksServerOptions } from '../fixtures/socks-server.js';
import { HTTP1_FAULTS } from './http1-faults.js';
import { HTTP2_FAULTS } from './http2-faults.js';
import { readOrder } from './order.js';
import type { Addresses, OpenConnections } from './peers.js';

const seed = Number(process.argv[2]);
const net = new Loopback();
const nowhere = `http://127.0.0.1:${await closedPort()}/`;

/** The same order is played the same way in every run with the same seed, whatever came before it. */
function randomFor(id: number): SeededRandom {
  return new SeededRandom(seed ^ Math.imul(id + 1, 0x9e3779b1));
}

async function onRequest(request: RawRequest): Promise<void> {
  const order = readOrder(request.target);
  await HTTP1_FAULTS[order.fault].act({ request, order, random: randomFor(order.id), nowhere });
}

const http = await net.serve({ onRequest });
const https = await net.serve({ onRequest, tls: serverCertificate });
const onStream: OnStream = (stream, headers) => {
  const order = readOrder(headers[':path']!);
  return HTTP2_FAULTS[order.fault].act({ stream, order, random: randomFor(order.id) });
};
const h2 = net.keep(await H2Server.start(onStream));
const h2Lost = net.keep(await H2Server.start(onStream));
const h2Leaving = net.keep(await H2Server.start(onStream));

/** A server that does its one thing once the client has spoken. */
async function after(answer: (connection: RawConnection) => unknown): Promise<RawServer> {
  return net.serve({ parse: false, onConnection: (connection) => connection.socket.once('data', () => answer(connection)) });
}

const stranger = new CertificateAuthority('a stranger').issue({ names: ['127.0.0.1'] });
const dials = {
  refused: nowhere.replace('http:', 'https:').slice(0, -1),
  'tls-silent': secure(await after(() => undefined)),
  'tls-ends': secure(await after((connection) => connection.finish())),
  'tls-resets': secure(await after((connection) => connection.reset())),
  'tls-garbage': secure(await after((connection) => connection.write(Buffer.alloc(64, 0xaa)))),
  'tls-plain': secure(await after((connection) => connection.write('HTTP/1.1 400 Bad Request\r\n\r\n'))),
  'tls-stranger': (await net.serve({ tls: stranger, onRequest })).origin,
};

function secure(server: RawServer): string {
  return server.origin.replace('http:', 'https:');
}

const tunnel = 'HTTP/1.1 200 OK\r\n\r\n';
const forwarding = await startSmallProxy(net);
const forwardingTls = await startSmallProxy(net, { tls: serverCertificate });
const socks = await startSocksServer(net);
const socksWith = async (options: SocksServerOptions): Promise<string> => (await startSocksServer(net, options)).url();
const proxies = {
  http: forwarding.url(),
  https: forwardingTls.url(),
  socks: socks.url(),
};
const brokenProxies = {
  'connect-silent': (await after(() => undefined)).origin,
  'connect-407': (await after((connection) => connection.write('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n'))).origin,
  'connect-ends': (await after((connection) => connection.finish())).origin,
  'connect-resets': (await after((connection) => connection.reset())).origin,
  'connect-garbage': (await after((connection) => connection.write('SSH-2.0-OpenSSH_9.2\r\n\r\n'))).origin,
  'connect-half': (await after((connection) => connection.write(tunnel.slice(0, 12)))).origin,
  'connect-then-silent': (await after((connection) => connection.write(tunnel))).origin,
  'connect-then-ends': (await after((connection) => {
    connection.write(tunnel);
    connection.finish();
  })).origin,
  'socks-silent': await socksWith({ script: () => true }),
  'socks-refuses': await socksWith({ reply: 5 }),
  'socks-ends': await socksWith({ script: (step, socket) => step === 2 && socket.end() !== null }),
  'socks-garbage': await socksWith({ script: (step, socket) => step === 0 && socket.write('HTTP/1.1 400 no\r\n\r\n') !== null }),
};

const addresses: Addresses = { origins: { http: http.origin, https: https.origin, h2: h2.origin, h2Lost: h2Lost.origin, h2Leaving: h2Leaving.origin }, dials, proxies, brokenProxies, ca: trust.ca };
process.send!(addresses);

process.on('message', () => void settle());
process.on('disconnect', () => process.exit());

async function settle(): Promise<void> {
  const open: Record<string, number> = {};
  // The others pause a socket while nobody takes what it brings, Node's HTTP/2 server after a GOAWAY too, and do not see that
  // the client has left: for them, the client's descriptors tell.
  for (const [name, server] of Object.entries({ http, https })) open[name] = await server.settlesAt(0, 20_000);
  // Otherwise hours of traffic stay here.
  for (const { sessions, streams } of [h2, h2Lost, h2Leaving]) sessions.length = streams.length = 0;
  for (const list of [forwarding.seen, forwardingTls.seen, socks.asked]) list.length = 0;
  for (const server of [http, https, forwarding.server, forwardingTls.server, socks.server]) server.connections.length = server.requests.length = 0;
  const report: OpenConnections = { open };
  process.send!(report);
}
