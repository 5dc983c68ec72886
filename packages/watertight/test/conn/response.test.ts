/** A response as the program holds it: its head, and its body in every form. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';

test('the head of a response', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 404 Not  Here\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 2\r\n\r\nno') });
  const { client } = net.client();
  const response = await client.get(`http://user:pw@127.0.0.1:${server.port}/a?b=c#d`);
  const { status, statusText, ok, proto, contentLength, uncompressed, url, tls } = response;
  assert.deepEqual({ status, statusText, ok, proto, contentLength, uncompressed, url, tls }, { status: 404, statusText: 'Not  Here', ok: false, proto: 'HTTP/1.1', contentLength: 2, uncompressed: false, url: `${server.origin}/a?b=c`, tls: null });
  assert.deepEqual(response.headers.raw.slice(0, 2), [['X-One', '1'], ['x-one', '2']]);
  assert.equal(response.headers.get('X-ONE'), '1, 2');
  assert.equal(response.headers, response.headers);
  assert.equal(response.request.url, url);
  assert.deepEqual([...response.trailers], []);
  await response.text();
}));

for (const [line, statusText] of [['HTTP/1.1 200', ''], ['HTTP/1.1 200 ', ''], ['HTTP/1.1 200 OK', 'OK']] as const) {
  for (const fields of ['', 'A: b\r\n']) {
    test(`the reason of ${JSON.stringify(line)} ${fields === '' ? 'without' : 'with'} fields is ${JSON.stringify(statusText)}`, onLoopback(async (net) => {
      const server = await net.serve({
        onRequest: ({ connection }) => {
          connection.write(`${line}\r\n${fields}\r\n`);
          connection.finish();
        },
      });
      const { client } = net.client();
      const response = await client.get(server.origin);
      assert.equal(response.statusText, statusText);
      assert.equal(response.ok, true);
      assert.equal(await response.text(), '');
    }));
  }
}

describe('the body', () => {
  const utf8 = Buffer.from('\ufeff{"ä":"€😀"}', 'utf8');
  const forms: [form: 'text' | 'json' | 'bytes' | 'arrayBuffer', check: (value: unknown) => void][] = [
    ['text', (value) => assert.equal(value, '{"ä":"€😀"}')],
    ['json', (value) => assert.deepEqual(value, { ä: '€😀' })],
    ['bytes', (value) => assert.ok(value instanceof Uint8Array && utf8.equals(value))],
    ['arrayBuffer', (value) => assert.ok(value instanceof ArrayBuffer && utf8.equals(new Uint8Array(value)))],
  ];
  for (const [form, check] of forms) {
    test(`as ${form}`, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(utf8) });
      const { client } = net.client();
      check(await (await client.get(server.origin))[form]());
    }));
  }

  test('that is no JSON is a SyntaxError, and the connection is back', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('{') });
    const { client, transport } = net.client();
    await assert.rejects((await client.get(server.origin)).json(), SyntaxError);
    assert.equal(transport.stats().idle, 1);
  }));
});

test('trailers are there at EOF and not before; what frames a message is none', onLoopback(async (net) => {
  const server = await net.serve({
    onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: evil\r\n\r\n'),
  });
  const { client } = net.client();
  const response = await client.get(server.origin);
  assert.deepEqual(response.trailers.raw, []);
  await response.text();
  assert.deepEqual(response.trailers.raw, [['X-Sum', '5']]);
}));

test('a response without trailers has an empty list of them', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply('x', { framing: 'chunked' })) });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await response.text();
  assert.deepEqual(response.trailers.raw, []);
}));
