/** Clients of services: GitHub, GraphQL, PostgREST, S3, Stripe, tRPC. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { request as octokit } from '@octokit/request';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { PostgrestClient } from '@supabase/postgrest-js';
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { GraphQLClient } from 'graphql-request';
import Stripe from 'stripe';
import { closedPort } from '../../fixtures/closed-port.js';
import type { RawRequest } from '../../fixtures/raw-server.js';
import { field, type Echo } from '../site.js';
import { measured } from './service.js';
import { failure, form, hurried, onceAsked, trial, tryLibraries, type Fetch, type Place } from './trial.js';

const octokitTrial = trial<typeof octokit>({
  library: '@octokit/request',
  global: ({ origin }) => octokit.defaults({ baseUrl: origin }),
  options: { 'request.defaults({ request: { fetch } })': ({ origin, fetch }) => octokit.defaults({ baseUrl: origin, request: { fetch } }) },
  checks: {
    'the JSON of a GET is read, and the response says its URL': async (client, { origin }) => {
      const { data, url } = await client('GET /repos/{owner}/{repo}', { owner: 'owner', repo: 'name' });
      assert.deepEqual([(data as { name: string }).name, url], ['name', `${origin}/repos/owner/name`]);
    },
    'JSON is sent with its length': async (client) => {
      const { data } = await client('POST /a', { b: 1 });
      assert.equal((data as Echo).body, '{"b":1}');
      assert.ok(measured(data as Echo));
    },
    'bytes are sent with the length that the program says': async (client) => {
      const { data } = await client('POST /a', { data: Buffer.from('abc'), headers: { 'content-type': 'text/plain', 'content-length': 3 } });
      assert.equal((data as Echo).body, 'abc');
      assert.ok(measured(data as Echo));
    },
    'a status that it refuses is its error, with the body': async (client) => {
      const { name, status, response } = await failure(client('GET /refused'));
      assert.deepEqual([name, status, response.data.message], ['HttpError', 422, 'bad']);
    },
    'its signal ends a request': async (client, place) => {
      const error = await failure(client('GET /silent', { request: { signal: onceAsked(place) } }));
      assert.equal(error.name, 'AbortError');
    },
    'a refused connection is its error, with the cause': async (client) => {
      const { status, cause } = await failure(client('GET /a', { baseUrl: `http://127.0.0.1:${await closedPort()}` }));
      assert.deepEqual([status, cause.cause.code], [500, 'ECONNREFUSED']);
    },
    'a body that it is not to parse is a stream, and may be given up': async (client, { server }) => {
      const { data } = await client('GET /stalled', { request: { parseSuccessResponseBody: false } });
      assert.ok((data as unknown) instanceof ReadableStream);
      await (data as unknown as ReadableStream).cancel();
      await server.connections[0].left;
    },
  },
});

const graphqlTrial = trial<GraphQLClient>({
  library: 'graphql-request',
  global: ({ origin }) => new GraphQLClient(`${origin}/graphql`),
  options: { 'new GraphQLClient(url, { fetch })': ({ origin, fetch }) => new GraphQLClient(`${origin}/graphql`, { fetch }) },
  checks: {
    'a query has its data': async (client) => {
      assert.equal((await client.request<{ hello: string }>('{ hello }')).hello, 'world');
    },
    'variables are sent': async (client) => {
      assert.deepEqual((await client.request<{ given: unknown }>('query($a: Int) { hello }', { a: 1 })).given, { a: 1 });
    },
    'what the service refuses is its error': async (client) => {
      assert.equal((await failure(client.request('{ refused }'))).response.errors[0].message, 'bad');
    },
    'a signal that has aborted sends nothing': async (client, { server }) => {
      assert.equal((await failure(client.request({ document: '{ hello }', signal: AbortSignal.abort() }))).name, 'AbortError');
      assert.equal(server.requests.length, 0);
    },
    'its signal ends a request': async (client, place) => {
      client.setEndpoint(`${place.origin}/silent`);
      assert.equal((await failure(client.request({ document: '{ hello }', signal: onceAsked(place) }))).name, 'AbortError');
    },
  },
});

const postgrestTrial = trial<PostgrestClient<any, any, any>>({
  library: '@supabase/postgrest-js',
  global: ({ origin }) => new PostgrestClient(origin),
  options: { 'new PostgrestClient(url, { fetch })': ({ origin, fetch }) => new PostgrestClient(origin, { fetch }) },
  checks: {
    'rows are read': async (client) => {
      const { data } = await client.from('todos').select();
      assert.deepEqual(data, [{ id: 1 }]);
    },
    'a row is sent, and comes back': async (client, { server }) => {
      const { data, status } = await client.from('todos').insert({ a: 1 }).select();
      assert.deepEqual([data, status], [{ a: 1 }, 201]);
      assert.equal(server.requests[0].header('content-length'), '7');
    },
    'a status that it refuses is an error beside the data': async (client) => {
      const { status, error } = await client.from('refused').select();
      assert.deepEqual([status, error?.message], [422, 'bad']);
    },
    'its signal ends a request': async (client, place) => {
      const { error } = await client.from('silent').select().abortSignal(onceAsked(place));
      assert.match(error?.message ?? '', /Abort/);
    },
  },
});

function s3({ origin }: Place, fetch?: Fetch): S3Client {
  return new S3Client({
    region: 'eu-west-1',
    endpoint: origin,
    forcePathStyle: true,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: new FetchHttpHandler({ customFetch: fetch }),
  });
}

const AT = { Bucket: 'bucket', Key: 'key' };

const s3Trial = trial<S3Client>({
  library: '@aws-sdk/client-s3 (fetch handler)',
  global: (place) => s3(place),
  options: { 'new FetchHttpHandler({ customFetch: fetch })': (place) => s3(place, place.fetch) },
  checks: {
    'a text is put with its length': async (client, { server }) => {
      await client.send(new PutObjectCommand({ ...AT, Body: 'abc' }));
      const [request] = server.requests;
      assert.deepEqual([request.header('content-length'), request.header('transfer-encoding'), String(await request.body)], ['3', undefined, 'abc']);
    },
    'a stream is put with the length that the program says': async (client, { server }) => {
      for (const body of [new Blob(['abc']).stream(), Readable.from([Buffer.from('abc')])]) await client.send(new PutObjectCommand({ ...AT, Body: body, ContentLength: 3 }));
      for (const request of server.requests) assert.deepEqual([request.header('content-length'), request.header('transfer-encoding'), String(await request.body)], ['3', undefined, 'abc']);
    },
    'an object is got as text and as a stream': async (client) => {
      assert.equal(await (await client.send(new GetObjectCommand(AT))).Body!.transformToString(), 'what was stored');
      const stream = (await client.send(new GetObjectCommand(AT))).Body!.transformToWebStream();
      let text = '';
      for await (const chunk of stream.pipeThrough(new TextDecoderStream())) text += chunk;
      assert.equal(text, 'what was stored');
    },
    'an object that is missing is its error': async (client) => {
      const error = await failure(client.send(new GetObjectCommand({ ...AT, Key: 'missing' })));
      assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['NoSuchKey', 404]);
    },
    'its signal ends a request': async (client, place) => {
      const error = await failure(client.send(new GetObjectCommand({ ...AT, Key: 'silent' }), { abortSignal: onceAsked(place) }));
      assert.equal(error.name, 'AbortError');
    },
  },
});

function stripe({ server }: Place, fetch?: Fetch): Stripe {
  return new Stripe('sk_test', { host: '127.0.0.1', port: server.port, protocol: 'http', httpClient: Stripe.createFetchHttpClient(fetch), maxNetworkRetries: 1, telemetry: false });
}

const stripeTrial = trial<Stripe>({
  library: 'stripe (fetch client)',
  global: (place) => stripe(place),
  options: { 'Stripe.createFetchHttpClient(fetch)': (place) => stripe(place, place.fetch) },
  checks: {
    'fields are sent as a form, with their length': async (client) => {
      const echo = (await client.customers.create({ name: 'a b' })) as unknown as Echo;
      assert.deepEqual([echo.method, echo.body, field(echo, 'content-type')], ['POST', 'name=a%20b', 'application/x-www-form-urlencoded']);
      assert.ok(measured(echo));
    },
    'a status that it refuses is its error, with the body': async (client) => {
      const { statusCode, message } = await failure(client.rawRequest('GET', '/refused'));
      assert.deepEqual([statusCode, message], [422, 'bad']);
    },
    'a connection that broke is tried again': async (client, { server }) => {
      await hurried(() => client.rawRequest('GET', '/reset-once'));
      assert.equal(server.requests.length, 2);
    },
    'its time limit ends a request': async (client) => {
      assert.match((await failure(client.rawRequest('GET', '/silent', {}, { timeout: 30, maxNetworkRetries: 0 }))).message, /timed out|timeout/i);
    },
  },
});

const { router, procedure } = initTRPC.create();
const calls = router({
  greet: procedure.input(String).query(({ input }) => `hello ${input}`),
  add: procedure.input((value) => value as { a: number }).mutation(({ input }) => input.a + 1),
  count: procedure.query(async function* () {
    for (const number of [1, 2, 3]) {
      await Promise.resolve();
      yield number;
    }
  }),
  send: procedure.input((value) => value as FormData).mutation(({ input }) => {
    const file = input.get('file');
    assert.ok(file instanceof File);
    return file.text();
  }),
  wait: procedure.query(() => new Promise<never>(() => undefined)),
  fail: procedure.query(() => {
    throw new Error('refused');
  }),
});

/** tRPC's own server, behind the requests of a raw one. */
async function callsOf(request: RawRequest): Promise<void> {
  const { method, target, connection } = request;
  const headers = request.lines.slice(1).map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
  const bytes = await request.body;
  const req = new Request(`http://any${target}`, { method, headers, body: method === 'GET' ? undefined : new Uint8Array(bytes!) });
  const response = await fetchRequestHandler({ endpoint: '', req, router: calls });
  connection.write(`HTTP/1.1 ${response.status} Any\r\nContent-Type: ${response.headers.get('content-type')}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for await (const chunk of response.body!) connection.write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]));
  connection.write('0\r\n\r\n');
}

type Links = (kind: 'batch' | 'stream' | 'single') => Promise<ReturnType<typeof createTRPCClient<typeof calls>>>;

function links({ serve }: Place, fetch?: Fetch): Links {
  return async (kind) => {
    const { origin: url } = await serve({ onRequest: callsOf });
    const options = { url, ...(fetch === undefined ? {} : { fetch: fetch as never }) };
    return createTRPCClient<typeof calls>({ links: [kind === 'batch' ? httpBatchLink(options) : kind === 'stream' ? httpBatchStreamLink(options) : httpLink(options)] });
  };
}

const trpcTrial = trial<Links>({
  library: '@trpc/client',
  global: (place) => links(place),
  options: { 'httpBatchLink({ fetch })': (place) => links(place, place.fetch) },
  checks: {
    'queries and mutations go in one batch each': async (of) => {
      const client = await of('batch');
      assert.deepEqual(await Promise.all([client.greet.query('a'), client.greet.query('b'), client.add.mutate({ a: 1 })]), ['hello a', 'hello b', 2]);
    },
    'a batch comes as a stream, and an iterable in it as well': async (of) => {
      const client = await of('stream');
      const [greeting, numbers] = await Promise.all([client.greet.query('a'), client.count.query()]);
      const seen: number[] = [];
      for await (const number of numbers) seen.push(number);
      assert.deepEqual([greeting, seen], ['hello a', [1, 2, 3]]);
    },
    'a form is sent with its files': async (of) => {
      assert.equal(await (await of('single')).send.mutate(form()), 'what the file has');
    },
    'what the service refuses is its error': async (of) => {
      const { name, message } = await failure((await of('single')).fail.query());
      assert.deepEqual([name, message], ['TRPCClientError', 'refused']);
    },
    'its signal ends a request': async (of) => {
      const error = await failure((await of('single')).wait.query(undefined, { signal: AbortSignal.timeout(30) }));
      assert.equal(error.name, 'TRPCClientError');
    },
  },
});

tryLibraries('clients of services', [octokitTrial, graphqlTrial, postgrestTrial, s3Trial, stripeTrial, trpcTrial]);
