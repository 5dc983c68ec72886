/** Libraries that wrap fetch: what they send, what they make of answers, when they try again and when they give up. */
import assert from 'node:assert/strict';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import fetchCookie from 'fetch-cookie';
import ky, { type KyInstance } from 'ky';
import { createFetch, ofetch, type $Fetch } from 'ofetch';
import createClient, { type Client as OpenApi } from 'openapi-fetch';
import pRetry from 'p-retry';
import wretch, { type Wretch } from 'wretch';
import { closedPort } from '../../fixtures/closed-port.js';
import { field, redirect, type Echo } from '../site.js';
import { measured } from './service.js';
import { failure, form, onceAsked, pieces, trial, tryLibraries, type Fetch } from './trial.js';

const half = { duplex: 'half' } as object;

/** The codes of an error and of everything that caused it. */
function causes(error: unknown): unknown[] {
  const codes: unknown[] = [];
  for (let at = error; typeof at === 'object' && at !== null; at = (at as Error).cause) codes.push((at as { code?: unknown }).code);
  return codes;
}

const kyTrial = trial<KyInstance>({
  library: 'ky',
  global: () => ky,
  options: { 'ky.create({ fetch })': ({ fetch }) => ky.create({ fetch }) },
  checks: {
    'the JSON of a GET is read, with its query': async (client, { origin }) => {
      const echo = await client.get(`${origin}/a`, { searchParams: { b: 1 } }).json<Echo>();
      assert.deepEqual([echo.method, echo.target], ['GET', '/a?b=1']);
    },
    'JSON is sent with its length': async (client, { origin }) => {
      const echo = await client.post(origin, { json: { text: 'é' } }).json<Echo>();
      assert.equal(echo.body, '{"text":"é"}');
      assert.ok(measured(echo));
    },
    'a form is sent with its files and its length': async (client, { origin }) => {
      const echo = await client.post(origin, { body: form() }).json<Echo>();
      assert.match(echo.body, /what the file has/);
      assert.ok(measured(echo));
    },
    'a stream is sent in chunks': async (client, { origin }) => {
      const echo = await client.post(origin, { body: pieces('one ', 'two'), ...half }).json<Echo>();
      assert.deepEqual([echo.body, field(echo, 'transfer-encoding')], ['one two', 'chunked']);
    },
    'its signal ends a request': async (client, place) => {
      const error = await failure(client.get(`${place.origin}/silent`, { signal: onceAsked(place), retry: 0 }));
      assert.equal(error.name, 'AbortError');
    },
    'its signal ends a body': async (client, place) => {
      const error = await failure(client.get(`${place.origin}/stalled`, { signal: onceAsked(place), retry: 0 }).json());
      assert.equal(error.name, 'AbortError');
    },
    'its time limit ends a request': async (client, { origin }) => {
      assert.equal((await failure(client.get(`${origin}/silent`, { timeout: 30, retry: 0 }))).name, 'TimeoutError');
    },
    'a status that it refuses is its error, with the body': async (client, { origin }) => {
      const { name, response, data } = await failure(client.get(`${origin}/refused`));
      assert.deepEqual([name, response.status, data.message], ['HTTPError', 422, 'bad']);
    },
    'a busy server is asked again': async (client, { origin, server }) => {
      await client.get(`${origin}/busy-once`, { retry: { limit: 2, delay: () => 1 } }).json();
      assert.equal(server.requests.length, 2);
    },
    'a connection that broke is tried again': async (client, { origin, server }) => {
      await client.get(`${origin}/reset-once`, { retry: { limit: 2, delay: () => 1 } }).json();
      assert.equal(server.requests.length, 2);
    },
    'progress is told down': async (client, { origin }) => {
      let told = 0;
      await client.get(origin, { onDownloadProgress: ({ percent }) => (told = percent) }).text();
      assert.equal(told, 1);
    },
    'progress is told up': async (client, { origin }) => {
      let told = 0;
      await client.post(origin, { body: 'hello', onUploadProgress: ({ percent }) => (told = percent) }).text();
      assert.equal(told, 1);
    },
    'JSON is sent again where a redirect keeps it': async (client, { origin }) => {
      const echo = await client.post(redirect(origin, 307, '/there'), { json: { a: 1 } }).json<Echo>();
      assert.deepEqual([echo.target, echo.body], ['/there', '{"a":1}']);
    },
    'its hooks get a Response, and may give another one': async (client, { origin }) => {
      const seen: boolean[] = [];
      const hooked = client.extend({ hooks: { afterResponse: [({ response }: { response: Response }) => {
        seen.push(response instanceof Response, response.ok);
        return new Response('mine', { status: response.status });
      }] } });
      assert.equal(await hooked.get(origin).text(), 'mine');
      assert.deepEqual(seen, [true, true]);
    },
  },
});

