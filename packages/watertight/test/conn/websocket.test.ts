/** A WebSocket over Response.socket: the handshake and the messages of the package `ws`, both ways. */

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The part of ws's WebSocket that takes over a connection whose handshake is done, as its own server does. */
interface Adopting extends WebSocket {
  _isServer: boolean;
  setSocket(socket: Duplex, head: Buffer, options: { allowSynchronousEvents: boolean; maxPayload: number; skipUTF8Validation: boolean }): void;
}

/** The client's end of a WebSocket over a stream. */
function webSocketOver(socket: Duplex): WebSocket {
  const webSocket = new (WebSocket as unknown as new (address: null, protocols: undefined, options: object) => Adopting)(null, undefined, { closeTimeout: 30_000 });
  webSocket._isServer = false;
  webSocket.setSocket(socket, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 0, skipUTF8Validation: false });
  return webSocket;
}

async function withServer(use: (origin: string, server: WebSocketServer) => Promise<void>): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  server.on('connection', (peer) => {
    // Behind the head, perhaps in the same packet.
    peer.send('welcome');
    peer.on('message', (data, binary) => peer.send(data, { binary }));
  });
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server);
  } finally {
    server.close();
    await once(server, 'close');
  }
}

describe('a WebSocket', () => {
  test('greets, echoes texts and bytes of every size, and closes as it should', onLoopback(async (net) => {
    await withServer(async (origin) => {
      const { client } = net.client();
      const key = randomBytes(16).toString('base64');
      const response = await client.get(`${origin}/chat`, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key } });
      assert.equal(response.status, 101);
      assert.equal(response.headers.get('sec-websocket-accept'), createHash('sha1').update(key + GUID).digest('base64'));
      assert.equal(taskCount(), 1);
      const webSocket = webSocketOver(response.socket!);
      const received: (string | Buffer)[] = [];
      const messages = [Buffer.from('x'.repeat(200)), randomBytes(70_000), Buffer.alloc(0), randomBytes(1 << 20)];
      const all = new Promise<void>((resolve, reject) => {
        webSocket.on('message', (data, binary) => {
          received.push(binary ? (data as Buffer) : (data as Buffer).toString());
          if (received.length === messages.length + 2) resolve();
        });
        webSocket.on('error', reject);
      });
      webSocket.send('häl€');
      for (const message of messages) webSocket.send(message);
      await all;
      assert.deepEqual(received.slice(0, 2), ['welcome', 'häl€']);
      messages.forEach((message, i) => assert.ok(message.equals(received[i + 2] as Buffer)));
      const closed = once(webSocket, 'close');
      webSocket.close(1000, 'done');
      const [code, reason] = (await closed) as [number, Buffer];
      assert.deepEqual([code, reason.toString()], [1000, 'done']);
    });
  }));

  test('that the server closes is closed', onLoopback(async (net) => {
    await withServer(async (origin, server) => {
      const { client } = net.client();
      const response = await client.get(origin, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64') } });
      const webSocket = webSocketOver(response.socket!);
      await once(webSocket, 'message');
      const closed = once(webSocket, 'close');
      for (const peer of server.clients) peer.close(4000, 'enough');
      assert.equal((await closed)[0], 4000);
    });
  }));

  test('that the server refuses is a response to be read', onLoopback(async (net) => {
    await withServer(async (origin) => {
      const { client } = net.client();
      const response = await client.get(origin, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '99' } });
      assert.equal(response.status, 400);
      assert.equal(response.socket, null);
      assert.match(await response.text(), /Sec-WebSocket-Key/);
    });
  }));
});
