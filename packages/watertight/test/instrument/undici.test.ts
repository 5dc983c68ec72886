/** undici 6, 7 and 8: every way to leave a response unread is a leak, every right way is none. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { BIG, FormServer } from '../fixtures/form-server.js';
import { testForm, type Form } from './observed-form.js';
import { loadUndici, type Undici } from './undici-version.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

const silence = (): undefined => undefined;
const sink = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

function forms(undici: Undici): Form[] {
  const { request, stream } = undici;
  const pool = (origin: string, options = {}): Undici => new undici.Pool(origin, options);
  const composed = (interceptor: Undici): Undici => new undici.Agent().compose(interceptor);

  const leaks: Form[] = [
    { name: 'never read, 5 bytes', expected: { client: 'undici', contentLength: 5 }, run: (origin) => request(`${origin}/small`) }, // here
    { name: 'never read, 1 MiB', expected: { client: 'undici', contentLength: BIG, path: '/big' }, run: (origin) => request(`${origin}/big`) }, // here
    { name: 'never read, length unknown', expected: { client: 'undici', contentLength: -1, path: '/chunked' }, run: (origin) => request(`${origin}/chunked`) }, // here
    { name: 'never read, an error status', expected: { client: 'undici', status: 500, path: '/error' }, run: (origin) => request(`${origin}/error`) }, // here
    { name: 'never read, a redirect that nobody follows', expected: { client: 'undici', status: 302, path: '/redirect' }, run: (origin) => request(`${origin}/redirect`) }, // here
    { name: 'never read, query', expected: { client: 'undici', path: '/small?token=*&x=*' }, run: (origin) => request(`${origin}/small`, { query: { token: 'secret', x: 1 } }) }, // here
    { name: 'Pool.request, never read', expected: { client: 'undici' }, run: (origin) => pool(origin).request({ path: '/small', method: 'GET' }) }, // here
    { name: 'Client.request, never read', expected: { client: 'undici' }, run: (origin) => new undici.Client(origin).request({ path: '/small', method: 'GET' }) }, // here
    { name: 'RetryAgent, never read', expected: { client: 'undici' }, run: (origin) => request(`${origin}/small`, { dispatcher: new undici.RetryAgent(new undici.Agent()) }) }, // here
    { name: 'with a callback, never read', expected: { client: 'undici' }, run: (origin) => new Promise((resolve) => request(`${origin}/small`, {}, (_error: unknown, data: unknown) => resolve(data))) }, // here
    {
      name: 'the redirect interceptor, never read',
      expected: { client: 'undici', path: '/small?from=*' },
      run: (origin) => (undici.interceptors?.redirect === undefined ? request(`${origin}/small?from=x`) : request(`${origin}/redirect`, { dispatcher: composed(undici.interceptors.redirect({ maxRedirections: 3 })) })), // here
    },
    {
      name: 'half read by an iterator',
      expected: { client: 'undici', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const { body } = await request(`${origin}/big`); // here
        await body[Symbol.asyncIterator]().next();
        return body;
      },
    },
    {
      name: "paused after the first 'data'",
      expected: { client: 'undici', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const { body } = await request(`${origin}/big`); // here
        await new Promise<void>((resolve) => body.once('data', () => (body.pause(), resolve())));
        return body;
      },
    },
    {
      name: 'made a web stream that nobody reads',
      expected: { client: 'undici' },
      run: async (origin) => {
        const { body } = await request(`${origin}/small`); // here
        return [body, body.body];
      },
    },
    {
      // Of an iterator that was never begun, undici's web stream can't end what it iterates: the connection stays busy.
      name: 'made a web stream that is cancelled before it is read',
      expected: { client: 'undici', path: '/big' },
      run: async (origin) => {
        const { body } = await request(`${origin}/big`); // here
        await body.body.cancel();
        return body;
      },
    },
    {
      name: 'piped into a stream that is full',
      expected: { client: 'undici', bytesRead: 'some', path: '/big' },
      run: async (origin) => {
        const { body } = await request(`${origin}/big`); // here
        return [body, body.pipe(new Writable({ write: silence }))];
      },
    },
    {
      name: 'stream() into a stream that is full',
      expected: { client: 'undici', bytesRead: 'some', path: '/big' },
      run: (origin) =>
        new Promise<void>((written) => {
          stream(`${origin}/big`, { method: 'GET' }, () => new Writable({ write: () => written() })).catch(silence); // here
        }),
    },
    {
      name: 'a request without an answer',
      expected: { client: 'undici', status: 0, path: '/never' },
      run: (origin) => {
        request(`${origin}/never`).catch(silence); // here
      },
    },
    {
      name: 'a POST whose response is never read',
      expected: { client: 'undici' },
      run: (origin) => request(`${origin}/small`, { method: 'POST', body: Readable.from(['a', 'b']) }), // here
    },
    {
      name: 'queued behind others in a Pool, never read',
      expected: { client: 'undici', path: '/small?last=*' },
      run: async (origin) => {
        const busy = pool(origin, { connections: 1, pipelining: 1 });
        const first = [1, 2].map(async () => (await busy.request({ path: '/slow', method: 'GET' })).body.text());
        const last = busy.request({ path: '/small?last=1', method: 'GET' }); // here
        await Promise.all(first);
        return last;
      },
    },
  ];

  const right: [name: string, run: (origin: string) => unknown][] = [
    ['text()', async (origin) => (await request(`${origin}/small`)).body.text()],
    ['json() of what is no JSON', async (origin) => (await request(`${origin}/small`)).body.json().catch(silence)],
    ['arrayBuffer() of 1 MiB', async (origin) => (await request(`${origin}/big`)).body.arrayBuffer()],
    ['text() of a chunked body', async (origin) => assert.equal(await (await request(`${origin}/chunked`)).body.text(), 'hello')],
    ['text() of a slow body', async (origin) => assert.equal(await (await request(`${origin}/slow`)).body.text(), 'slow')],
    ['text() after early hints', async (origin) => assert.equal(await (await request(`${origin}/early-hints`)).body.text(), 'hinted')],
    ['dump()', async (origin) => (await request(`${origin}/small`)).body.dump()],
    ['dump() of 1 MiB', async (origin) => (await request(`${origin}/big`)).body.dump()],
    ['destroy()', async (origin) => (await request(`${origin}/big`)).body.on('error', silence).destroy()],
    ['destroy(), 5 bytes', async (origin) => (await request(`${origin}/small`)).body.on('error', silence).destroy()],
    ['resume()', async (origin) => (await request(`${origin}/big`)).body.resume()],
    ['an empty body', (origin) => request(`${origin}/empty`)],
    ['HEAD', (origin) => request(`${origin}/small`, { method: 'HEAD' })],
    ['204', (origin) => request(`${origin}/204`)],
    ['304', (origin) => request(`${origin}/304`)],
    ['for await to the end', async (origin) => {
      for await (const _ of (await request(`${origin}/big`)).body);
    }],
    ['for await with break', async (origin) => {
      for await (const _ of (await request(`${origin}/big`)).body) break;
    }],
    ['an iterator that has read all bytes, but not the end', async (origin) => {
      const { body } = await request(`${origin}/small`);
      await body[Symbol.asyncIterator]().next();
      return body;
    }],
    ['a pipeline', async (origin) => pipeline((await request(`${origin}/big`)).body, new PassThrough().resume())],
    ['a pipeline that fails', async (origin) => pipeline((await request(`${origin}/big`)).body, new Writable({ write: (_c, _e, done) => done(new Error('full')) })).catch(silence)],
    ['the web stream, read and cancelled', async (origin) => {
      const stream = (await request(`${origin}/big`)).body.body;
      const reader = stream.getReader();
      await reader.read();
      await reader.cancel();
    }],
    ['stream()', (origin) => stream(`${origin}/big`, { method: 'GET' }, sink)],
    ['stream() into one that fails', (origin) => stream(`${origin}/big`, { method: 'GET' }, () => new Writable({ write: (_c, _e, done) => done(new Error('full')) })).catch(silence)],
    ['pipeline()', (origin) => pipeline(Readable.from(['x']), undici.pipeline(`${origin}/small`, { method: 'POST' }, ({ body }: Undici) => body), sink())],
    ['connect()', async (origin) => {
      const { socket } = await undici.connect(origin);
      socket.on('error', silence).destroy();
    }],
    ['upgrade()', async (origin) => {
      const { socket } = await undici.upgrade(origin, { protocol: 'echo' });
      socket.on('error', silence).destroy();
    }],
    ['dispatch() with a handler of its own', async (origin) => {
      let done: () => void = silence;
      const end = new Promise<void>((resolve) => (done = resolve));
      new undici.Agent().dispatch({ origin, path: '/big', method: 'GET' }, {
        // Of both generations.
        onConnect: silence, onHeaders: () => true, onData: () => true, onComplete: () => done(), onError: () => done(),
        onRequestStart: silence, onResponseStart: silence, onResponseData: silence, onResponseEnd: () => done(), onResponseError: () => done(),
      });
      await end;
    }],
    ['a signal before the response', async (origin) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 10);
      await assert.rejects(request(`${origin}/never`, { signal: controller.signal }));
    }],
    ['a signal after the response, 5 bytes', async (origin) => {
      const controller = new AbortController();
      const { body } = await request(`${origin}/small`, { signal: controller.signal });
      body.on('error', silence);
      controller.abort();
      return body;
    }],
    ['a signal while reading', async (origin) => {
      const controller = new AbortController();
      const { body } = await request(`${origin}/stalled`, { signal: controller.signal });
      setTimeout(() => controller.abort(), 10);
      await assert.rejects(body.text());
    }],
    ['headersTimeout', (origin) => request(`${origin}/never`, { headersTimeout: 20 }).catch(silence)],
    ['bodyTimeout', async (origin) => {
      const agent = new undici.Agent({ bodyTimeout: 30 });
      await assert.rejects((await request(`${origin}/stalled`, { dispatcher: agent })).body.text());
    }],
    ['a connection that breaks while reading', async (origin) => assert.rejects((await request(`${origin}/broken`)).body.text())],
    ['refused', () => assert.rejects(request('http://127.0.0.1:1/'))],
    ['a Client destroyed with a body unread', async (origin) => {
      const client = new undici.Client(origin);
      const { body } = await client.request({ path: '/big', method: 'GET' });
      body.on('error', silence);
      await client.destroy();
      return body;
    }],
    ['RetryAgent that retries, read', async (origin) => {
      const agent = new undici.RetryAgent(new undici.Agent(), { minTimeout: 1, statusCodes: [503] });
      assert.equal(await (await request(`${origin}/flaky`, { dispatcher: agent })).body.text(), 'flaky');
    }],
    ['the redirect interceptor, read', async (origin) => {
      const redirect = undici.interceptors?.redirect;
      if (redirect !== undefined) await (await request(`${origin}/redirect-twice`, { dispatcher: composed(redirect({ maxRedirections: 3 })) })).body.text();
    }],
    ['the dump interceptor', async (origin) => {
      const dump = undici.interceptors?.dump;
      if (dump !== undefined) await request(`${origin}/small`, { dispatcher: composed(dump({ maxSize: 10 })) });
    }],
    ['the dns interceptor, read', async (origin) => {
      const dns = undici.interceptors?.dns;
      if (dns !== undefined) await (await request(`${origin.replace('127.0.0.1', 'localhost')}/small`, { dispatcher: composed(dns({ lookup: (_o: unknown, _p: unknown, done: Undici) => done(null, [{ address: '127.0.0.1', family: 4, ttl: 60 }]) })) })).body.text();
    }],
    ['a MockAgent: no network, no task', async () => {
      const agent = new undici.MockAgent();
      agent.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked');
      return request('http://mocked.test/', { dispatcher: agent });
    }],
    ['a ProxyAgent, read', async (origin) => {
      const proxy = createServer();
      proxy.on('connect', (_request, socket, head) => void import('node:net').then(({ connect }) => {
        const upstream = connect(Number(new URL(origin).port), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
          upstream.write(head);
          socket.pipe(upstream).pipe(socket);
        });
        for (const each of [socket, upstream]) each.on('error', silence);
      }));
      proxy.on('request', (incoming, response) => void request(incoming.url).then(async ({ body }: Undici) => response.end(await body.text())));
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
      const { port } = proxy.address() as { port: number };
      const agent = new undici.ProxyAgent(`http://127.0.0.1:${port}`);
      assert.equal(await (await request(`${origin}/small`, { dispatcher: agent })).body.text(), 'hello');
      await agent.close();
      proxy.closeAllConnections();
      proxy.close();
    }],
    ['a hundred at once through three connections, read', (origin) => {
      const few = pool(origin, { connections: 3 });
      return Promise.all(Array.from({ length: 100 }, async () => (await few.request({ path: '/small', method: 'GET' })).body.text()));
    }],
    ['pipelined, read', (origin) => {
      const one = pool(origin, { connections: 1, pipelining: 10 });
      return Promise.all(Array.from({ length: 30 }, async () => (await one.request({ path: '/small', method: 'GET' })).body.text()));
    }],
  ];
  return [...leaks, ...right.map(([name, run]) => ({ name, run, expected: null }))];
}

for (const version of [6, 7, 8] as const) {
  const undici = await loadUndici(version);
  if (typeof undici === 'string') test(`undici ${version}`, { skip: undici }, silence);
  else {
    describe(`undici ${version}`, () => {
      for (const form of forms(undici)) testForm(form, () => server);
    });
  }
}
