/** fetch, Node's own and undici's: every way to leave a response unread is a leak, every right way is none. */

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { PassThrough } from 'node:stream';
import { BIG, FormServer } from '../fixtures/form-server.js';
import { testForm, type Form } from './observed-form.js';
import { loadUndici } from './undici-version.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

type Fetch = typeof globalThis.fetch;

const silence = (): undefined => undefined;

function forms(fetch: Fetch): Form[] {
  const leaks: Form[] = [
    { name: 'never read, 5 bytes', expected: { client: 'fetch', contentLength: 5 }, run: (origin) => fetch(`${origin}/small`) }, // here
    { name: 'never read, 1 MiB', expected: { client: 'fetch', contentLength: BIG, path: '/big' }, run: (origin) => fetch(`${origin}/big`) }, // here
    { name: 'never read, length unknown', expected: { client: 'fetch', contentLength: -1, path: '/chunked' }, run: (origin) => fetch(`${origin}/chunked`) }, // here
    { name: 'never read, compressed', expected: { client: 'fetch', path: '/gzip' }, run: (origin) => fetch(`${origin}/gzip`) }, // here
    { name: 'never read, compressed, large', expected: { client: 'fetch', path: '/gzip-big' }, run: (origin) => fetch(`${origin}/gzip-big`) }, // here
    {
      name: 'half read, compressed, though all of it has arrived',
      expected: { client: 'fetch', bytesRead: 'some', contentLength: -1, path: '/gzip-zeros' },
      run: async (origin) => {
        const response = await fetch(`${origin}/gzip-zeros`); // here
        await response.body!.getReader().read();
        return response;
      },
    },
    { name: 'never read, an error status', expected: { client: 'fetch', status: 500, path: '/error' }, run: (origin) => fetch(`${origin}/error`) }, // here
    { name: 'never read, after a redirect', expected: { client: 'fetch', path: '/small?from=*' }, run: (origin) => fetch(`${origin}/redirect`) }, // here
    { name: 'never read, after two redirects', expected: { client: 'fetch', path: '/small?from=*' }, run: (origin) => fetch(`${origin}/redirect-twice`) }, // here
    { name: 'never read, user, password and query', expected: { client: 'fetch', path: '/small?token=*&x=*' }, run: (origin) => fetch(`${origin}/small?token=secret&x=1`) }, // here
    { name: 'a POST whose response is never read', expected: { client: 'fetch' }, run: (origin) => fetch(`${origin}/small`, { method: 'POST', body: 'x'.repeat(1000) }) }, // here
    {
      name: 'thrown before reading',
      expected: { client: 'fetch', status: 500, path: '/error' },
      run: async (origin) => {
        let response: Response | undefined;
        try {
          response = await fetch(`${origin}/error`); // here
          if (!response.ok) throw new Error(`status ${response.status}`);
        } catch {
          return response;
        }
      },
    },
    {
      name: 'a reader that stops half way, its lock released',
      expected: { client: 'fetch', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const response = await fetch(`${origin}/big`); // here
        const reader = response.body!.getReader();
        await reader.read();
        reader.releaseLock();
        return response;
      },
    },
    {
      name: 'a body locked by a reader that never reads',
      expected: { client: 'fetch' },
      run: async (origin) => {
        const response = await fetch(`${origin}/small`); // here
        return response.body!.getReader();
      },
    },
    {
      name: 'a clone, neither branch read',
      expected: { client: 'fetch' },
      run: async (origin) => {
        const response = await fetch(`${origin}/small`); // here
        return [response, response.clone()];
      },
    },
    {
      name: 'a tee, one branch cancelled, the other unread',
      expected: { client: 'fetch', path: '/big' },
      run: async (origin) => {
        const response = await fetch(`${origin}/big`); // here
        const branches = response.body!.tee();
        void branches[0].cancel();
        return branches;
      },
    },
    {
      name: 'made a node stream that nobody reads',
      expected: { client: 'fetch', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const response = await fetch(`${origin}/big`); // here
        const stream = Readable.fromWeb(response.body as never);
        stream.on('error', silence);
        stream.once('readable', silence);
        return stream;
      },
    },
    {
      name: 'a response under another, unread',
      expected: { client: 'fetch' },
      run: async (origin) => new Response((await fetch(`${origin}/small`)).body), // here
    },
  ];

  const right: [name: string, run: (origin: string) => unknown][] = [
    ['text()', async (origin) => (await fetch(`${origin}/small`)).text()],
    ['json() of what is no JSON', async (origin) => (await fetch(`${origin}/small`)).json().catch(silence)],
    ['arrayBuffer() of 1 MiB', async (origin) => (await fetch(`${origin}/big`)).arrayBuffer()],
    ['blob()', async (origin) => (await fetch(`${origin}/big`)).blob()],
    ['text() of a compressed body', async (origin) => assert.equal(await (await fetch(`${origin}/gzip`)).text(), 'hello, gzip')],
    ['text() of a large compressed body', async (origin) => (await fetch(`${origin}/gzip-big`)).arrayBuffer()],
    ['text() of a chunked body', async (origin) => assert.equal(await (await fetch(`${origin}/chunked`)).text(), 'hello')],
    ['text() of a slow body', async (origin) => assert.equal(await (await fetch(`${origin}/slow`)).text(), 'slow')],
    ['text() after a redirect', async (origin) => (await fetch(`${origin}/redirect-twice`)).text()],
    ['text() after early hints', async (origin) => assert.equal(await (await fetch(`${origin}/early-hints`)).text(), 'hinted')],
    ['an empty body', (origin) => fetch(`${origin}/empty`)],
    ['HEAD', (origin) => fetch(`${origin}/small`, { method: 'HEAD' })],
    ['204', (origin) => fetch(`${origin}/204`)],
    ['205 with a body', (origin) => fetch(`${origin}/205`)],
    ['304', (origin) => fetch(`${origin}/304`)],
    ['body.cancel(), 5 bytes', async (origin) => (await fetch(`${origin}/small`)).body!.cancel()],
    ['body.cancel(), 1 MiB', async (origin) => (await fetch(`${origin}/big`)).body!.cancel()],
    ['body.cancel(), compressed', async (origin) => (await fetch(`${origin}/gzip-big`)).body!.cancel()],
    ['reader.cancel() half way', async (origin) => {
      const reader = (await fetch(`${origin}/big`)).body!.getReader();
      await reader.read();
      await reader.cancel();
    }],
    ['for await to the end', async (origin) => {
      for await (const _ of (await fetch(`${origin}/big`)).body as never as AsyncIterable<unknown>);
    }],
    ['for await with break', async (origin) => {
      for await (const _ of (await fetch(`${origin}/big`)).body as never as AsyncIterable<unknown>) break;
    }],
    ['for await with break, 5 bytes', async (origin) => {
      for await (const _ of (await fetch(`${origin}/small`)).body as never as AsyncIterable<unknown>) break;
    }],
    ['for await with a throw', async (origin) => {
      try {
        for await (const _ of (await fetch(`${origin}/big`)).body as never as AsyncIterable<unknown>) throw new Error('no');
      } catch {
        // The iterator has closed the body.
      }
    }],
    ['a reader that has read all bytes, but not the end', async (origin) => {
      const reader = (await fetch(`${origin}/small`)).body!.getReader();
      assert.equal((await reader.read()).value!.length, 5);
      return reader;
    }],
    ['pipeTo()', async (origin) => (await fetch(`${origin}/big`)).body!.pipeTo(new WritableStream())],
    ['pipeTo() a sink that fails', async (origin) => (await fetch(`${origin}/big`)).body!.pipeTo(new WritableStream({ write: () => Promise.reject(new Error('full')) })).catch(silence)],
    ['Readable.fromWeb in a pipeline', async (origin) => pipeline(Readable.fromWeb((await fetch(`${origin}/big`)).body as never), new PassThrough().resume())],
    ['Readable.fromWeb destroyed', async (origin) => Readable.fromWeb((await fetch(`${origin}/big`)).body as never).on('error', silence).destroy()],
    ['a clone, both branches read', async (origin) => {
      const response = await fetch(`${origin}/big`);
      await Promise.all([response.clone().text(), response.text()]);
    }],
    ['a clone of which one branch is read: the connection is free', async (origin) => {
      const response = await fetch(`${origin}/small`);
      const copy = response.clone();
      await response.text();
      return copy;
    }],
    ['a tee, both branches cancelled', async (origin) => {
      const [a, b] = (await fetch(`${origin}/big`)).body!.tee();
      await Promise.all([a.cancel(), b.cancel()]);
    }],
    ['a response under another, read', async (origin) => new Response((await fetch(`${origin}/small`)).body).text()],
    ['aborted before the response', async (origin) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 10);
      await assert.rejects(fetch(`${origin}/never`, { signal: controller.signal }));
    }],
    ['aborted after the response, 5 bytes', async (origin) => {
      const controller = new AbortController();
      const response = await fetch(`${origin}/small`, { signal: controller.signal });
      controller.abort();
      return response;
    }],
    ['aborted after the response, 1 MiB', async (origin) => {
      const controller = new AbortController();
      const response = await fetch(`${origin}/big`, { signal: controller.signal });
      controller.abort();
      return response;
    }],
    ['aborted while reading', async (origin) => {
      const controller = new AbortController();
      const response = await fetch(`${origin}/stalled`, { signal: controller.signal });
      setTimeout(() => controller.abort(), 10);
      await assert.rejects(response.text());
    }],
    ['AbortSignal.timeout', async (origin) => fetch(`${origin}/never`, { signal: AbortSignal.timeout(20) }).catch(silence)],
    ['a connection that breaks while reading', async (origin) => assert.rejects((await fetch(`${origin}/broken`)).text())],
    ['refused', async () => assert.rejects(fetch('http://127.0.0.1:1/'))],
    ['a wrong URL', async () => assert.rejects(fetch('http://['))],
    ['redirect: error', async (origin) => assert.rejects(fetch(`${origin}/redirect`, { redirect: 'error' }))],
    ['a wrong integrity', async (origin) => assert.rejects(fetch(`${origin}/small`, { integrity: `sha256-${'A'.repeat(43)}=` }))],
    ['no network at all', async () => (await fetch('data:text/plain,hello')).text()],
    ['a POST of a form, read', async (origin) => {
      const form = new FormData();
      form.set('a', 'b');
      await (await fetch(`${origin}/small`, { method: 'POST', body: form })).text();
    }],
    ['a hundred at once, read', (origin) => Promise.all(Array.from({ length: 100 }, async () => (await fetch(`${origin}/small`)).text()))],
  ];
  return [...leaks, ...right.map(([name, run]) => ({ name, run, expected: null }))];
}

describe("Node's fetch", () => {
  for (const form of forms(globalThis.fetch)) testForm(form, () => server);
});

for (const version of [6, 7, 8] as const) {
  const undici = await loadUndici(version);
  if (typeof undici === 'string') test(`fetch of undici ${version}`, { skip: undici }, silence);
  else {
    describe(`fetch of undici ${version}`, () => {
      // It is its own FormData that a fetch takes, or the global one, by version.
      for (const form of forms(undici.fetch as Fetch)) if (!form.name.includes('a form')) testForm(form, () => server);
    });
  }
}
