/** Every hook, whatever it does, on every way a request can go: the request ends as it must, and nothing is left. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HookError, type Client, type ClientTrace, type Transport } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { assertWorks, onLoopback, settle } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const ca = new CertificateAuthority();
const certificate = ca.issue({ names: ['127.0.0.1'] });
const failure = new Error('the hook failed');
const enough = new Error('enough');

/** A hint before every answer, and a 100 for those who wait for it. */
const answer = async (request: RawRequest): Promise<void> => {
  request.connection.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n');
  if (request.header('expect') !== undefined) request.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
  await request.body;
  request.reply('hello');
};

/** How much of a request may have left when the hook is called. */
const HOOKS: Record<keyof ClientTrace, 'nothing' | 'the head' | 'what need not wait' | 'all' | 'all, and it is answered'> = {
  getConn: 'nothing',
  connectStart: 'nothing',
  tlsHandshakeStart: 'nothing',
  tlsHandshakeDone: 'nothing',
  connectDone: 'nothing',
  gotConn: 'nothing',
  dnsStart: 'nothing',
  dnsDone: 'nothing',
  wroteHeaderField: 'the head',
  wroteHeaders: 'the head',
  wait100Continue: 'the head',
  got1xxResponse: 'what need not wait',
  gotFirstResponseByte: 'what need not wait',
  got100Continue: 'what need not wait',
  wroteRequest: 'all',
  // Nothing that a hook does then changes the outcome.
  putIdleConn: 'all, and it is answered',
};

interface Deed {
  readonly does: (cancel: AbortController, transport: Transport) => unknown;
  readonly isOutcome: (error: Error & { code?: string }) => boolean;
}

const isHookError = (error: Error): boolean => error instanceof HookError && error.code === 'ERR_HOOK' && error.cause === failure;

const DEEDS: Record<string, Deed> = {
  throws: { does: () => { throw failure; }, isOutcome: isHookError },
  aborts: { does: (cancel) => cancel.abort(enough), isOutcome: (error) => error === enough },
  'aborts and throws': { does: (cancel) => { cancel.abort(enough); throw failure; }, isOutcome: (error) => error === enough },
  'closes the transport': { does: (_, transport) => void transport.close(), isOutcome: (error) => error.code === 'ERR_TRANSPORT_CLOSED' },
};

async function* pieces(): AsyncGenerator<string> {
  yield 'one';
  yield 'two';
}

const REQUESTS: Record<string, (client: Client, url: string, signal: AbortSignal, trace: ClientTrace) => Promise<unknown>> = {
  GET: (client, url, signal, trace) => client.get(url, { signal, trace }).then((response) => response.text()),
  'a streamed body': (client, url, signal, trace) => client.post(url, pieces(), { signal, trace }).then((response) => response.text()),
  'a body that waits for 100': (client, url, signal, trace) => client.post(url, pieces(), { signal, trace, headers: { Expect: '100-continue' } }).then((response) => response.text()),
};

for (const [hook, sent] of Object.entries(HOOKS) as [keyof ClientTrace, string][]) {
  describe(`the hook ${hook}`, () => {
    for (const [what, { does, isOutcome }] of Object.entries(DEEDS)) {
      for (const where of ['http', 'https', 'a port that refuses'] as const) {
        test(`that ${what}, to ${where}, ends its own request and nothing else`, onLoopback(async (loop) => {
          const server = await loop.serve({ onRequest: answer, tls: where === 'https' ? certificate : undefined });
          const url = where === 'a port that refuses' ? `http://127.0.0.1:${await closedPort()}/` : server.origin;
          for (const [kind, request] of Object.entries(REQUESTS)) {
            const { client, transport } = loop.client({ tls: { ca: ca.cert }, maxConnsPerHost: 1, expectContinueTimeout: 60_000 });
            const cancel = new AbortController();
            let calls = 0;
            const before = server.connections.length;
            const { error } = await settle(request(client, url, cancel.signal, { [hook]: () => (calls++, does(cancel, transport)) }));
            const called = calls > 0;
            if (called && sent !== 'all, and it is answered') assert.ok(isOutcome(error!), `${kind}: ${String(error)}`);
            else assert.equal(error?.code, where === 'a port that refuses' ? 'ERR_DIAL' : undefined, `${kind}: ${String(error)}`);
            const { active, dialling, waiting } = transport.stats();
            assert.deepEqual({ active, dialling, waiting }, { active: 0, dialling: 0, waiting: 0 }, kind);
            if (called && sent === 'nothing') for (const connection of server.connections.slice(before)) assert.equal(connection.text, '', kind);
            if (called && (sent === 'the head' || (kind === 'a body that waits for 100' && !sent.startsWith('all')))) for (const connection of server.connections.slice(before)) assert.doesNotMatch(connection.text, /one|two/, kind);
            if (what !== 'closes the transport') await assertWorks(client, server.origin);
          }
        }));
      }
    }
  });
}

