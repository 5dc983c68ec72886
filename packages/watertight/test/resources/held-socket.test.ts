/** Which sockets stop keeping the process alive, and which go on: those that serve a request that was not named. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Socket, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import 'watertight/leak';
import { tasks } from 'watertight/tasks';
import { requestOf } from '#instrument';
import { unrefConnections } from '#resources';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { FormServer } from '../fixtures/form-server.js';
import { loadUndici, type Undici } from '../instrument/undici-version.js';

/** The referenced sockets that lead to this port. */
function socketsTo(port: number): Socket[] {
  const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
  return handles.filter((handle): handle is Socket => handle instanceof Socket && handle.remotePort === port);
}

const holderOf = (path: string): unknown => tasks().find(({ holder }) => holder?.url.endsWith(path))?.holder;

test('of two sockets of node:http, the one that was named', async () => {
  const server = await FormServer.start();
  const port = Number(new URL(server.origin).port);
  const agent = new http.Agent({ keepAlive: true });
  const get = async (path: string): Promise<IncomingMessage> => {
    const [response] = (await once(http.get(server.origin + path, { agent }), 'response')) as [IncomingMessage];
    return response.on('error', () => undefined);
  };
  const [first, second] = [await get('/small?first'), await get('/small?second')];
  assert.equal(socketsTo(port).length, 2);
  unrefConnections(new Set([holderOf('?first')]), requestOf);
  assert.deepEqual(socketsTo(port), [second.socket]);
  // Nothing was taken from it: it can be read as ever, and its socket serves the next request.
  first.resume();
  await once(first, 'end');
  second.resume();
  await once(second, 'end');
  (await get('/small')).resume();
  agent.destroy();
  await server.stop();
});

test('over TLS as well', async () => {
  const server = https.createServer(new CertificateAuthority().issue({ names: ['localhost'] }), (_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  const [response] = (await once(https.get(`https://127.0.0.1:${port}/tls`, { agent }), 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  assert.equal(socketsTo(port).length, 1);
  unrefConnections(new Set([holderOf('/tls')]), requestOf);
  assert.equal(socketsTo(port).length, 0);
  agent.destroy();
  server.close();
  await once(server, 'close');
});

for (const version of [6, 7, 8] as const) {
  const undici: Undici = await loadUndici(version);
  test(`a connection of undici ${version} that another request waits on goes on`, { skip: typeof undici === 'string' ? undici : false }, async () => {
    const server = await FormServer.start();
    const port = Number(new URL(server.origin).port);
    const client = new undici.Client(server.origin, { pipelining: 2 });
    const { body } = await client.request({ path: '/big?first', method: 'GET' });
    body.on('error', () => undefined);
    const next = client.request({ path: '/small?second', method: 'GET' });
    const first = holderOf('?first');
    const [socket] = socketsTo(port);
    assert.ok(first !== undefined && socket !== undefined);
    unrefConnections(new Set([first]), requestOf);
    assert.deepEqual(socketsTo(port), [socket], 'the second waits on it');
    unrefConnections(new Set([first, holderOf('?second')]), requestOf);
    assert.deepEqual(socketsTo(port), []);
    await body.dump({ limit: 1 << 30 });
    await (await next).body.dump();
    await client.close();
    await server.stop();
  });
}
