/** The stack of an error of fetch: it goes on to the lines of the program that await it, wherever the failure came from. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFetch } from 'watertight';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { redirect, site } from './site.js';

type Fetch = typeof globalThis.fetch;

async function askAndRead(fetch: Fetch, input: string | Request, init?: RequestInit): Promise<string> {
  const response = await fetch(input, init);
  return await response.text();
}

async function askAndIterate(fetch: Fetch, input: string | Request, init?: RequestInit): Promise<string> {
  let text = '';
  for await (const chunk of (await fetch(input, init)).body!) text += Buffer.from(chunk).toString();
  return text;
}

/** The frames that show who waits. */
async function waiting(ask: typeof askAndRead, ...given: Parameters<typeof askAndRead>): Promise<void> {
  await ask(...given);
}

const FAILURES: readonly (readonly [string, (net: Loopback, origin: string) => Promise<string> | string, RequestInit?])[] = [
  ['a port that refuses', async () => `http://127.0.0.1:${await closedPort()}/`],
  ['a name that nobody has', () => 'http://nowhere.invalid/'],
  ['a connection that ends', async (net) => (await net.serve({ onRequest: ({ connection }) => connection.finish() })).origin],
  ['a head that is none', async (net) => (await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/9.9 what\r\n\r\n') })).origin],
  ['a status that is refused', async (net) => (await net.serve({ onRequest: (request) => request.reply('x', { status: '407 Who' }) })).origin],
  ['a redirect that is refused', (_net, origin) => redirect(origin, 302, 'ftp://a/')],
  ['a redirect that is not wanted', (_net, origin) => redirect(origin, 302, '/there'), { redirect: 'error' }],
  ['a body without its integrity', (_net, origin) => origin, { integrity: 'sha256-x' }],
  ['a scheme that is unknown', () => 'ftp://127.0.0.1/'],
  ['a port that is bad', () => 'http://127.0.0.1:6000/'],
  ['a body that is cut', async (net) => (await net.serve({ onRequest: ({ connection }) => {
    connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
    connection.finish();
  } })).origin],
];

describe('names the function that awaited, and who awaits that:', () => {
  for (const [what, make, init] of FAILURES) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const url = await make(net, origin);
      for (const ask of [askAndRead, askAndIterate]) {
        const forms: [string | Request, RequestInit?][] = [[url, init], [new Request(url, init)], [new Request(url), init]];
        for (const [input, options] of forms) {
          await assert.rejects(waiting(ask, fetch, input, options), (error: Error) => {
            assert.equal(error.name, 'TypeError');
            assert.match(error.stack!, new RegExp(`\\bat (async )?${ask.name} [^]*\\bat (async )?waiting `));
            assert.doesNotMatch(error.stack!, /networkError/);
            return true;
          });
        }
      }
    }));
  }

  test('over a client with a jar and a time limit', onLoopback(async (net) => {
    const silent = await net.serve({});
    const fetch = createFetch({ client: net.client({}, { timeout: 30, jar: { getCookieString: () => '', setCookie: () => undefined } }).client });
    await assert.rejects(waiting(askAndRead, fetch, silent.origin), (error: Error) => /\bat async askAndRead [^]*\bat async waiting /.test(error.stack!));
  }));
});
