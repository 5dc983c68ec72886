/**
 * HTTP/2 in other clients: undici's with `allowH2`, and Node's own fetch where it negotiates it. Requests share one
 * connection there; an unread response holds a stream of it and a part of its window, and is found just the same.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { requestOf } from '#instrument';
import { unrefConnections } from '#resources';
import { provenLeaks, tasks } from '#tasks';
import { BIG } from '../fixtures/form-server.js';
import { Http2Server } from '../fixtures/http2-server.js';
import { packageRoot } from '../fixtures/package-root.js';
import { testForm, type Form } from './observed-form.js';
import { loadUndici, type Undici } from './undici-version.js';

let server: Http2Server;
before(async () => {
  server = await Http2Server.start();
});
after(async () => {
  assert.equal(server.olderRequests, 0, 'all of them by HTTP/2');
  await server.stop();
});

const silence = (): undefined => undefined;
const loopback = (_host: string, { all }: { all?: boolean }, found: (...args: unknown[]) => void): void => (all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4));

const holderOf = (path: string): unknown => tasks().find(({ holder }) => holder?.url.endsWith(path))?.holder;

/** The sockets to the server that keep the process alive. */
function sockets(): Socket[] {
  const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
  return handles.filter((handle): handle is Socket => handle instanceof Socket && handle.remotePort === server.port);
}

