/** A socket that reads into our buffers, and belongs to no connection of HTTP/1.1, as was seen where HTTP/2 sessions had ended before their sockets. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ONREAD } from '#conn';
import { onLoopback } from '../fixtures/loopback.js';

test('what comes to a socket that nobody has any more is dropped, and ends no process', onLoopback(async (net) => {
  const server = await net.serve({ parse: false, onConnection: (connection) => {
    connection.write('too late');
    connection.finish();
  } });
  const socket = connect({ port: server.port, host: '127.0.0.1', onread: ONREAD });
  await once(socket, 'close');
  assert.equal(socket.bytesRead, 'too late'.length);
}));
