/** Statuses that fetch gives out as they are, in whatever mode, and those of which the standard makes an error. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { redirect, site } from './site.js';

const BODIES: readonly (readonly [string, () => RequestInit])[] = [
  ['no body', () => ({})],
  ['a string', () => ({ method: 'POST', body: '{"data":"test"}' })],
  ['a stream', () => ({ method: 'PUT', body: new Blob(['hello world']).stream(), duplex: 'half' })],
];

describe('is the response, and the request is not sent again:', () => {
  for (const status of [300, 305, 306, 400, 401, 403, 408, 425, 429, 500, 503, 599]) {
    test(String(status), onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        request.reply('{"error":"x"}', { status: `${status} Some`, fields: ['WWW-Authenticate: Basic', 'Location: /there', 'Retry-After: 0'] });
      } });
      for (const [what, init] of BODIES) {
        const response = await fetch(server.origin, init());
        assert.deepEqual([response.status, response.ok, await response.json()], [status, false, { error: 'x' }], what);
      }
      assert.equal(server.requests.length, BODIES.length);
    }));
  }
});

describe('is a TypeError, and leaves no connection in use:', () => {
  for (const [what, status] of [['407, as nobody can be asked for a password', 407], ['600, which no Response has', 600], ['999', 999]] as const) {
    test(what, onLoopback(async (net) => {
      const { fetch } = await site(net);
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        request.reply('x', { status: `${status} Some`, fields: ['Proxy-Authenticate: Basic'] });
      } });
      const failed = { name: 'TypeError', message: 'fetch failed' };
      for (const init of [undefined, { window: null }, { redirect: 'manual' }, { redirect: 'error' }, { credentials: 'omit' }, { integrity: 'sha256-x' }, { method: 'HEAD' }, { method: 'POST', body: 'x' }]) {
        await assert.rejects(fetch(server.origin, init as RequestInit), (error: TypeError) => {
          assert.deepEqual({ name: error.name, message: error.message }, failed);
          assert.match((error.cause as Error).message, new RegExp(String(status)));
          return true;
        });
      }
      await assert.rejects(fetch(new Request(server.origin)), failed);
      await assert.rejects(fetch(redirect((await site(net)).origin, 302, server.origin)), failed);
      assert.equal(server.requests.length, 10);
    }));
  }

  test('whoever observes the request is told of its end, as of every response that fetch refuses', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const told: unknown[] = [];
    const listener = (message: unknown): void => void told.push((message as { request: { path: string } }).request.path);
    subscribe('undici:request:error', listener);
    try {
      const server = await net.serve({ onRequest: (request) => request.reply('x', { status: `${request.target.slice(1)} Some` }) });
      for (const path of ['/407', '/600']) await assert.rejects(fetch(server.origin + path), TypeError);
      for (const init of [{ redirect: 'error' as const }, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' as const }]) await assert.rejects(fetch(redirect(origin, 307, '/there'), init), TypeError);
      await assert.rejects(fetch(redirect(origin, 302, 'ftp://a/')), TypeError);
    } finally {
      unsubscribe('undici:request:error', listener);
    }
    assert.deepEqual(told, ['/407', '/600', redirect('', 307, '/there'), redirect('', 307, '/there'), redirect('', 302, 'ftp://a/')]);
  }));
});
