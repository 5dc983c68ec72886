/** The response of fetch: an instance of the platform's, whose parts are made when they are asked for, read once, in every form. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { onLoopback } from '../fixtures/loopback.js';
import { SeededRandom } from '../fixtures/seeded-random.js';
import { ENCODERS, redirect, site } from './site.js';

test('is a Response of the platform, with its parts', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const response = await fetch(redirect(origin, 302, '/there?a=b'));
  assert.ok(response instanceof Response);
  assert.equal(response.constructor, Response);
  assert.equal(Object.prototype.toString.call(response), '[object Response]');
  const { status, statusText, ok, type, url, redirected, bodyUsed } = response;
  assert.deepEqual({ status, statusText, ok, type, url, redirected, bodyUsed }, { status: 200, statusText: 'OK', ok: true, type: 'basic', url: `${origin}/there?a=b`, redirected: true, bodyUsed: false });
  assert.match(inspect(response), /^Response \{/);
  const copy = new Response(response.body, response);
  assert.equal(copy.headers.get('content-type'), 'application/json');
  assert.match(await copy.text(), /"target":"\/there\?a=b"/);
}));

test('its headers are Headers of the platform that can\'t be changed', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const response = await fetch(origin);
  const { headers } = response;
  assert.ok(headers instanceof Headers);
  assert.equal(response.headers, headers);
  assert.deepEqual(headers.getSetCookie(), ['a=1', 'b=2']);
  for (const change of [(): void => headers.set('a', 'b'), (): void => headers.append('a', 'b'), (): void => headers.delete('content-type')]) assert.throws(change, TypeError);
  assert.equal(headers.get('content-type'), 'application/json');
  const copy = new Headers(headers);
  copy.set('content-type', 'a/b');
  assert.equal(copy.get('content-type'), 'a/b');
  await response.text();
}));

describe('is read', () => {
  const plain = async (net: Parameters<Parameters<typeof onLoopback>[0]>[0], body: string | Uint8Array, type = 'text/plain'): Promise<Response> => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply(body, { fields: [`Content-Type: ${type}`], framing: 'chunked' }) });
    return fetch(server.origin);
  };

  test('as text, without a byte order mark', onLoopback(async (net) => assert.equal(await (await plain(net, '\ufefftext')).text(), 'text')));
  test('as JSON; what is none is a SyntaxError', onLoopback(async (net) => {
    assert.deepEqual(await (await plain(net, '{"a":1}')).json(), { a: 1 });
    await assert.rejects((await plain(net, '{')).json(), SyntaxError);
  }));
  test('as bytes, an ArrayBuffer and a Blob, each in memory of its own', onLoopback(async (net) => {
    assert.equal((await (await plain(net, 'text')).arrayBuffer()).byteLength, 4);
    assert.deepEqual([...await ((await plain(net, 'text')) as Response & { bytes(): Promise<Uint8Array> }).bytes()], [...Buffer.from('text')]);
    const blob = await (await plain(net, 'text', 'a/b')).blob();
    assert.deepEqual([blob.type, await blob.text()], ['a/b', 'text']);
  }));
  test('as a form of both kinds', onLoopback(async (net) => {
    /* eslint-disable @typescript-eslint/no-deprecated -- the standard has it */
    assert.equal((await (await plain(net, 'a=b', 'application/x-www-form-urlencoded')).formData()).get('a'), 'b');
    const multipart = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n';
    assert.equal((await (await plain(net, multipart, 'multipart/form-data; boundary=x')).formData()).get('a'), 'b');
    /* eslint-enable @typescript-eslint/no-deprecated */
  }));
  test('by a reader, by one that brings its memory, and by iteration', onLoopback(async (net) => {
    const reader = (await plain(net, 'text')).body!.getReader();
    assert.equal(String(Buffer.from((await reader.read()).value)), 'text');
    assert.equal((await reader.read()).done, true);
    const byob = (await plain(net, 'text')).body!.getReader({ mode: 'byob' });
    const { value } = await byob.read(new Uint8Array(2));
    assert.equal(value!.length, 2);
    await byob.cancel();
    let text = '';
    const response = await plain(net, 'text');
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    assert.equal(text, 'text');
    assert.equal(response.bodyUsed, true);
  }));
});

describe('is read once', () => {
  test('the second read, in whatever form, is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    for (const first of [(response: Response) => response.text(), (response: Response) => response.body!.getReader().read(), (response: Response) => response.body!.cancel(), async (response: Response) => {
      for await (const chunk of response.body!) assert.ok(chunk.length > 0);
    }]) {
      const response = await fetch(origin);
      await first(response);
      assert.equal(response.bodyUsed, true);
      await assert.rejects(response.json(), TypeError);
      assert.throws(() => response.clone(), TypeError);
    }
    await sleep(1);
  }));

  test('a stream that is locked can\'t be read by another; one that is not begun can', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(origin);
    const reader = response.body!.getReader();
    await assert.rejects(response.text(), TypeError);
    reader.releaseLock();
    assert.equal(response.bodyUsed, false);
    assert.match(await response.text(), /GET/);
    assert.equal(response.body!.locked, true);
  }));

  test('an iteration locks the stream, and one that is left cancels it', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(origin);
    for await (const chunk of response.body!) {
      assert.equal(response.body!.locked, true);
      assert.ok(chunk.length > 0);
      break;
    }
    assert.equal(response.body!.locked, false);
    await assert.rejects(response.text(), TypeError);
  }));

  test('a clone is another: both are read, with url, type and redirected', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(redirect(origin, 302, '/there'));
    const copy = response.clone();
    assert.ok(copy instanceof Response);
    assert.deepEqual([copy.url, copy.redirected, copy.type, copy.status], [response.url, true, 'basic', 200]);
    assert.equal(await copy.text(), await response.text());
  }));
});