/** An async function, as TypeScript lets nobody write it and JavaScript everybody. */
const rejecting = (): never => Promise.reject(failure) as never;

test('an async hook that rejects cancels its request, and the rejection is heard', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: () => undefined });
  const { client } = loop.client();
  await assert.rejects(client.get(server.origin, { trace: { gotConn: rejecting } }), isHookError);
  await assert.rejects(client.get(server.origin, { trace: { wroteHeaders: rejecting } }), isHookError);
}));

test('a hook that throws what is no Error is reported all the same', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: answer });
  const { client } = loop.client();
  for (const thrown of [undefined, null, 'text', 7, Object.create(null), Symbol('s')] as unknown[]) {
    await assert.rejects(client.get(server.origin, { trace: { gotConn: () => { throw thrown; } } }), (error: Error) => error instanceof HookError && error.cause === thrown);
  }
  await assertWorks(client, server.origin);
}));

test('a hook that makes a request to the same host gets its answer, and so does the request', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: answer });
  for (const hook of Object.keys(HOOKS)) {
    const { client } = loop.client({ maxConnsPerHost: 1 });
    const inner: Promise<string>[] = [];
    const response = await client.get(server.origin, { trace: { [hook]: () => void inner.push(client.get(server.origin).then((res) => res.text())) } });
    assert.equal(await response.text(), 'hello');
    assert.ok((await Promise.all(inner)).every((text) => text === 'hello'), hook);
  }
}));

test('a hook of the request that began a dial, throwing, does not fail the request that has the dial by then', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: answer });
  for (const hook of ['connectStart', 'connectDone', 'gotConn'] as const) {
    const { client } = loop.client({ maxConnsPerHost: 1 });
    const failing = client.get(server.origin, { trace: { [hook]: () => { throw failure; } } });
    const waiting = client.get(server.origin);
    await assert.rejects(failing, isHookError);
    assert.equal(await (await waiting).text(), 'hello', hook);
  }
  // A dial that fails is nobody else's failure: the next request dials for itself.
  const refused = `http://127.0.0.1:${await closedPort()}/`;
  const { client } = loop.client({ maxConnsPerHost: 1 });
  const failing = client.get(refused, { trace: { connectDone: () => { throw failure; } } });
  const waiting = client.get(refused);
  await assert.rejects(failing, isHookError);
  await assert.rejects(waiting, { code: 'ERR_DIAL' });
}));

test('a request that is cancelled with a ConnectionError is not tried again', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.target === '/first' ? request.reply('hello') : undefined });
  const { client } = loop.client();
  const lost = await settle(client.get(`http://127.0.0.1:${await closedPort()}/`));
  assert.equal(lost.error!.code, 'ERR_DIAL');
  const { ConnectionError } = await import('watertight');
  await (await client.get(`${server.origin}/first`)).text();
  const cancel = new AbortController();
  const reason = new ConnectionError('ERR_CONNECTION_CLOSED', 'another request lost its connection');
  const pending = client.get(`${server.origin}/second`, { signal: cancel.signal });
  while (server.requests.length < 2) await new Promise(setImmediate);
  cancel.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
  assert.equal(server.requests.length, 2);
}));
