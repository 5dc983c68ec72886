/** Libraries on top of fetch, with ours in the place of the platform's: axios with its fetch adapter. */
import assert from 'node:assert/strict';
import type { ReadableStream } from 'node:stream/web';
import { test } from 'node:test';
import { create, type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';
import { field, redirect, site, type Echo } from './site.js';

interface Placed {
  readonly axios: AxiosInstance;
  readonly over: (baseURL: string) => AxiosInstance;
  readonly server: RawServer;
}

/** How axios calls fetch: with a Request, or, where it has no such class, with a URL and options. */
type How = 'a Request' | 'options';

const HOWS: readonly How[] = ['a Request', 'options'];

/** A test of axios with our fetch, and a site that echoes; once for each way to call. */
function withAxios(name: string, body: (placed: Placed, net: Loopback) => Promise<void>, hows = HOWS): void {
  for (const how of hows) {
    test(`axios with ${how}: ${name}`, onLoopback(async (net) => {
      const { origin, server, fetch } = await site(net);
      const over = (baseURL: string): AxiosInstance => create({ adapter: 'fetch', baseURL, env: { fetch, ...(how === 'options' ? { Request: null } : {}) } } as unknown as AxiosRequestConfig);
      await body({ axios: over(origin), over, server }, net);
    }));
  }
}

function form(): FormData {
  const fields = new FormData();
  fields.set('name', 'value');
  fields.set('file', new File(['what the file has'], 'a.txt', { type: 'text/plain' }));
  return fields;
}

function pieces(...texts: string[]): globalThis.ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new globalThis.ReadableStream({
    start(controller) {
      for (const text of texts) controller.enqueue(encoder.encode(text));
      controller.close();
    },
  });
}

withAxios('a GET has its query, and its JSON is read', async ({ axios }) => {
  const { data, status } = await axios.get<Echo>('/a', { params: { b: 1 } });
  assert.deepEqual([status, data.method, data.target], [200, 'GET', '/a?b=1']);
});

for (const method of ['post', 'put', 'patch'] as const) {
  withAxios(`the JSON of a ${method.toUpperCase()} is sent with its length`, async ({ axios }) => {
    const { data } = await axios[method]<Echo>('/a', { text: 'é' });
    assert.deepEqual([data.body, field(data, 'content-length'), field(data, 'transfer-encoding'), field(data, 'content-type')], ['{"text":"é"}', '13', undefined, 'application/json']);
  });
}

withAxios('a form is sent with its files and its length', async ({ axios }) => {
  const { data } = await axios.postForm<Echo>('/a', form());
  assert.match(data.body, /what the file has/);
  assert.match(field(data, 'content-type')!, /^multipart\/form-data; boundary=/);
  assert.equal(field(data, 'content-length'), String(data.body.length));
});

// It sends streams, and tells of what it sends, only where it has a Request.
withAxios('a stream is sent in chunks', async ({ axios }) => {
  const { data } = await axios.post<Echo>('/a', pieces('one ', 'two'), { headers: { 'content-type': 'text/plain' } });
  assert.deepEqual([data.body, field(data, 'transfer-encoding')], ['one two', 'chunked']);
}, ['a Request']);

withAxios('a status that it refuses is its error, with the body', async ({ over }, net) => {
  const server = await net.serve({ onRequest: (request: RawRequest) => request.reply('{"message":"bad"}', { status: '422 Unprocessable', fields: ['Content-Type: application/json'] }) });
  await assert.rejects(over(server.origin).get('/a'), (error: { name: string; response: { status: number; data: unknown } }) => {
    assert.deepEqual([error.name, error.response.status, error.response.data], ['AxiosError', 422, { message: 'bad' }]);
    return true;
  });
});

withAxios('its time limit and its signal end a request, in the head and in the body', async ({ over }, net) => {
  for (const begun of [false, true]) {
    const server = await net.serve({ onRequest: ({ connection }) => {
      if (begun) connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    } });
    const axios = over(server.origin);
    await assert.rejects(axios.get('/a', { timeout: 30 }), ({ code }: { code: string }) => ['ECONNABORTED', 'ETIMEDOUT'].includes(code));
    const controller = new AbortController();
    const cancelled = assert.rejects(axios.get('/a', { signal: controller.signal }), { code: 'ERR_CANCELED' });
    setTimeout(() => controller.abort(), 30);
    await cancelled;
  }
});

withAxios('a refused connection is its network error, with the cause', async ({ axios }) => {
  await assert.rejects(axios.get(`http://127.0.0.1:${await closedPort()}/`), (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_NETWORK');
    assert.equal(causes(error).some((each) => each === 'ECONNREFUSED'), true, 'the system\'s code is in the chain of causes');
    return true;
  });
});

withAxios('a redirect is followed, with the body where the status keeps it', async ({ axios }) => {
  const { data } = await axios.post<Echo>(redirect('', 307, '/there'), { a: 1 });
  assert.deepEqual([data.method, data.target, data.body], ['POST', '/there', '{"a":1}']);
  const changed = await axios.post<Echo>(redirect('', 303, '/there'), { a: 1 });
  assert.deepEqual([changed.data.method, changed.data.body], ['GET', '']);
});

withAxios('a coded body is decoded, and the types of a response come as asked', async ({ axios }) => {
  assert.equal((await axios.get<string>('/encoded?as=gzip,br&text=plain')).data, 'plain');
  assert.equal(new TextDecoder().decode((await axios.get<ArrayBuffer>('/encoded?as=gzip', { responseType: 'arraybuffer' })).data), 'hello');
  assert.equal(await (await axios.get<Blob>('/encoded?as=gzip', { responseType: 'blob' })).data.text(), 'hello');
});

withAxios('a body asked for as a stream is one, and may be given up', async ({ axios }, net) => {
  const chunks: Uint8Array[] = [];
  const { data } = await axios.get<ReadableStream<Uint8Array>>('/encoded?as=gzip', { responseType: 'stream' });
  for await (const chunk of data) chunks.push(chunk);
  assert.equal(String(Buffer.concat(chunks)), 'hello');
  const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(1 << 20)) });
  const given = await axios.get<ReadableStream<Uint8Array>>(server.origin, { responseType: 'stream' });
  await given.data.cancel();
});

withAxios('progress is told, down and up', async ({ axios }) => {
  const told = { down: 0, up: 0 };
  const { data } = await axios.post<Echo>('/a', 'x'.repeat(5000), { onDownloadProgress: ({ loaded }) => (told.down = loaded), onUploadProgress: ({ loaded }) => (told.up = loaded) });
  assert.equal(data.body.length, 5000);
  assert.equal(told.up, 5000);
  assert.ok(told.down > 5000);
}, ['a Request']);

/** The codes of an error and of everything that caused it. */
function causes(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let at = error; typeof at === 'object' && at !== null; at = (at as Error).cause) codes.push((at as { code?: unknown }).code);
  return codes;
}
