/** Streams of Node's first kind as bodies: the form of the package `form-data`, and any other with events and `pipe`. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, type ReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Stream } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import Form from 'form-data';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';

const bytes = Buffer.alloc(300_000, 'abc');

async function echo(request: RawRequest): Promise<void> {
  request.reply((await request.body) ?? '');
}

async function serving(net: Loopback): Promise<{ server: RawServer } & ReturnType<Loopback['client']>> {
  return { server: await net.serve({ onRequest: echo }), ...net.client() };
}

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'watertight-form-'));
  try {
    await writeFile(join(folder, 'file.bin'), bytes);
    await body(join(folder, 'file.bin'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function closed(file: ReadStream): Promise<void> {
  if (!file.closed) await once(file, 'close');
}

describe('a form of the package form-data', () => {
  test('is sent with its own boundary and length', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const form = new Form();
    form.append('name', 'value');
    form.append('file', bytes, { filename: 'a.bin' });
    const text = await (await client.post(server.origin, form)).text();
    const [request] = server.requests;
    assert.equal(request.header('content-type'), `multipart/form-data; boundary=${form.getBoundary()}`);
    assert.equal(request.header('content-length'), String(text.length));
    assert.equal(request.header('transfer-encoding'), undefined);
    const [, field, file] = text.split(`--${form.getBoundary()}\r\n`);
    assert.match(field, /name="name"\r\n\r\nvalue\r\n$/);
    assert.match(file, /name="file"; filename="a\.bin"\r\n/);
    assert.ok(file.includes(bytes.toString()), 'the whole file');
  }));

  test('whose length never comes ends with the time limit or the abort, and the next request works', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    for (const [init, expected] of [
      [() => ({ timeout: 50 }), { code: 'ERR_TIMEOUT', phase: 'waiting for the length of the body' }],
      [() => ({ signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' }],
    ] as const) {
      const form = new Form();
      form.append('name', Readable.from(['never looked at']), { filename: 'a' });
      form.getLength = () => undefined;
      await assert.rejects(client.post(server.origin, form, init()), expected);
      assert.equal(server.requests.length, 0);
    }
    await (await client.get(server.origin)).text();
  }));

  test('whose length never comes ends with the transport', onLoopback(async (net) => {
    const { server, client, transport } = await serving(net);
    const form = new Form();
    form.append('name', Readable.from(['never looked at']), { filename: 'a' });
    form.getLength = () => undefined;
    const posting = assert.rejects(client.post(server.origin, form), { code: 'ERR_TRANSPORT_CLOSED' });
    await turn();
    await transport.close();
    await posting;
    assert.deepEqual(transport.stats().hosts, []);
  }));

  test('whose length comes after the request was given up is not sent', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const form = new Form();
    form.append('name', Readable.from(['never looked at']), { filename: 'a' });
    let answer = (): void => assert.fail('not asked');
    form.getLength = (callback) => { answer = () => callback(null, 5); };
    const abort = new AbortController();
    const posting = assert.rejects(client.post(server.origin, form, { signal: abort.signal }), { message: 'given up' });
    await turn();
    abort.abort(new Error('given up'));
    await posting;
    answer();
    await turn();
    assert.equal(server.connections.length, 0);
  }));

  test('with a file is sent with the length that takes a look at the file', onLoopback(async (net) => {
    await withFile(async (path) => {
      const { server, client } = await serving(net);
      const form = new Form();
      const file = createReadStream(path);
      form.append('file', file);
      const text = await (await client.post(server.origin, form)).text();
      assert.equal(server.requests[0].header('content-length'), String(text.length));
      assert.ok(text.includes(bytes.toString()));
      await closed(file);
    });
  }));

  test('with a stream of unknown length is sent in chunks', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const form = new Form();
    form.append('file', Readable.from([Buffer.from('streamed')]), { filename: 'a' });
    const text = await (await client.post(server.origin, form)).text();
    assert.equal(server.requests[0].header('transfer-encoding'), 'chunked');
    assert.ok(text.includes('streamed'));
  }));

  test('and its headers, given beside it, are the same', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const form = new Form();
    form.append('a', '1');
    await (await client.post(server.origin, form, { headers: { ...form.getHeaders(), 'Content-Length': String(form.getLengthSync()) } })).text();
    assert.equal(server.requests[0].head.match(/^content-(type|length):/gim)?.length, 2);
  }));

  test('with a file that is not there rejects, and nothing fails unheard', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    for (const wait of [false, true]) {
      const form = new Form();
      form.append('file', createReadStream('/no/such/file'));
      if (wait) form.on('error', () => undefined);
      await assert.rejects(client.post(server.origin, form), { name: 'RequestBodyError', message: /ENOENT/ });
    }
  }));

  test('that is not sent leaves no file open', onLoopback(async (net) => {
    await withFile(async (path) => {
      const { server, client } = await serving(net);
      const gone = await net.serve();
      const { origin } = gone;
      await gone.stop();
      for (const url of [origin, server.origin]) {
        const form = new Form();
        const files = [createReadStream(path), createReadStream(path)];
        for (const file of files) form.append('file', file);
        const signal = url === origin ? null : AbortSignal.abort(new Error('not now'));
        await assert.rejects(client.post(url, form, { signal }));
        for (const file of files) await closed(file);
      }
    });
  }));
});

describe('another stream with events and pipe', () => {
  test('is sent in chunks', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const old = new Stream();
    const response = client.post(server.origin, old);
    await turn();
    for (let i = 0; i < 5; i++) old.emit('data', Buffer.from(`part ${i} `));
    setTimeout(() => old.emit('end'), 1);
    assert.match(await (await response).text(), /part 4 $/);
    assert.equal(server.requests[0].header('transfer-encoding'), 'chunked');
  }));

  test('that fails, or ends by destroy, rejects', onLoopback(async (net) => {
    const { server, client } = await serving(net);
    const old = new Stream();
    const rejected = assert.rejects(client.post(server.origin, old), { name: 'RequestBodyError', message: /broken/ });
    old.emit('error', new Error('broken'));
    await rejected;
  }));
});
