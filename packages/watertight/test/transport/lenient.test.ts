/** A transport that must talk to odd servers: what it is told to accept it accepts, on a connection that serves nobody else where that is not sure. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LenientName } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';

const CASES: [name: LenientName, what: string, bytes: string, header: [string, string], connections: number][] = [
  ['bare-lf', 'a head whose lines end in LF', 'HTTP/1.1 200 OK\nX-One: 1\nContent-Length: 2\n\nok', ['x-one', '1'], 1],
  ['field-names', 'a name that is no token', 'HTTP/1.1 200 OK\r\nX(One): 1\r\nContent-Length: 2\r\n\r\nok', ['x(one)', '1'], 1],
  ['http-2.0', 'HTTP/2.0 in a status line', 'HTTP/2.0 200 OK\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nok', ['x-one', '1'], 2],
  ['http-1.0-chunked', 'HTTP/1.0 with chunks', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', ['x-one', '1'], 2],
];

describe('lenient', () => {
  for (const [name, what, bytes, [header, value], connections] of CASES) {
    test(`${what} is read with '${name}', and the error without it names it`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(bytes) });
      const strict = net.client();
      await assert.rejects(strict.client.get(server.origin), { name: 'ProtocolError', message: new RegExp(`TransportOptions\\.lenient: \\['${name.replace('.', '\\.')}'\\]`) });
      const before = server.connections.length;
      const { client } = net.client({ lenient: [name] });
      for (let times = 0; times < 2; times++) {
        const response = await client.get(server.origin);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get(header), value);
        assert.equal(await response.text(), 'ok');
      }
      assert.equal(server.connections.length - before, connections);
    }));
  }

  test('a clone of the transport is as lenient', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\n\nok') && connection.finish() });
    const { transport } = net.client({ lenient: new Set<LenientName>(['bare-lf']) });
    const response = await net.adopt(transport.clone()).roundTrip({ url: server.origin });
    assert.equal(await response.text(), 'ok');
  }));

  test('a length beside chunks is refused, whatever is accepted', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.0 200 OK\nTransfer-Encoding: chunked\nContent-Length: 12\n\n2\r\nok\r\n0\r\n\r\n') });
    const { client } = net.client({ lenient: ['bare-lf', 'field-names', 'http-2.0', 'http-1.0-chunked'] });
    await assert.rejects(client.get(server.origin), { code: 'ERR_TRANSFER_ENCODING' });
  }));

  test('chunks end their lines with CR LF, whatever is accepted', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n') });
    const { client } = net.client({ lenient: ['bare-lf'] });
    const response = await client.get(server.origin);
    await assert.rejects(response.text(), { code: 'ERR_CHUNK' });
  }));
});
