/** Forms and texts that a server sends, as fetch gives them out: both kinds of form whole and in small pieces, and a byte order mark. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { site } from './site.js';

/* eslint-disable @typescript-eslint/no-deprecated -- the standard has formData() */

const BOM = '\uFEFF';
const URLENCODED = 'application/x-www-form-urlencoded';

/** The response with a body that comes in chunks of `size` bytes. */
async function answered(net: Loopback, body: string | Uint8Array, type: string | null, size = Infinity): Promise<Response> {
  const { fetch } = await site(net);
  const bytes = Buffer.from(body);
  const server = await net.serve({ onRequest: ({ connection }) => {
    connection.write(`HTTP/1.1 200 OK\r\n${type === null ? '' : `Content-Type: ${type}\r\n`}Transfer-Encoding: chunked\r\n\r\n`);
    for (let at = 0; at < bytes.length; at += size) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + size));
      connection.write(`${piece.length.toString(16)}\r\n`);
      connection.write(piece);
      connection.write('\r\n');
    }
    connection.write('0\r\n\r\n');
  } });
  return fetch(server.origin);
}

/** A form in the bytes of the platform. */
async function encoded(form: FormData): Promise<{ bytes: Uint8Array; type: string }> {
  const response = new Response(form);
  return { type: response.headers.get('content-type')!, bytes: new Uint8Array(await response.arrayBuffer()) };
}

function filled(): FormData {
  const form = new FormData();
  form.append('text', 'value');
  form.append('text', 'välüe');
  form.append('fiŝo', 'named');
  form.append('file', new File(['example\ntext file'], 'a/b/c/file.txt', { type: 'text/plain' }));
  return form;
}

describe('a form', () => {
  for (const size of [1, 7, Infinity]) {
    test(`of many parts is read from chunks of ${size} bytes, with names beyond ASCII and the whole path of a file`, onLoopback(async (net) => {
      const { bytes, type } = await encoded(filled());
      const form = await (await answered(net, bytes, type, size)).formData();
      assert.deepEqual([form.getAll('text'), form.get('fiŝo')], [['value', 'välüe'], 'named']);
      const file = form.get('file') as unknown as Blob & { name: string };
      assert.deepEqual([file.name, file.type, await file.text()], ['a/b/c/file.txt', 'text/plain', 'example\ntext file']);
    }));
  }

  test('whose part says base64 is decoded', onLoopback(async (net) => {
    const data = randomBytes(256);
    const body = `--cut\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n${data.toString('base64')}\r\n--cut--`;
    const form = await (await answered(net, body, 'multipart/form-data; boundary=cut', 2)).formData();
    assert.deepEqual(Buffer.from(await (form.get('file') as unknown as Blob).arrayBuffer()), data);
  }));

  test('of the other kind is read from small chunks as well', onLoopback(async (net) => {
    const form = await (await answered(net, 'a=1&b=2+3&a=%C3%A9', URLENCODED, 2)).formData();
    assert.deepEqual([form.getAll('a'), form.get('b')], [['1', 'é'], '2 3']);
  }));

  for (const [what, type] of [['no type', null], ['a type that is none', 'asdasdsad'], ['the type of a text', 'text/plain'], ['another boundary', 'multipart/form-data; boundary=wrong'], ['no boundary', 'multipart/form-data']] as const) {
    test(`with ${what} is a TypeError`, onLoopback(async (net) => {
      const { bytes } = await encoded(filled());
      const response = await answered(net, bytes, type);
      await assert.rejects(response.formData(), TypeError);
      assert.equal(response.bodyUsed, true);
    }));
  }
});

describe('a byte order mark', () => {
  for (const size of [1, Infinity]) {
    test(`at the beginning is no part of a text or of JSON, in chunks of ${size} bytes`, onLoopback(async (net) => {
      assert.equal(await (await answered(net, `${BOM}test=${BOM}`, 'text/plain', size)).text(), `test=${BOM}`);
      assert.deepEqual(await (await answered(net, `${BOM}{"a":"${BOM}"}`, 'application/json', size)).json(), { a: BOM });
    }));
  }

  test('is a part of everything else', onLoopback(async (net) => {
    assert.equal((await (await answered(net, `${BOM}test=${BOM}`, URLENCODED)).formData()).get(`${BOM}test`), BOM);
    assert.equal((await (await answered(net, `${BOM}x`, 'text/plain')).arrayBuffer()).byteLength, 4);
    assert.equal((await (await answered(net, `${BOM}x`, 'text/plain')).blob()).size, 4);
    let bytes = 0;
    for await (const chunk of (await answered(net, `${BOM}x`, 'text/plain')).body!) bytes += (chunk as Uint8Array).length;
    assert.equal(bytes, 4);
  }));
});

test('bytes that are no UTF-8 are replaced, also where a chunk cuts a character', onLoopback(async (net) => {
  assert.equal(await (await answered(net, Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xc3]), 'text/plain', 1)).text(), 'a\uFFFDé\uFFFD');
}));

describe('a body that was taken says so in the words of the platform:', () => {
  for (const [what, take] of [
    ['locked by a reader', (response: Response) => void response.body!.getReader()],
    ['read', (response: Response) => response.blob()],
    ['cancelled', (response: Response) => response.body!.cancel()],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const response = await answered(net, '', 'text/plain');
      await take(response);
      for (const again of ['text', 'json', 'blob', 'arrayBuffer', 'formData'] as const) await assert.rejects(response[again](), { name: 'TypeError', message: 'Body is unusable: Body has already been read' }, again);
      assert.throws(() => response.clone(), TypeError);
    }));
  }
});

test('values beyond ASCII in the head are bytes, one for each character', onLoopback(async (net) => {
  const values = ['inline; filename="imageâ\x80\x94.png"', "inline; filename*=UTF-8''%E2%82%AC", 'caf\xe9', '\xff'];
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: (request) => request.reply('', { fields: values.map((value, i) => `X-Value-${i}: ${value}`) }) });
  for (const method of ['HEAD', 'GET']) {
    const { headers } = await fetch(server.origin, { method });
    assert.deepEqual(values.map((_, i) => headers.get(`x-value-${i}`)), values);
    assert.deepEqual([...headers].filter(([name]) => name.startsWith('x-')).map(([, value]) => value), values);
  }
}));
