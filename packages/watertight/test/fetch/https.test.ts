/** fetch over TLS: every kind of body goes up and comes down as without it, and the head is the platform's. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createFetch } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { answer, echoOf, field } from './site.js';

const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['127.0.0.1'] });

type Fetch = typeof globalThis.fetch;

async function secure(net: Loopback, onRequest = answer): Promise<{ origin: string; fetch: Fetch; trusting: Fetch }> {
  const { origin } = await net.serve({ tls: { key: certificate.key, cert: certificate.cert }, onRequest });
  const over = (tls: object): Fetch => createFetch({ transport: net.client({ tls }).transport });
  return { origin, fetch: over({ ca: authority.cert }), trusting: over({}) };
}

const SOURCE = fileURLToPath(import.meta.url);

const BODIES: readonly (readonly [string, () => RequestInit['body'], string])[] = [
  ['a string', () => 'hello from client!', 'hello from client!'],
  ['a Buffer', () => Buffer.from('hello'), 'hello'],
  ['an ArrayBuffer', () => new TextEncoder().encode('hello').buffer, 'hello'],
  ['a Blob', () => new Blob(['asd'], { type: 'text/plain' }), 'asd'],
  ['URLSearchParams', () => new URLSearchParams({ a: '1' }), 'a=1'],
  ['a stream of a file', () => new Blob([readFileSync(SOURCE)]).stream(), readFileSync(SOURCE, 'utf8')],
];

describe('sends', () => {
  for (const [what, make, text] of BODIES) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await secure(net);
      for (const method of ['POST', 'PUT']) {
        const echo = await echoOf(fetch(`${origin}/a`, { method, body: make(), duplex: 'half', headers: { 'x-my-header': 'foo', 'content-type': 'text-plain' } }));
        assert.deepEqual([echo.method, echo.target, echo.body, field(echo, 'x-my-header'), field(echo, 'content-type')], [method, '/a', text, 'foo', 'text-plain']);
      }
    }));
  }

  test('the length of no body with POST', onLoopback(async (net) => {
    const { origin, fetch } = await secure(net);
    assert.equal(field(await echoOf(fetch(origin, { method: 'POST' })), 'content-length'), '0');
  }));

  test('that it takes every coding it can undo', onLoopback(async (net) => {
    const { origin, fetch } = await secure(net);
    assert.match(field(await echoOf(fetch(origin)), 'accept-encoding')!, /^gzip, deflate, br(, zstd)?$/);
  }));
});

test('the head of the response is the platform\'s: its cookies one by one, no name that is none', onLoopback(async (net) => {
  const { origin, fetch } = await secure(net);
  const response = await fetch(origin);
  assert.deepEqual([response.status, response.statusText, response.url, response.type], [200, 'OK', `${origin}/`, 'basic']);
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.throws(() => response.headers.get(':status'), TypeError);
  assert.equal(new Headers(response.headers).get('content-type'), 'application/json');
  assert.match(await response.text(), /GET/);
}));

test('an abort after the head, and one after the body, end well', onLoopback(async (net) => {
  const { origin, fetch } = await secure(net);
  const controller = new AbortController();
  const response = await fetch(origin, { method: 'PUT', body: Buffer.from('hello'), signal: controller.signal });
  controller.abort();
  await assert.rejects(response.text(), { name: 'AbortError' });
}));

test('a certificate that nobody trusts is a TypeError with its code', onLoopback(async (net) => {
  const { origin, trusting } = await secure(net);
  await assert.rejects(trusting(origin), (error: TypeError & { code: string }) => error.message === 'fetch failed' && error.code === 'ERR_TLS' && typeof (error.cause as { code: string }).code === 'string');
}));