const ofetchTrial = trial<$Fetch>({
  library: 'ofetch',
  global: () => ofetch,
  options: { 'createFetch({ fetch })': ({ fetch }) => createFetch({ fetch, Headers, AbortController }) },
  checks: {
    'the JSON of a GET is read, with its query': async (client, { origin }) => {
      assert.equal((await client<Echo>(`${origin}/a`, { query: { b: 1 } })).target, '/a?b=1');
    },
    'JSON is sent with its length': async (client, { origin }) => {
      const echo = await client<Echo>(origin, { method: 'POST', body: { a: 1 } });
      assert.equal(echo.body, '{"a":1}');
      assert.ok(measured(echo));
    },
    'a form is sent with its files and its length': async (client, { origin }) => {
      const echo = await client<Echo>(origin, { method: 'POST', body: form() });
      assert.match(echo.body, /what the file has/);
      assert.ok(measured(echo));
    },
    'a stream is sent in chunks': async (client, { origin }) => {
      assert.equal((await client<Echo>(origin, { method: 'POST', body: pieces('one ', 'two') })).body, 'one two');
    },
    'its signal ends a request': async (client, place) => {
      const error = await failure(client(`${place.origin}/silent`, { signal: onceAsked(place), retry: 0 }));
      assert.equal(error.cause.name, 'AbortError');
    },
    'its signal ends a body': async (client, place) => {
      const error = await failure(client(`${place.origin}/stalled`, { signal: onceAsked(place), retry: 0 }));
      assert.equal((error.cause ?? error).name, 'AbortError');
    },
    'its time limit ends a request': async (client, { origin }) => {
      assert.equal((await failure(client(`${origin}/silent`, { timeout: 30, retry: 0 }))).cause.name, 'TimeoutError');
    },
    'a status that it refuses is its error, with the body': async (client, { origin }) => {
      const { name, status, data } = await failure(client(`${origin}/refused`));
      assert.deepEqual([name, status, data.message], ['FetchError', 422, 'bad']);
    },
    'a busy server is asked again': async (client, { origin, server }) => {
      await client(`${origin}/busy-once`, { retry: 2 });
      assert.equal(server.requests.length, 2);
    },
    'a connection that broke is tried again': async (client, { origin, server }) => {
      await client(`${origin}/reset-once`, { retry: 2 });
      assert.equal(server.requests.length, 2);
    },
    'a body asked for as a stream is one, and may be given up': async (client, { origin }) => {
      const stream = await client<ReadableStream, 'stream'>(origin, { responseType: 'stream' });
      assert.ok(stream instanceof ReadableStream);
      await stream.cancel();
    },
    'a raw response is a Response with its body read': async (client, { origin }) => {
      const response = await client.raw<Echo>(redirect(origin, 302, '/there'));
      assert.ok(response instanceof Response);
      assert.deepEqual([response._data?.target, response.url, response.redirected], ['/there', `${origin}/there`, true]);
    },
  },
});

const openApiTrial = trial<OpenApi<any, any>>({
  library: 'openapi-fetch',
  global: ({ origin }) => createClient({ baseUrl: origin }),
  options: { 'createClient({ fetch })': ({ origin, fetch }) => createClient({ baseUrl: origin, fetch }) },
  checks: {
    'the JSON of a GET is read, with its query': async (client) => {
      const { data } = await client.GET('/a', { params: { query: { b: 1 } } });
      assert.equal(data.target, '/a?b=1');
    },
    'JSON is sent with its length': async (client) => {
      const { data } = await client.POST('/a', { body: { a: 1 } });
      assert.equal(data.body, '{"a":1}');
      assert.ok(measured(data));
    },
    'a form is sent with its files and its length': async (client) => {
      const { data } = await client.POST('/a', { body: form(), bodySerializer: (body: FormData) => body });
      assert.match(data.body, /what the file has/);
      assert.ok(measured(data));
    },
    'a stream is sent in chunks': async (client) => {
      const { data } = await client.PUT('/a', { body: pieces('one ', 'two'), bodySerializer: (body: ReadableStream) => body, ...half });
      assert.equal(data.body, 'one two');
    },
    'a status that it refuses is an error beside the response': async (client) => {
      const { response, error } = await client.GET('/refused', {});
      assert.deepEqual([response.status, error.message, response instanceof Response], [422, 'bad', true]);
    },
    'its signal ends a request': async (client, place) => {
      assert.equal((await failure(client.GET('/silent', { signal: onceAsked(place) }))).name, 'AbortError');
      assert.equal((await failure(client.GET('/silent', { signal: AbortSignal.timeout(30) }))).name, 'TimeoutError');
    },
    'JSON is sent again where a redirect keeps it': async (client) => {
      const { data } = await client.POST(redirect('', 307, '/there') as '/redirect', { body: { a: 1 } });
      assert.deepEqual([data.target, data.body], ['/there', '{"a":1}']);
    },
    'a body asked for as a stream is one': async (client) => {
      const { data } = await client.GET('/encoded?as=gzip' as '/encoded', { parseAs: 'stream' });
      let text = '';
      for await (const chunk of data!.pipeThrough(new TextDecoderStream())) text += chunk;
      assert.equal(text, 'hello');
    },
    'its middleware may change the request and the response': async (client) => {
      client.use({
        onRequest: ({ request }) => {
          request.headers.set('x-mine', 'yes');
          return request;
        },
        onResponse: async ({ response }) => new Response(JSON.stringify({ of: await response.json() }), response),
      });
      const { data } = await client.POST('/a', { body: { a: 1 } });
      assert.deepEqual([field(data.of, 'x-mine'), data.of.body], ['yes', '{"a":1}']);
    },
  },
});