describe('is cancelled', () => {
  test('after a read, and the server sees its connection end', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n') });
    const response = await fetch(server.origin);
    const reader = response.body!.getReader();
    assert.equal(String(Buffer.from((await reader.read()).value as Uint8Array)), 'hello');
    reader.releaseLock();
    await response.body!.cancel();
    assert.equal(await server.settlesAt(0), 0);
  }));

  for (const [how, rest] of [['in chunks', 'Transfer-Encoding: chunked\r\n\r\n'], ['of a known length', 'Content-Length: 9\r\n\r\npart'], ['up to the end of the connection', 'Connection: close\r\n\r\npart']] as const) {
    test(`with a reason, though the server ended the connection, ${how}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => {
        connection.write(`HTTP/1.1 200 OK\r\na: b\r\n${rest}`);
        connection.finish();
      } });
      for (let i = 0; i < 10; i++) {
        const response = await fetch(server.origin);
        if (i % 2 === 1) await sleep(2);
        await response.body!.cancel('Some message');
        assert.equal(response.bodyUsed, true);
      }
    }));
  }
});

describe('has no body', () => {
  for (const status of [204, 205, 304]) {
    test(`with the status ${status}`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(`HTTP/1.1 ${status} None\r\n${status === 205 ? 'Content-Length: 5\r\n\r\nhello' : '\r\n'}`) });
      const response = await fetch(server.origin);
      assert.deepEqual([response.status, response.body, await response.text(), response.bodyUsed], [status, null, '', false]);
    }));
  }
});

describe('is decoded', () => {
  const bytes = new SeededRandom(7).bytes(100_000);

  async function* readerOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
  }

  for (const as of [...Object.keys(ENCODERS), 'GZip', 'gzip,br', 'deflate,gzip,br,gzip,deflate']) {
    test(`from ${as}, whatever the program offered, and its headers stay`, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      for (const headers of [undefined, { 'accept-encoding': 'identity' }]) {
        const response = await fetch(`${origin}/encoded?as=${encodeURIComponent(as)}`, { headers });
        assert.ok(response.headers.has('content-encoding') && response.headers.has('content-length'));
        assert.equal(await response.text(), 'hello');
      }
    }));
  }

  for (const [as, encode] of Object.entries(ENCODERS)) {
    test(`from ${as}, for whoever reads the stream, in chunks that may be transferred`, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: (request) => request.reply(encode(bytes), { fields: [`Content-Encoding: ${as.replace('raw ', '')}`] }) });
      for (const streamOf of [(response: Response) => response.body!, (response: Response) => response.clone().body!, (response: Response) => response.body!.pipeThrough(new TransformStream())]) {
        for (const iterates of [true, false]) {
          const stream = streamOf(await fetch(server.origin));
          const parts: Uint8Array[] = [];
          for await (const part of iterates ? stream : readerOf(stream)) {
            assert.equal(Object.getPrototypeOf(part), Uint8Array.prototype);
            parts.push(structuredClone(part, { transfer: [part.buffer] }));
          }
          assert.ok(bytes.equals(Buffer.concat(parts)));
        }
      }
    }));
  }

  test('not from more than five codings, which is an error, though they may change nothing', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    await assert.rejects(fetch(`${origin}/encoded?as=gzip,gzip,gzip,gzip,gzip,gzip`), TypeError);
    const server = await net.serve({ onRequest: (request) => request.reply('as it is', { fields: [`Content-Encoding: ${Array.from({ length: Number(request.target.slice(1)) }, () => 'identity').join(', ')}`] }) });
    assert.equal(await (await fetch(`${server.origin}/5`)).text(), 'as it is');
    for (const path of ['/6', '/100']) await assert.rejects(fetch(server.origin + path), (error: TypeError) => error instanceof TypeError && /codings/.test((error.cause as Error).message));
  }));

  test('not from a coding that nobody knows, wherever it stands', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply('as it is', { fields: [`Content-Encoding: ${request.target === '/1' ? 'gzip, rot13' : 'identity, rot13, gzip'}`] }) });
    for (const path of ['/1', '/2']) assert.equal(await (await fetch(server.origin + path)).text(), 'as it is');
  }));

  test('identity changes nothing, alone and beside others', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: (request) => request.reply(ENCODERS.gzip(Buffer.from('hello')), { fields: ['Content-Encoding: identity, GZIP, identity'] }) });
    assert.equal(await (await fetch(server.origin)).text(), 'hello');
  }));

  test('data whose end is missing is given out, damaged data is a TypeError', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    assert.equal(await (await fetch(`${origin}/encoded?as=gzip&cut=8`)).text(), 'hello');
    for (const coding of ['gzip', 'deflate', 'br']) {
      const server = await net.serve({ onRequest: (request) => request.reply('\x78no such data', { fields: [`Content-Encoding: ${coding}`] }) });
      await assert.rejects((await fetch(server.origin)).text(), { name: 'TypeError', message: 'terminated' });
    }
    const empty = await net.serve({ onRequest: (request) => request.reply('', { fields: ['Content-Encoding: gzip'] }) });
    assert.equal(await (await fetch(empty.origin)).text(), '');
  }));
});
