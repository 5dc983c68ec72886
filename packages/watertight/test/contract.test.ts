/**
 * The public contract: its names, and its shapes as the compiler sees them. What only the compiler checks
 * is never run; a `@ts-expect-error` fails the build where the types allow what they must not.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Duplex, Readable } from 'node:stream';
import {
  Body,
  Client,
  closeIdleConnections,
  defaultClient,
  defaultTransport,
  fetch,
  get,
  goDefaults,
  type head,
  type Headers,
  post,
  postForm,
  type request,
  Request,
  Response,
  Transport,
  type RequestInit,
  type RoundTripper,
  type TransportOptions,
  type TransportStats,
  type WatertightError,
} from 'watertight';
import { findLeaks, ignoreCurrent, verifyNone, type Leak, type LeakError } from 'watertight/leak';
import { go, setTracking, type Site, type Task, type taskCount, type tasks, type TaskState } from 'watertight/tasks';

/** Of equal types only: either way round, and neither is `any`. */
type Same<A, B> = [A, B] extends [B, A] ? (0 extends A & 1 ? (0 extends B & 1 ? true : false) : 0 extends B & 1 ? false : true) : false;
const same = <A, B>(_: Same<A, B>): void => {};
/** Takes what only has to compile. */
const take = (..._: unknown[]): void => {};

const NAMES: Record<string, string[]> = {
  watertight: ['Client', 'Transport', 'Response', 'Request', 'Body', 'Headers', 'get', 'head', 'post', 'postForm', 'request', 'fetch', 'defaultClient', 'defaultTransport', 'closeIdleConnections', 'goDefaults'],
  'watertight/tasks': ['taskCount', 'tasks', 'go'],
  'watertight/leak': ['findLeaks', 'verifyNone', 'LeakError'],
};

for (const [entry, names] of Object.entries(NAMES)) {
  test(`${entry} has the contract's names, and no default export`, async () => {
    const exported = Object.keys((await import(entry)) as object);
    assert.deepEqual(names.filter((name) => !exported.includes(name)), []);
    assert.ok(!exported.includes('default'));
  });
}

test('a response, a body, a transport have the contract\'s methods', () => {
  const missing = (type: { prototype: object }, names: (string | symbol)[]): unknown[] => names.filter((name) => !(name in type.prototype));
  assert.deepEqual(missing(Response, ['text', 'json', 'bytes', 'arrayBuffer', 'close', Symbol.asyncDispose, 'headers', 'trailers', 'proto', 'statusText', 'request', 'tls']), []);
  assert.deepEqual(missing(Body, ['read', 'readAll', 'close', 'state', 'toReadableStream', Symbol.asyncIterator]), []);
  assert.deepEqual(missing(Transport, ['roundTrip', 'closeIdleConnections', 'close', 'stats', 'clone', Symbol.asyncDispose]), []);
  assert.deepEqual(missing(Client, ['do', 'get', 'head', 'post', 'postForm', 'request', 'closeIdleConnections']), []);
  // Never called: only its types matter.
  assert.equal(typeof contract, 'function');
});

/** Never called: its type is what `read({ into })` promises. */
function _fill(body: Body) {
  return body.read({ into: new Uint8Array(1) });
}