/** Where axios has no such class, it calls fetch with a URL and options. */
const NO_REQUEST = 'create({ env: { fetch, Request: null } })';

function over(origin: string, env: object): AxiosInstance {
  return axios.create({ adapter: 'fetch', baseURL: origin, env } as AxiosRequestConfig);
}

const axiosTrial = trial<AxiosInstance>({
  library: 'axios (fetch adapter)',
  global: ({ origin }) => over(origin, {}),
  options: {
    'create({ env: { fetch } })': ({ origin, fetch }) => over(origin, { fetch }),
    [NO_REQUEST]: ({ origin, fetch }) => over(origin, { fetch, Request: null }),
  },
  checks: {
    'the JSON of a GET is read, with its query': async (client) => {
      const { data, status } = await client.get<Echo>('/a', { params: { b: 1 } });
      assert.deepEqual([status, data.method, data.target], [200, 'GET', '/a?b=1']);
    },
    'the JSON of a POST, a PUT and a PATCH is sent with its length': async (client) => {
      for (const method of ['post', 'put', 'patch'] as const) {
        const { data } = await client[method]<Echo>('/a', { text: 'é' });
        assert.deepEqual([data.method, data.body, field(data, 'content-type')], [method.toUpperCase(), '{"text":"é"}', 'application/json']);
        assert.ok(measured(data));
      }
    },
    'a form is sent with its files and its length': async (client) => {
      const { data } = await client.postForm<Echo>('/a', form());
      assert.match(data.body, /what the file has/);
      assert.match(field(data, 'content-type')!, /^multipart\/form-data; boundary=/);
      assert.ok(measured(data));
    },
    'a status that it refuses is its error, with the body': async (client) => {
      const { name, response } = await failure(client.get('/refused'));
      assert.deepEqual([name, response.status, response.data.message], ['AxiosError', 422, 'bad']);
    },
    'its time limit ends a request, in the head and in the body': async (client) => {
      for (const path of ['/silent', '/stalled']) {
        const { code } = await failure(client.get(path, { timeout: 30 }));
        assert.ok(['ECONNABORTED', 'ETIMEDOUT'].includes(code), code);
      }
    },
    'its signal ends a request, in the head and in the body': async (client, place) => {
      for (const path of ['/silent', '/stalled']) assert.equal((await failure(client.get(path, { signal: onceAsked(place) }))).code, 'ERR_CANCELED');
    },
    'a refused connection is its network error, with the cause': async (client) => {
      const error = await failure(client.get(`http://127.0.0.1:${await closedPort()}/`));
      assert.equal(error.code, 'ERR_NETWORK');
      assert.ok(causes(error).includes('ECONNREFUSED'), 'the code of the system is in the chain of causes');
    },
    'a redirect is followed, with the body where the status keeps it': async (client) => {
      const kept = (await client.post<Echo>(redirect('', 307, '/there'), { a: 1 })).data;
      assert.deepEqual([kept.method, kept.target, kept.body], ['POST', '/there', '{"a":1}']);
      const changed = (await client.post<Echo>(redirect('', 303, '/there'), { a: 1 })).data;
      assert.deepEqual([changed.method, changed.body], ['GET', '']);
    },
    'a coded body is decoded, and the types of a response come as asked': async (client) => {
      assert.equal((await client.get<string>('/encoded?as=gzip,br&text=plain')).data, 'plain');
      assert.equal(String(Buffer.from((await client.get<ArrayBuffer>('/encoded?as=gzip', { responseType: 'arraybuffer' })).data)), 'hello');
      assert.equal(await (await client.get<Blob>('/encoded?as=gzip', { responseType: 'blob' })).data.text(), 'hello');
    },
    'a body asked for as a stream is one, and may be given up': async (client, { origin }) => {
      const { data } = await client.get<ReadableStream<Uint8Array>>('/encoded?as=gzip', { responseType: 'stream' });
      const chunks: Uint8Array[] = [];
      for await (const chunk of data) chunks.push(chunk);
      assert.equal(String(Buffer.concat(chunks)), 'hello');
      await (await client.get<ReadableStream>(`${origin}/stalled`, { responseType: 'stream' })).data.cancel();
    },
    // It sends streams, and tells of what it sends, only where it has a Request.
    'a stream is sent in chunks': { without: NO_REQUEST, check: async (client) => {
      const { data } = await client.post<Echo>('/a', pieces('one ', 'two'), { headers: { 'content-type': 'text/plain' } });
      assert.deepEqual([data.body, field(data, 'transfer-encoding')], ['one two', 'chunked']);
    } },
    'progress is told, down and up': { without: NO_REQUEST, check: async (client) => {
      const told = { down: 0, up: 0 };
      const { data } = await client.post<Echo>('/a', 'x'.repeat(5000), { onDownloadProgress: ({ loaded }) => (told.down = loaded), onUploadProgress: ({ loaded }) => (told.up = loaded) });
      assert.equal(data.body.length, 5000);
      assert.equal(told.up, 5000);
      assert.ok(told.down > 5000);
    } },
  },
});

