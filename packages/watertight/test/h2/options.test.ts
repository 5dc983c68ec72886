/** Which connections speak HTTP/2: what is offered, what is chosen, and what a program's own dials have to do with it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { goDefaults, type TransportOptions } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { H2Server, say, serverCertificate, trust } from '../fixtures/h2-server.js';
import { onLoopback, settle } from '../fixtures/loopback.js';

/** A TLS socket whose handshake is over. */
async function handshaken(port: number, protocols: string[]): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port, ca: trust.ca, ALPNProtocols: protocols });
  await once(socket, 'secureConnect');
  return socket;
}

describe('a server that speaks both gets', () => {
  const table: [what: string, options: (port: number) => TransportOptions, proto: string][] = [
    ['HTTP/2 by default', () => ({}), 'HTTP/2.0'],
    ['HTTP/2 with Go\'s defaults', () => goDefaults, 'HTTP/2.0'],
    ['HTTP/1.1 if forceAttemptHttp2 is false', () => ({ forceAttemptHttp2: false }), 'HTTP/1.1'],
    ['HTTP/1.1 over a dial of the program\'s own', () => ({ dial: ({ host, port }) => connect(port, host) }), 'HTTP/1.1'],
    ['HTTP/2 over a dial of the program\'s own, with forceAttemptHttp2', () => ({ dial: ({ host, port }) => connect(port, host), forceAttemptHttp2: true }), 'HTTP/2.0'],
    ['HTTP/2 over a dialTls that has agreed on it', (port) => ({ dialTls: () => handshaken(port, ['h2']) }), 'HTTP/2.0'],
    ['HTTP/1.1 over a dialTls that has agreed on that', (port) => ({ dialTls: () => handshaken(port, ['http/1.1']) }), 'HTTP/1.1'],
    ['HTTP/1.1 over a dialTls that has agreed on nothing', (port) => ({ dialTls: () => handshaken(port, []) }), 'HTTP/1.1'],
  ];
  for (const [what, options, proto] of table) {
    test(what, onLoopback(async (net) => {
      const server = net.keep(await H2Server.start(say('hello'), { allowHTTP1: true }));
      server.answerOlder('hello');
      const { client } = net.client({ tls: trust, ...options(server.port) });
      for (let i = 0; i < 2; i++) {
        const response = await client.get(server.origin);
        assert.deepEqual([response.proto, await response.text()], [proto, 'hello']);
      }
      assert.equal(taskCount(), proto === 'HTTP/2.0' ? 2 : 3);
    }));
  }
});

test('a server that speaks HTTP/1.1 only is offered both, and its TLS sessions are resumed', onLoopback(async (net) => {
  const offered: (string | false | null)[] = [];
  const server = await net.serve({
    tls: { ...serverCertificate, ALPNProtocols: ['http/1.1'] },
    onConnection: (connection) => offered.push(connection.tlsSocket.alpnProtocol),
    onRequest: (request) => request.reply('hello'),
  });
  const { client } = net.client({ tls: trust });
  const resumed: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    const response = await client.get(server.origin, { close: true });
    assert.deepEqual([response.proto, response.tls!.alpnProtocol, await response.text()], ['HTTP/1.1', 'http/1.1', 'hello']);
    resumed.push(response.tls!.resumed);
  }
  assert.deepEqual(resumed, [false, true]);
  assert.deepEqual(offered, ['http/1.1', 'http/1.1']);
}));

test('a server that refuses what is offered is a failed handshake', onLoopback(async (net) => {
  const server = net.keep(await H2Server.start(say('hello')));
  const { client } = net.client({ tls: trust, forceAttemptHttp2: false });
  const { error } = await settle(client.get(server.origin, { timeout: 5000 }).then((response) => response.text()));
  assert.equal(typeof error?.code, 'string');
}));

test('plain http is HTTP/1.1', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const response = await client.get(server.origin);
  assert.deepEqual([response.proto, await response.text()], ['HTTP/1.1', 'hello']);
}));