async function contract(signal: AbortSignal, duplex: Duplex, platform: globalThis.Request): Promise<void> {
  // The functions.
  same<ReturnType<typeof get>, Promise<Response>>(true);
  same<ReturnType<typeof head>, Promise<Response>>(true);
  same<ReturnType<typeof post>, Promise<Response>>(true);
  same<ReturnType<typeof postForm>, Promise<Response>>(true);
  same<ReturnType<typeof request>, Promise<Response>>(true);
  same<ReturnType<typeof fetch>, Promise<globalThis.Response>>(true);
  const asPlatform: typeof globalThis.fetch = fetch;
  await asPlatform(platform);
  closeIdleConnections();

  // A request's init.
  const init: RequestInit = { method: 'POST', headers: { A: '1', B: ['2', '3'] }, body: 'x', signal, timeout: 5, redirect: 'manual', close: true, trace: {} };
  await get(new URL('http://127.0.0.1/'), init);
  await post('http://127.0.0.1/', () => (async function* () { yield new Uint8Array(1); })());
  await post('http://127.0.0.1/', new FormData());
  await postForm('http://127.0.0.1/', { a: 'b' });
  // @ts-expect-error -- there is no such mode
  void get('http://127.0.0.1/', { redirect: 'maybe' });
  // @ts-expect-error -- JSON is said explicitly
  void post('http://127.0.0.1/', { a: 1 });
  // @ts-expect-error -- a misspelt option is a mistake
  void get('http://127.0.0.1/', { timout: 5 });

  // Response and Body.
  await using response = await get('http://127.0.0.1/');
  same<typeof response.status, number>(true);
  same<typeof response.headers, Headers>(true);
  same<typeof response.trailers, Headers>(true);
  same<typeof response.uncompressed, boolean>(true);
  same<typeof response.request, Request>(true);
  same<typeof response.body, Body>(true);
  same<ReturnType<Response['json']>, Promise<unknown>>(true);
  same<Awaited<ReturnType<Response['text']>>, string>(true);
  same<Awaited<ReturnType<Response['bytes']>>, Uint8Array>(true);
  same<Awaited<ReturnType<Response['arrayBuffer']>>, ArrayBuffer>(true);
  same<Awaited<ReturnType<Body['read']>>, Uint8Array | null>(true);
  same<number | null, Awaited<ReturnType<typeof _fill>>>(true);
  same<Body['state'], 'unread' | 'reading' | 'eof' | 'closed' | 'errored'>(true);
  same<ReturnType<Body['close']>, Promise<void>>(true);
  for await (const chunk of response.body) take(chunk satisfies Uint8Array);
  const stream: ReadableStream<Uint8Array> = response.body.toReadableStream();
  take(stream);
  const nodeStream: Readable = response.body.toReadable();
  take(nodeStream);
  // @ts-expect-error -- a response is made by the library
  take(new Response());
  // @ts-expect-error -- what was sent does not change
  response.status = 5;

  // Headers are WHATWG, and raw.
  same<Headers['raw'], [name: string, value: string][]>(true);
  const asInit: NonNullable<globalThis.RequestInit['headers']> = [...response.headers];
  take(asInit);

  // Client, RoundTripper, Transport.
  const tripper: RoundTripper = { roundTrip: (each) => defaultTransport.roundTrip(each) };
  const client = new Client({ transport: tripper, checkRedirect: async (next, via) => next.url !== via[0].url, timeout: 5, jar: { getCookieString: () => '', setCookie: () => undefined } });
  await client.do({ url: 'http://127.0.0.1/' });
  await defaultClient.do(new Request('http://127.0.0.1/', { method: 'PUT' }));
  // @ts-expect-error -- a transport makes round trips
  take(new Client({ transport: {} }));
  const options: TransportOptions = { ...goDefaults, dial: async ({ host, port, signal: gone }) => (gone.aborted || host === '' || port === 0 ? duplex : duplex), tls: { ca: 'x' }, track: 'all' };
  await using transport = new Transport(options);
  same<ReturnType<Transport['stats']>, TransportStats>(true);
  same<ReturnType<Transport['clone']>, Transport>(true);
  transport.closeIdleConnections();
  // @ts-expect-error -- there is no such level
  take(new Transport({ track: 'some' }));

  // Errors.
  const code = (error: WatertightError): string => error.code;
  take(code);

  // Tasks.
  same<ReturnType<typeof taskCount>, number>(true);
  same<ReturnType<typeof tasks>, readonly Task[]>(true);
  same<Task['state'], TaskState>(true);
  same<Task['createdBy'], Site | null>(true);
  same<Awaited<ReturnType<typeof go<[number], string>>>, string>(true);
  const answer: number = await go(async (a: number, b: string) => a + b.length, 1, 'x');
  take(answer);
  // @ts-expect-error -- the function's arguments are checked
  void go((a: number) => a, 'x');
  setTracking('all');

  // Leaks.
  same<Awaited<ReturnType<typeof findLeaks>>, Leak[]>(true);
  same<Leak['kind'], 'body' | 'connection' | 'task' | 'resource'>(true);
  same<Leak['verdict'], 'idle' | 'active' | 'suspect' | 'proven'>(true);
  same<Leak['site'], Site | null>(true);
  same<Leak['client'], 'watertight' | 'undici' | 'fetch' | 'node:http'>(true);
  same<LeakError['leaks'], readonly Leak[]>(true);
  await verifyNone(undefined, { idle: 'fail', ignore: ignoreCurrent() });
  // @ts-expect-error -- a misspelt option is a mistake
  void findLeaks({ retry: 5 });
}
