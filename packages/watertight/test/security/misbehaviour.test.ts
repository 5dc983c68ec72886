/**
 * The user's code misbehaves at random: a place, a deed and a way for the request are drawn. Whatever
 * comes of it, the request settles, nothing is uncaught, nothing is left, and the next request works.
 *
 *   WATERTIGHT_SEED=7 WATERTIGHT_DRAWS=100000 node --expose-gc packages/watertight/dist-test/security/misbehaviour.test.js
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Client, HookError, Transport, WatertightError } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { assertEmpty, settle } from '../fixtures/loopback.js';
import { BODIES, DEEDS, enough, failure, HOOKS, Misbehaviour, PLACES } from '../fixtures/misbehaviour.js';

const seed = Number(process.env.WATERTIGHT_SEED ?? Date.now() % 2 ** 31);
const draws = Number(process.env.WATERTIGHT_DRAWS ?? 500);

/** No request takes so long; what does is stuck. */
const STUCK_MS = 20_000;
const late = new Error('aborted by the test');

/** Whose errors name them: the request fails if one throws, whatever else happens to it. */
const NAMED: readonly string[] = [...HOOKS, 'checkRedirect', 'jar.getCookieString', 'jar.setCookie'];

/** What the deeds throw. */
const THROWN: Readonly<Record<string, unknown>> = { throw: failure, 'throw undefined': undefined, 'throw text': 'text', reject: failure };

const ca = new CertificateAuthority();
const sockets = new Set<net.Socket>();

const WAYS = ['/hello', '/redirect/302', '/redirect/307', '/refuse', '/hints', '/reset', '/half', '/silent'] as const;

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const url = request.url!;
  request.on('error', () => {});
  response.on('error', () => {});
  if (url === '/silent') return;
  if (url === '/reset') {
    if ('encrypted' in request.socket) request.socket.destroy();
    else request.socket.resetAndDestroy();
    return;
  }
  if (url === '/refuse') return void response.writeHead(413, { 'Content-Length': '2' }).end('no');
  if (url === '/half') return void (response.writeHead(200, { 'Content-Length': '10' }), response.write('half'), setImmediate(() => request.socket.destroy()));
  if (url === '/hints') response.writeEarlyHints({ link: '</a>; rel=preload' });
  request.on('end', () => {
    response.setHeader('Set-Cookie', 'a=b');
    if (url.startsWith('/redirect')) response.writeHead(Number(url.slice(10)), { Location: '/hello' });
    response.end('hello');
  });
  request.resume();
}

