/** Sockets that a library for tests has taken over, as nock and msw do: they are read although they can't fill our buffers. */

import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import netModule, { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { createFetch } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';

/** A mock answers each write with this. */
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmocked';

interface Inner {
  connecting: boolean;
  _writeGeneric(writev: boolean, data: unknown, encoding: string, done: () => void): void;
}

/** Replaces what a socket reads and writes when it connects; nothing is connected. Gives the sockets that were connected. */
async function takenOver(body: (sockets: Socket[]) => Promise<void>): Promise<void> {
  const { connect } = Socket.prototype;
  const sockets: Socket[] = [];
  Socket.prototype.connect = function (this: Socket & Inner): Socket {
    sockets.push(this);
    this._read = () => undefined;
    this._writeGeneric = (_writev, _data, _encoding, done) => {
      done();
      this.push(ANSWER);
    };
    this.connecting = true;
    process.nextTick(() => {
      if (this.destroyed) return;
      this.connecting = false;
      this.emit('connect');
    });
    return this;
  };
  try {
    await body(sockets);
  } finally {
    Socket.prototype.connect = connect;
  }
}

function limited(net: Loopback): ReturnType<Loopback['client']> {
  return net.client({}, { timeout: 5000 });
}

describe('a socket that was taken over when it connected', () => {
  test('is made once more without our buffers, and read by its events', onLoopback(async (net) => {
    await takenOver(async (sockets) => {
      const { client, transport } = limited(net);
      assert.equal(await (await client.get('http://mocked.test/')).text(), 'mocked');
      assert.deepEqual(sockets.map(({ destroyed }) => destroyed), [true, false]);
      assert.equal(await (await createFetch({ client })('http://mocked.test/')).text(), 'mocked');
      assert.equal(sockets.length, 2, 'the connection is reused');
      await transport.close();
      assert.equal(sockets[1].destroyed, true);
    });
  }));

  test('is held by nobody: an unread response counts only where mocks are asked for', onLoopback(async (net) => {
    await takenOver(async () => {
      const { client } = limited(net);
      const response = await client.get('http://mocked.test/');
      assert.deepEqual(await findLeaks({ retries: 0 }), []);
      assert.deepEqual((await findLeaks({ retries: 0, mocked: 'fail' })).map(({ mocked, url }) => [mocked, url]), [[true, 'http://mocked.test/']]);
      await response.close();
    });
  }));

  test('leaves no mark: the next dial without the mock reads into our buffers', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('real') });
    const { client } = limited(net);
    await takenOver(async () => assert.equal(await (await client.get('http://mocked.test/')).text(), 'mocked'));
    let listeners = -1;
    const response = await client.get(server.origin, { trace: { gotConn: ({ socket }) => (listeners = socket.listenerCount('data')) } });
    assert.equal(await response.text(), 'real');
    assert.equal(listeners, 0);
  }));
});

/** Replaces `connect` of node:net, for whoever imports it. */
async function whileConnectGives(make: () => Socket, body: () => Promise<void>): Promise<void> {
  const { connect } = netModule;
  netModule.connect = make;
  syncBuiltinESMExports();
  try {
    await body();
  } finally {
    netModule.connect = connect;
    syncBuiltinESMExports();
  }
}

test('a stream that a mock gives in the place of the socket is read by its events', onLoopback(async (net) => {
  const stream: unknown = new Duplex({
    read: () => undefined,
    write(this: Duplex, _chunk, _encoding, done) {
      done();
      this.push(ANSWER);
    },
  });
  const { client } = limited(net);
  await whileConnectGives(() => stream as Socket, async () => assert.equal(await (await client.get('http://mocked.test/')).text(), 'mocked'));
}));

test('so is a socket that a mock made without our buffers', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('real') });
  const { connect } = netModule;
  const { client } = limited(net);
  await whileConnectGives(() => connect(server.port, '127.0.0.1'), async () => assert.equal(await (await client.get('http://mocked.test/')).text(), 'real'));
}));