const wretchTrial = trial<Wretch>({
  library: 'wretch',
  global: ({ origin }) => wretch(origin),
  options: { 'wretch().fetchPolyfill(fetch)': ({ origin, fetch }) => wretch(origin).fetchPolyfill(fetch) },
  checks: {
    'the JSON of a GET is read': async (client) => {
      assert.equal((await client.url('/a').get().json<Echo>()).method, 'GET');
    },
    'JSON is sent with its length': async (client) => {
      const echo = await client.url('/a').json({ a: 1 }).post().json<Echo>();
      assert.equal(echo.body, '{"a":1}');
      assert.ok(measured(echo));
    },
    'a status that it refuses is its error': async (client) => {
      const error = await failure(client.url('/refused').get().json());
      assert.equal(error.status, 422);
      assert.equal(error.response instanceof Response, true);
    },
  },
});

const cookieTrial = trial<Fetch>({
  library: 'fetch-cookie',
  global: () => fetchCookie((...request: Parameters<Fetch>) => globalThis.fetch(...request)),
  options: { 'fetchCookie(fetch)': ({ fetch }) => fetchCookie(fetch) },
  checks: {
    'cookies come back with the next request': async (client, { origin }) => {
      await (await client(origin)).text();
      const echo = (await (await client(origin)).json()) as Echo;
      assert.equal(field(echo, 'cookie'), 'a=1; b=2');
    },
    'a redirect is followed, with the body where the status keeps it': async (client, { origin }) => {
      const response = await client(redirect(origin, 307, '/there'), { method: 'POST', body: 'kept' });
      const echo = (await response.json()) as Echo;
      assert.deepEqual([echo.method, echo.target, echo.body, response.redirected], ['POST', '/there', 'kept', true]);
    },
  },
});

const retryTrial = trial<(url: string) => Promise<Echo>>({
  library: 'p-retry',
  global: () => (url) => pRetry(async () => (await fetch(url)).json() as Promise<Echo>, { retries: 2, minTimeout: 1 }),
  options: { 'pRetry(() => fetch(url))': ({ fetch }) => (url) => pRetry(async () => (await fetch(url)).json() as Promise<Echo>, { retries: 2, minTimeout: 1 }) },
  checks: {
    'a connection that broke before the head is a network error to it': async (client, { origin, server }) => {
      await client(`${origin}/reset-once`);
      assert.equal(server.requests.length, 2);
    },
    'a body that was cut is a network error to it': async (client, { origin, server }) => {
      await client(`${origin}/cut-once`);
      assert.equal(server.requests.length, 2);
    },
  },
});

tryLibraries('HTTP wrappers', [kyTrial, ofetchTrial, openApiTrial, axiosTrial, wretchTrial, cookieTrial, retryTrial]);
