/** What a finished request was made of can be collected: the observation holds on to nothing of it, however it ended. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import 'watertight/leak';
import { setTracking } from 'watertight/tasks';
import { closedPort } from '../fixtures/closed-port.js';
import { FormServer } from '../fixtures/form-server.js';
import { loadUndici, type Undici } from './undici-version.js';

let server: FormServer;
before(async () => {
  // Every stack is captured, as in a test.
  setTracking('all');
  server = await FormServer.start();
});
after(() => server.stop());

/** Makes requests and finishes them, and returns what is to be collected. */
type Form = (origin: string) => Promise<object[]>;

/** How many collections it may take: some things are released by timers of the client. */
const PATIENCE = 100;

async function assertReleased(form: Form): Promise<void> {
  const made = (await form(server.origin)).map((each) => ({ name: each.constructor.name, held: new WeakRef(each) }));
  const kept = (): string[] => made.filter(({ held }) => held.deref() !== undefined).map(({ name }) => name);
  for (let i = 0; i < PATIENCE && kept().length > 0; i++) {
    await sleep(5);
    globalThis.gc!();
  }
  assert.deepEqual(kept(), []);
}

async function readAll(response: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of response);
}

async function finished(request: http.ClientRequest): Promise<object[]> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await readAll(response);
  return [request, response];
}

describe('node:http', () => {
  const forms: [name: string, form: Form][] = [
    ['read to its end', (origin) => finished(http.get(`${origin}/small`))],
    ['read to its end, without keep-alive', (origin) => finished(http.get(`${origin}/small`, { agent: false }))],
    ['an empty response', (origin) => finished(http.get(`${origin}/204`))],
    ['given up', async (origin) => {
      const request = http.get(`${origin}/big`);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.destroy();
      await once(request, 'close');
      return [request, response];
    }],
    ['no connection', async () => {
      const request = http.get({ port: await closedPort() });
      await once(request, 'error');
      return [request];
    }],
  ];
  for (const [name, form] of forms) test(name, () => assertReleased(form));
});

test('fetch', () => assertReleased(async (origin) => {
  const response = await fetch(`${origin}/small`);
  await response.text();
  return [response];
}));

for (const version of [6, 7, 8] as const) {
  describe(`undici ${version}`, async () => {
    const undici: Undici = await loadUndici(version);
    if (typeof undici === 'string') {
      test('not here', { skip: undici }, () => undefined);
      return;
    }
    test('request()', () => assertReleased(async (origin) => {
      const { body } = await undici.request(`${origin}/small`);
      await readAll(body);
      return [body];
    }));
    test('request(), given up', () => assertReleased(async (origin) => {
      const { body } = await undici.request(`${origin}/big`);
      body.on('error', () => undefined).destroy();
      return [body];
    }));
  });
}
