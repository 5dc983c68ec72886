/** The time of a call is one, whatever happens between its requests. */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientOptions, type Request, type RequestInit, type Response, Transport } from 'watertight';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';

let asked = 0;
const never = (): Promise<never> => {
  asked++;
  return new Promise(() => {});
};

/** The time of a test: it stands still until somebody moves it, however slow the machine is. */
interface StoppedTime {
  /** So much time passes, and the timers that are due then fire. */
  pass(ms: number): Promise<void>;
  /** So much time passes while the event loop is blocked: no timer fires. */
  block(ms: number): void;
}

function inStoppedTime(body: (net: Loopback, time: StoppedTime) => Promise<void>): (t: TestContext) => Promise<void> {
  return onLoopback(async (net, t) => {
    let at = 1000;
    asked = 0;
    t.mock.method(performance, 'now', () => at);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    try {
      await body(net, {
        async pass(ms) {
          at += ms;
          t.mock.timers.tick(ms);
          // A limit that is due ends its request after the bytes that have come already.
          for (let turns = 0; turns < 3; turns++) await turn();
        },
        block: (ms) => void (at += ms),
      });
    } finally {
      t.mock.timers.reset();
      t.mock.restoreAll();
    }
  });
}

/** Waits until a function of the program is asked, which never answers. */
async function untilStuck(): Promise<void> {
  while (asked === 0) await turn();
}

function redirectOnce(request: RawRequest): void {
  if (request.target === '/') request.reply('moved', { status: '302 Found', fields: ['Location: /x', 'Set-Cookie: a=b'] });
  else request.reply('x');
}

/** What a program's own functions can do to a call: never answer. */
const STUCK: [what: string, phase: string, policy: ClientOptions][] = [
  ['checkRedirect', 'waiting for checkRedirect', { checkRedirect: never }],
  ['getCookieString of the jar', 'waiting for the cookie jar', { jar: { getCookieString: never, setCookie: () => undefined } }],
  ['setCookie of the jar', 'waiting for the cookie jar', { jar: { getCookieString: () => '', setCookie: never } }],
];

async function start(net: Loopback, policy: ClientOptions): Promise<{ server: RawServer; client: Client }> {
  const server = await net.serve({ onRequest: redirectOnce });
  return { server, client: net.client({}, policy).client };
}

for (const [what, phase, policy] of STUCK) {
  describe(`${what} that never answers`, () => {
    test('is ended by the request\'s timeout, and not before', inStoppedTime(async (net, time) => {
      const { server, client } = await start(net, policy);
      let over = false;
      const pending = settle(client.get(server.origin, { timeout: 400 })).finally(() => (over = true));
      await untilStuck();
      await time.pass(399);
      assert.equal(over, false);
      await time.pass(1);
      const { error } = await pending;
      assert.throws(() => { throw error!; }, { code: 'ERR_TIMEOUT', phase, message: /longer than 400 ms \(timeout\)/ });
    }));

    test('is ended by the client\'s timeout', inStoppedTime(async (net, time) => {
      const { server, client } = await start(net, { ...policy, timeout: 400 });
      const pending = settle(client.get(server.origin));
      await untilStuck();
      await time.pass(400);
      const { error } = await pending;
      assert.throws(() => { throw error!; }, { code: 'ERR_TIMEOUT', phase });
    }));

    test('is ended by an abort', onLoopback(async (net) => {
      const { server, client } = await start(net, policy);
      const cancel = new AbortController();
      asked = 0;
      const pending = client.get(server.origin, { signal: cancel.signal });
      pending.catch(() => {});
      await untilStuck();
      cancel.abort('enough');
      await assert.rejects(pending, (reason) => reason === 'enough');
    }));
  });
}

test('two requests that are each within the limit are not within it together', inStoppedTime(async (net, time) => {
  const server = await net.serve({ onRequest: async (request) => {
    await time.pass(300);
    redirectOnce(request);
  } });
  const { client } = net.client();
  await assert.rejects(client.get(server.origin, { timeout: 500 }), { code: 'ERR_TIMEOUT', phase: 'waiting for headers', message: /longer than 500 ms \(timeout\)/ });
}));