async function serve(server: http.Server): Promise<number> {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

/** Waits turn by turn; false if it takes for ever. */
async function until(condition: () => boolean): Promise<boolean> {
  const end = performance.now() + STUCK_MS;
  while (!condition()) {
    if (performance.now() > end) return false;
    await turn();
  }
  return true;
}

const draw = fc.record({
  place: fc.constantFrom(...PLACES),
  deed: fc.constantFrom(...DEEDS),
  nth: fc.nat({ max: 2 }),
  where: fc.constantFrom('http', 'https', 'refused'),
  way: fc.constantFrom(...WAYS),
  body: fc.constantFrom(...BODIES),
  expect: fc.boolean(),
  /** Requests of others, to the same host, before and after it. */
  before: fc.nat({ max: 2 }),
  after: fc.nat({ max: 2 }),
  maxConnsPerHost: fc.nat({ max: 2 }),
  /** After so many turns the request is cancelled; null: when nothing else ends it. */
  cancelAfter: fc.option(fc.nat({ max: 12 }), { freq: 3 }),
  ending: fc.constantFrom('text', 'close', 'read and close'),
});

type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never;

test(`a user who misbehaves harms only the own request (${draws} draws, WATERTIGHT_SEED=${seed})`, async () => {
  const servers = [http.createServer(answer), https.createServer(ca.issue({ names: ['127.0.0.1', 'a.test'] }), answer)];
  const [plain, secure] = await Promise.all(servers.map(serve));
  const refusing = await closedPort();
  const alarms: unknown[] = [];
  let current: Draw | null = null;
  const alarm = (error: unknown): void => {
    alarms.push(error);
    console.error('uncaught or unhandled in the draw', JSON.stringify(current));
  };
  process.on('uncaughtException', alarm).on('unhandledRejection', alarm);

  const run = async (drawn: Draw): Promise<void> => {
    const { place, deed, nth, where, way, body, expect, ending } = (current = drawn);
    const origin = { http: `http://a.test:${plain}`, https: `https://a.test:${secure}`, refused: `http://a.test:${refusing}` }[where];
    const user = new Misbehaviour(place, deed, nth, `${origin}/hello`);
    const transport = (user.transport = new Transport({ ...user.transportOptions(ca.cert), maxConnsPerHost: drawn.maxConnsPerHost, expectContinueTimeout: 1000, dialTimeout: deed === 'never answer' ? 200 : STUCK_MS }));
    const client = (user.client = new Client({ ...user.clientOptions(), transport }));
    const others: Promise<{ error?: unknown }>[] = [];
    const other = (): void => void others.push(settle(new Client({ transport }).get(`${origin}/hello`).then((response) => response.text())));

    for (let i = 0; i < drawn.before; i++) other();
    let settled = false;
    const init = { method: body === 'none' ? 'GET' : 'POST', body: user.body(body) as never, signal: user.cancel.signal, trace: user.trace, headers: (expect && body !== 'none' ? { Expect: '100-continue' } : {}) as Record<string, string> };
    const request = client.request(`${origin}${way}`, init).then(async (response) => {
      if (ending === 'text') return response.text();
      if (ending === 'read and close') await response.body.read();
      return response.close();
    });
    const outcome = request.then(() => null, (error: unknown) => [error]).finally(() => (settled = true));
    for (let i = 0; i < drawn.after; i++) other();

    for (let turns = 0; !settled && turns < (drawn.cancelAfter ?? 150); turns++) await turn();
    if (!settled) user.cancel.abort(late);
    assert.ok(await until(() => settled), 'the request does not settle');
    const failed = await outcome;
    if (failed !== null) {
      const [error] = failed;
      // Only the reason of an abort comes as it is; what was thrown is a cause.
      const known = error instanceof WatertightError || error === enough || error === late;
      assert.ok(known, `the request rejects with an error of the library's inside, or with what was thrown: ${error instanceof Error ? error.stack : String(error)}`);
      // No hook is awaited: until its promise is rejected, the request may have failed by itself.
      const unheard = deed === 'reject' && (HOOKS as readonly string[]).includes(place);
      if (user.done && deed in THROWN && NAMED.includes(place) && error !== late && !unheard) {
        assert.ok(error instanceof HookError && error.hook === place && error.cause === THROWN[deed], `the request does not say that ${place} threw: ${(error as Error).stack}`);
      }
    } else if (user.done && NAMED.includes(place)) {
      assert.ok(['reject', 'close idle connections', 'make a request', 'never answer', 'close the transport'].includes(deed), 'a hook failed, and its request did not');
    }

    let rest = false;
    const results = Promise.all([...others, ...user.requests]).finally(() => (rest = true));
    assert.ok(await until(() => rest), 'the requests of others do not settle');
    const shared = place === 'dial' || place === 'lookup' || place === 'checkServerIdentity';
    for (const { error } of await results) {
      if (error === undefined) continue;
      const { code } = error as { code?: string };
      const allowed = (where === 'refused' && code === 'ERR_DIAL') || code === 'ERR_TRANSPORT_CLOSED' || shared;
      assert.ok(allowed, `another's request failed: ${(error as Error).message}`);
    }

    if (deed !== 'close the transport') {
      // What is drawn for a later call must not happen to this one.
      const next = new Misbehaviour(place, deed, Infinity, '');
      Object.assign(user, { act: next.act.bind(next) });
      assert.equal(await (await client.get(`http://a.test:${plain}/hello`, { timeout: STUCK_MS })).text(), 'hello');
    }
    // A dial whose request was served by another connection goes on, as in Go.
    if (deed !== 'never answer') assert.ok(await until(() => transport.stats().dialling === 0), 'a dial does not end');
    const { active, waiting } = transport.stats();
    assert.deepEqual({ active, waiting }, { active: 0, waiting: 0 });
    await transport.close();
    assertEmpty(transport);
    assert.equal(taskCount(), 1, 'tasks are left');
    assert.ok(await until(() => sockets.size === 0), 'sockets are left');
    await turn();
    assert.deepEqual(alarms, [], 'uncaught or unhandled');
  };

  try {
    // What one draw leaves behind fails the next ones too, so a smaller draw that fails would prove nothing.
    await fc.assert(fc.asyncProperty(draw, run), { seed, numRuns: draws, endOnFailure: true, includeErrorInReport: true });
    await verifyNone();
  } finally {
    process.off('uncaughtException', alarm).off('unhandledRejection', alarm);
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  }
});
