/** What a server sends on an idle connection while the event loop is blocked is the answer to no request. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Client, GotConnInfo, RequestInit } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback } from '../fixtures/loopback.js';
import { compiledProgram } from '../fixtures/package-root.js';
import type { UnaskedData } from './unasked-server.js';

const KINDS = ['408-and-end', '408-close', '408-keep-alive', '400', '200', 'part-of-a-head', 'garbage', 'empty-line', '100', '103', 'end', 'reset'];

const REQUESTS: [what: string, init: () => RequestInit][] = [
  ['GET', () => ({})],
  ['POST', () => ({ method: 'POST', body: 'order' })],
  ['HEAD', () => ({ method: 'HEAD' })],
  ['PUT of a stream', () => ({ method: 'PUT', body: new ReadableStream({ start: (it) => (it.enqueue('order'), it.close()) }), headers: { 'Content-Length': '5' } })],
];

const ca = new CertificateAuthority();

/** Only a server that sends nothing meets it. */
const HANGS = 20_000;

for (const scheme of ['http', 'https']) {
  describe(`over ${scheme}`, () => {
    const counter = new Int32Array(new SharedArrayBuffer(4));
    let server: Worker;
    let origin: string;
    before(async () => {
      const certificate = scheme === 'https' ? ca.issue({ names: ['127.0.0.1'] }) : null;
      server = new Worker(compiledProgram('faults/unasked-server.js'), { workerData: { certificate, sent: counter.buffer } satisfies UnaskedData });
      const [port] = (await once(server, 'message')) as [number];
      origin = `${scheme}://127.0.0.1:${port}`;
    });
    after(() => server.terminate());

    /** Blocks the thread until the server has sent its surprise. */
    function blockUntilSent(): void {
      const seen = Atomics.load(counter, 0);
      server.postMessage('now');
      while (Atomics.load(counter, 0) === seen) assert.equal(Atomics.wait(counter, 0, seen, HANGS) === 'timed-out', false, 'the server sends nothing');
      // What was seen within the last 5 ms is trusted; and the system may still be carrying the bytes over.
      Atomics.wait(counter, 0, seen + 1, 25);
    }

    async function assertAnswered(client: Client, init: RequestInit): Promise<void> {
      let got: GotConnInfo | undefined;
      const response = await client.request(`${origin}/mine`, { ...init, trace: { gotConn: (info) => (got = info), got1xxResponse: () => assert.fail('a 1xx that no request asked for') } });
      const text = await response.text();
      const { method = 'GET' } = init;
      assert.deepEqual([response.status, text], [200, method === 'HEAD' ? '' : `${method} /mine`]);
      assert.equal(got!.reused, false);
    }

    for (const kind of KINDS) {
      test(`${kind}: the next request is answered on another connection`, onLoopback(async (loop) => {
        for (const [, init] of REQUESTS) {
          const { client } = loop.client({ tls: { ca: ca.cert } });
          assert.equal(await (await client.get(`${origin}/${kind}`)).text(), 'hello');
          blockUntilSent();
          await assertAnswered(client, init());
        }
      }));

      test(`${kind}, behind a body that is read only then: likewise`, onLoopback(async (loop) => {
        for (const [, init] of REQUESTS.slice(0, 2)) {
          const { client } = loop.client({ tls: { ca: ca.cert } });
          const response = await client.get(`${origin}/${kind}`);
          blockUntilSent();
          // The read is answered from memory: the event loop has not turned since.
          const text = response.text();
          const next = assertAnswered(client, init());
          assert.equal(await text, 'hello');
          await next;
        }
      }));

      test(`${kind}, and a request waits for that connection: likewise`, onLoopback(async (loop) => {
        for (const [, init] of REQUESTS.slice(0, 2)) {
          const { client } = loop.client({ tls: { ca: ca.cert }, maxConnsPerHost: 1 });
          const response = await client.get(`${origin}/${kind}`);
          const next = assertAnswered(client, init());
          blockUntilSent();
          assert.equal(await response.text(), 'hello');
          await next;
        }
      }));
    }
  });
}