test('the time that checkRedirect or the jar took is not given to the next request', inStoppedTime(async (net, time) => {
  const slow = async (): Promise<string> => {
    await time.pass(300);
    return '';
  };
  const server = await net.serve({ onRequest: async (request) => {
    if (request.target !== '/') await time.pass(300);
    redirectOnce(request);
  } });
  for (const policy of [{ checkRedirect: slow }, { jar: { getCookieString: (url: string) => (url.endsWith('/x') ? slow() : ''), setCookie: () => undefined } }]) {
    const { client } = net.client({}, policy);
    await assert.rejects(client.get(server.origin, { timeout: 500 }), { code: 'ERR_TIMEOUT', phase: 'waiting for headers' });
  }
}));

test('a function that blocks the event loop over the limit ends the call when it returns', inStoppedTime(async (net, time) => {
  const { server, client } = await start(net, { checkRedirect: () => time.block(420) });
  await assert.rejects(client.get(server.origin, { timeout: 400 }), { code: 'ERR_TIMEOUT', phase: 'waiting for checkRedirect' });
  assert.equal(server.requests.length, 1);
}));

test('a call that ends while it waits for the jar lets go of its body', onLoopback(async (net) => {
  const { server, client } = await start(net, { jar: { getCookieString: never, setCookie: () => undefined } });
  let cancelled: unknown;
  const body = new ReadableStream<string>({ cancel: (reason) => void (cancelled = reason) }, { highWaterMark: 0 });
  await assert.rejects(client.post(server.origin, body, { timeout: 50 }), { code: 'ERR_TIMEOUT' });
  assert.equal((cancelled as Error).name, 'TimeoutError');
}));

test('within the limit nothing changes', onLoopback(async (net) => {
  const { server, client } = await start(net, { checkRedirect: () => sleep(5), jar: { getCookieString: () => sleep(5, 'c=d'), setCookie: () => sleep(5) } });
  const { signal } = new AbortController();
  const response = await client.get(server.origin, { timeout: 60_000, signal });
  assert.equal(await response.text(), 'x');
  assert.equal(server.requests[1].all('cookie').join(), 'c=d');
  for (const fails of [{ checkRedirect: () => Promise.reject(new Error('no')) }, { jar: { getCookieString: () => Promise.reject(new Error('no')), setCookie: () => undefined } }]) {
    await assert.rejects(net.client({}, fails).client.get(server.origin, { timeout: 60_000, signal }), { code: 'ERR_HOOK', message: /threw, so the request failed: no$/, cause: new Error('no') });
  }
}));

describe('a RoundTripper of the program', () => {
  test('that never answers is ended by the timeout and by the signal', async () => {
    const client = new Client({ transport: { roundTrip: never }, timeout: 30 });
    await assert.rejects(client.get('http://127.0.0.1/'), { code: 'ERR_TIMEOUT', phase: 'waiting for headers' });
    const cancel = new AbortController();
    const pending = client.get('http://127.0.0.1/', { signal: cancel.signal, timeout: 60_000 });
    cancel.abort('enough');
    await assert.rejects(pending, (reason) => reason === 'enough');
  });

  test('that answers too late has its response closed', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const transport = net.adopt(new Transport());
    let late: Response | undefined;
    const roundTrip = async (request: Request): Promise<Response> => {
      const init: RequestInit = { method: request.method };
      late = await transport.roundTrip({ url: request.url, ...init });
      await sleep(80);
      return late;
    };
    await assert.rejects(new Client({ transport: { roundTrip } }).get(server.origin, { timeout: 40 }), { code: 'ERR_TIMEOUT' });
    // Without an end of its own: a response that is never closed is a test that never ends.
    while (late?.body.state !== 'closed') await sleep(10);
    assert.equal(late?.body.state, 'closed');
  }));
});