function forms(undici: Undici, dispatcher: () => Undici): Form[] {
  const request = (url: string, more: object = {}): Undici => undici.request(url, { dispatcher: dispatcher(), ...more });
  const fetch = (url: string, more: object = {}): Undici => undici.fetch(url, { dispatcher: dispatcher(), ...more });
  const leaks: Form[] = [
    { name: 'request, never read, 5 bytes', expected: { client: 'undici' }, run: (origin) => undici.request(`${origin}/small`, { dispatcher: dispatcher() }) }, // here
    { name: 'request, never read, 1 MiB', expected: { client: 'undici', path: '/big', contentLength: BIG }, run: (origin) => undici.request(`${origin}/big`, { dispatcher: dispatcher() }) }, // here
    { name: 'request, never read, a redirect', expected: { client: 'undici', path: '/redirect', status: 302 }, run: (origin) => undici.request(`${origin}/redirect`, { dispatcher: dispatcher() }) }, // here
    { name: 'request, never read, still arriving', expected: { client: 'undici', path: '/stalled', contentLength: 100 }, run: (origin) => undici.request(`${origin}/stalled`, { dispatcher: dispatcher() }) }, // here
    {
      name: 'request, half read',
      expected: { client: 'undici', path: '/big', bytesRead: 'some' },
      run: async (origin) => {
        const { body } = await undici.request(`${origin}/big`, { dispatcher: dispatcher() }); // here
        await body[Symbol.asyncIterator]().next();
        return body;
      },
    },
    {
      name: 'request, no answer',
      expected: { client: 'undici', path: '/never', status: 0 },
      run: async (origin) => {
        undici.request(`${origin}/never`, { dispatcher: dispatcher() }).catch(silence); // here
        await sleep(20);
      },
    },
    { name: 'fetch, never read, 5 bytes', expected: { client: 'fetch' }, run: (origin) => undici.fetch(`${origin}/small`, { dispatcher: dispatcher() }) }, // here
    { name: 'fetch, never read, 1 MiB', expected: { client: 'fetch', path: '/big', contentLength: BIG }, run: (origin) => undici.fetch(`${origin}/big`, { dispatcher: dispatcher() }) }, // here
  ];
  const right: [name: string, run: (origin: string) => unknown][] = [
    ['request, text()', async (origin) => (await request(`${origin}/big`)).body.text()],
    ['request, dump()', async (origin) => (await request(`${origin}/big`)).body.dump()],
    ['request, destroy()', async (origin) => (await request(`${origin}/big`)).body.on('error', silence).destroy()],
    ['request, for await with break', async (origin) => {
      for await (const _ of (await request(`${origin}/big`)).body) break;
    }],
    // A stream of HTTP/2 ends with its head where there is no body, and holds nothing.
    ['request, 204', (origin) => request(`${origin}/204`)],
    ['request, aborted', async (origin) => {
      const controller = new AbortController();
      const { requests } = server;
      const pending = assert.rejects(request(`${origin}/never`, { signal: controller.signal }));
      // One that is aborted while it is still being sent makes undici 6 fail when the server ends the connection.
      while (server.requests === requests) await sleep(2);
      controller.abort();
      await pending;
    }],
    ['request, the stream is reset while reading', async (origin) => assert.rejects((await request(`${origin}/reset`)).body.text())],
    ['stream()', (origin) => undici.stream(`${origin}/big`, { dispatcher: dispatcher() }, () => new Writable({ write: (_chunk, _encoding, done) => done() }))],
    ['fetch, text()', async (origin) => (await fetch(`${origin}/big`)).text()],
    ['fetch, cancel()', async (origin) => (await fetch(`${origin}/big`)).body.cancel()],
    ['fetch, redirected', async (origin) => (await fetch(`${origin}/redirect`)).text()],
    ['fetch, 204', (origin) => fetch(`${origin}/204`)],
    ['fetch, fifty at once on one connection', async (origin) => {
      const shared = { dispatcher: dispatcher() };
      await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${origin}/small`, shared)).text()));
    }],
  ];
  return [...leaks, ...right.map(([name, run]) => ({ name, run, expected: null }))];
}

for (const version of [6, 7, 8] as const) {
  const undici: Undici = await loadUndici(version);
  describe(`undici ${version} with allowH2`, { skip: typeof undici === 'string' ? undici : false }, () => {
    if (typeof undici === 'string') return;
    const agents: Undici[] = [];
    // One for each request: a connection that the server ends may be found ending by the next one.
    const agent = (): Undici => {
      agents.push(new undici.Agent({ allowH2: true, connections: 1, connect: { ca: server.ca, lookup: loopback } }));
      return agents.at(-1);
    };
    after(() => Promise.all(agents.map((each) => each.destroy())));
    for (const form of forms(undici, agent)) testForm(form, () => server);

    test('what was dropped half read is proven by the collector', async () => {
      const known = new Set(provenLeaks());
      await (async () => {
        const { body } = await undici.request(`${server.origin}/big?dropped`, { dispatcher: agent() });
        await body[Symbol.asyncIterator]().next();
      })();
      const proof = (): unknown => provenLeaks().find((each) => !known.has(each) && each.url.endsWith('/big?dropped'));
      for (let i = 0; i < 200 && proof() === undefined; i++) {
        await sleep(10);
        globalThis.gc!();
      }
      assert.ok(proof() !== undefined, 'not proven');
      server.dropAll();
    });

    test('its connection stops keeping the process alive when all that it serves was reported', async () => {
      const others = sockets();
      const { requests } = server;
      const own = agent();
      const held = (): Socket[] => sockets().filter((socket) => !others.includes(socket));
      const pending = [undici.request(`${server.origin}/never?first`, { dispatcher: own }), undici.request(`${server.origin}/never?second`, { dispatcher: own })];
      for (const each of pending) each.catch(silence);
      while (server.requests === requests) await sleep(5);
      unrefConnections(new Set([holderOf('?first')]), requestOf);
      assert.equal(held().length, 1, 'the other one waits on it');
      unrefConnections(new Set([holderOf('?first'), holderOf('?second')]), requestOf);
      assert.equal(held().length, 0);
      await own.destroy();
      await Promise.allSettled(pending);
    });
  });
}

test('Node\'s own fetch, over HTTP/2 where it negotiates it: a leak is found, correct use is not', async () => {
  const room = mkdtempSync(join(tmpdir(), 'http2-'));
  const program = `
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { findLeaks } from ${JSON.stringify(new URL('dist/leak.js', packageRoot).href)};
const origin = process.argv[2];
await (await fetch(origin + '/big')).text();
await (await fetch(origin + '/big')).body.cancel();
await (await fetch(origin + '/redirect')).text();
await fetch(origin + '/204');
assert.deepEqual(await findLeaks(), []);
const kept = await fetch(origin + '/big'); // leak
await sleep(30);
const [leak, ...more] = await findLeaks({ retries: 0 });
assert.deepEqual([leak.client, leak.status, leak.bytesRead, leak.contentLength, leak.site.line, more.length], ['fetch', 200, 0, ${BIG}, 10, 0]);
await kept.body.cancel();
assert.deepEqual(await findLeaks(), []);
process.exit();
`;
  try {
    writeFileSync(join(room, 'ca.pem'), server.ca);
    writeFileSync(join(room, 'program.mjs'), program.trimStart());
    const older = server.olderRequests;
    const { NODE_OPTIONS: _options, ...environment } = process.env;
    const child = spawn(process.execPath, ['--dns-result-order=ipv4first', join(room, 'program.mjs'), server.origin], { env: { ...environment, NODE_EXTRA_CA_CERTS: join(room, 'ca.pem') }, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, stderr);
    const isHttp2 = server.olderRequests === older;
    assert.equal(isHttp2, Number(process.versions.node.split('.')[0]) >= 26, 'Node 26 and newer negotiate it');
    server.olderRequests = older;
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
});
