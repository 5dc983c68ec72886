/** Who waits for a slow server is not suspected, however it reads; who has stopped reading is. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { verifyNone } from 'watertight/leak';
import { DEFAULT_SUSPECT_AFTER, now, tasks, verdictOf, type Holder } from 'watertight/tasks';
import { until } from '../fixtures/until.js';
import { loadUndici } from './undici-version.js';

/** Makes a request and reads what the name of the form says; resolves when it has come so far, or stays in its last read. */
type Reader = (url: string, signal: AbortSignal) => Promise<unknown>;

interface Form {
  readonly name: string;
  /** Whether it reads on, so that the server is the reason for no progress. */
  readonly waits: boolean;
  readonly read: Reader;
}

let origin: string;
const server = http.createServer((_request, response) => {
  // One piece of a body that never ends, such as the events of a stream.
  response.write('piece');
});
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
});

const silence = (): undefined => undefined;
const sink = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

async function nodeHttp(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const request = http.get(url, { signal });
  request.on('error', silence);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response.on('error', silence);
}

async function iterate(body: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of body);
}

/** An iterator whose program is busy with the first piece. */
async function iterateAndStay(body: AsyncIterable<unknown>): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  await iterator.next();
}

/** What can be done with a stream of Node. */
function streamForms(open: (url: string, signal: AbortSignal) => Promise<Readable>): Form[] {
  const form = (name: string, waits: boolean, read: (body: Readable) => unknown): Form => ({ name, waits, read: async (url, signal) => read(await open(url, signal)) });
  return [
    form('an iterator', true, iterate),
    form("'data'", true, (body) => void body.on('data', silence)),
    form("'readable'", true, (body) => void body.on('readable', () => void body.read())),
    form('a pipeline', true, (body) => pipeline(body, sink())),
    form('a pipe', true, (body) => void body.pipe(sink())),
    form('a web stream', true, (body) => iterate(Readable.toWeb(body))),
    form('nothing', false, silence),
    form('an iterator that stays at the first piece', false, iterateAndStay),
    form("'data', paused at the first piece", false, (body) => new Promise<void>((resolve) => void body.on('data', () => (body.pause(), resolve())))),
    form("'data', paused when all that came was read", false, async (body) => {
      body.on('data', silence);
      await once(body, 'data');
      await turn();
      body.pause();
    }),
    form("'readable' without a read", false, (body) => once(body, 'readable')),
    form('one read', false, async (body) => {
      await once(body, 'readable');
      return body.read() as unknown;
    }),
  ];
}

/** What can be done with a web stream. */
function webForms(open: (url: string, signal: AbortSignal) => Promise<Response>): Form[] {
  const form = (name: string, waits: boolean, read: (response: Response) => Promise<unknown>): Form => ({ name, waits, read: async (url, signal) => read(await open(url, signal)) });
  return [
    form('text()', true, (response) => response.text()),
    form('an iterator', true, ({ body }) => iterate(body as unknown as AsyncIterable<unknown>)),
    form('a reader', true, async ({ body }) => {
      const reader = body!.getReader();
      while (!(await reader.read()).done);
    }),
    form('a pipe', true, ({ body }) => body!.pipeTo(new WritableStream())),
    form('both copies of a tee', true, ({ body }) => Promise.all(body!.tee().map((each) => iterate(each as unknown as AsyncIterable<unknown>)))),
    form('nothing', false, () => Promise.resolve()),
    form('a reader that stays at the first piece', false, async ({ body }) => body!.getReader().read()),
    form('an iterator that stays at the first piece', false, ({ body }) => iterateAndStay(body as unknown as AsyncIterable<unknown>)),
  ];
}

async function check({ waits, read }: Form): Promise<void> {
  const ended = new AbortController();
  const path = `/${Math.random()}`;
  const reading = read(origin + path, ended.signal).then(silence, silence);
  const holder = (): Holder | null => tasks().find((task) => task.holder?.url.endsWith(path) === true)?.holder ?? null;
  const suspected = (): boolean => verdictOf(holder()!, now() + 10 * DEFAULT_SUSPECT_AFTER, DEFAULT_SUSPECT_AFTER) === 'suspect';
  try {
    await until('the piece has come', () => (holder()?.status ?? 0) === 200);
    if (waits) await until('it waits', () => holder()!.awaited);
    else {
      await reading;
      await turn();
      assert.equal(holder()!.awaited, false);
    }
    assert.equal(suspected(), !waits);
  } finally {
    ended.abort();
  }
}

function testForms(name: string, forms: readonly Form[], skip: string | false = false): void {
  describe(name, { skip }, () => {
    for (const form of forms) {
      test(`${form.name}: ${form.waits ? 'waits' : 'is suspected'}`, async () => {
        await check(form);
        await verifyNone();
      });
    }
  });
}

testForms('node:http', streamForms(nodeHttp));
testForms('fetch', webForms((url, signal) => fetch(url, { signal })));
for (const version of [6, 7, 8] as const) {
  const undici = await loadUndici(version);
  const skip = typeof undici === 'string' ? undici : false;
  testForms(`request() of undici ${version}`, streamForms(async (url, signal) => ((await (undici).request(url, { signal })).body as Readable).on('error', silence)), skip);
  testForms(`fetch of undici ${version}`, webForms((url, signal) => (undici).fetch(url, { signal }) as Promise<Response>), skip);
}
