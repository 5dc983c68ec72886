/** What the program hands over (streams, signals, sockets, functions) fails at a moment of its own choice: the request rejects, and nothing else breaks. */

import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import net from 'node:net';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { assertWorks, onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { Request, type Client, type TransportOptions } from 'watertight';
import type { RawRequest } from '../fixtures/raw-server.js';

const ca = new CertificateAuthority();
const certificate = ca.issue({ names: ['127.0.0.1', 'a.test'] });
const failure = new Error('the disk is on fire');
const echo = async (request: RawRequest): Promise<void> => request.reply((await request.body) ?? '');

/** A place where a request with a body waits: the client, the URL, and when it is reached. */
interface Waiting {
  readonly client: Client;
  readonly url: string;
  readonly reached: () => boolean;
  readonly headers?: Record<string, string>;
  readonly end?: () => void;
}

const PHASES: Record<string, (loop: Loopback) => Promise<Waiting>> = {
  'for a name': async (loop) => {
    let asked = false;
    const { client } = loop.client({ lookup: () => void (asked = true) });
    return { client, url: 'http://a.test/', reached: () => asked };
  },
  'for a dial': async (loop) => {
    let asked = false;
    const { client } = loop.client({ dial: () => (asked = true, new Promise<Duplex>(() => {})) });
    return { client, url: 'http://a.test/', reached: () => asked };
  },
  'for a TLS handshake': async (loop) => {
    const server = await loop.serve({ parse: false, onConnection: ({ socket }) => void socket.resume() });
    const { client } = loop.client();
    return { client, url: `https://127.0.0.1:${server.port}/`, reached: () => server.connections.length > 0 };
  },
  'for a connection': async (loop) => {
    const server = await loop.serve({ onRequest: () => undefined });
    const { client } = loop.client({ maxConnsPerHost: 1 });
    void client.get(server.origin).catch(() => {});
    return { client, url: server.origin, reached: () => server.requests.length > 0 };
  },
  'for 100 Continue': async (loop) => {
    const server = await loop.serve({ onRequest: () => undefined });
    const { client } = loop.client({ expectContinueTimeout: 60_000 });
    return { client, url: server.origin, reached: () => server.requests.length > 0, headers: { Expect: '100-continue' } };
  },
  'for a server that reads nothing': async (loop) => {
    const server = await loop.serve({ parse: false, onConnection: ({ socket }) => void socket.pause() });
    const { client } = loop.client();
    return { client, url: server.origin, reached: () => server.connections.length > 0, end: () => server.connections[0].socket.resume() };
  },
};

describe('a ReadableStream that fails while its request waits', () => {
  for (const [what, phase] of Object.entries(PHASES)) {
    for (const made of ['given as it is', 'made by a function'] as const) {
      test(`${what} rejects the request at once (${made})`, onLoopback(async (loop) => {
        const { client, url, reached, headers, end } = await phase(loop);
        let controller!: ReadableStreamDefaultController<Uint8Array>;
        const body = new ReadableStream<Uint8Array>({
          start(it) {
            controller = it;
            for (let i = 0; i < 64; i++) it.enqueue(new Uint8Array(65536));
          },
        });
        const pending = client.post(url, made === 'given as it is' ? body : () => body, { headers });
        pending.catch(() => {});
        while (!reached()) await turn();
        await turn();
        controller.error(failure);
        await assert.rejects(pending, (error: Error & { code: string }) => error.code === 'ERR_REQUEST_BODY' && error.cause === failure);
        end?.();
      }));
    }
  }

  test('and one that failed before, or that somebody locks after the request was made, rejects as well', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo });
    const { client } = loop.client();
    const failed = new ReadableStream<Uint8Array>({ start: (it) => it.error(failure) });
    await assert.rejects(client.post(server.origin, failed), { code: 'ERR_REQUEST_BODY', cause: failure });
    const locked = new ReadableStream<Uint8Array>();
    const request = new Request(server.origin, { method: 'POST', body: locked });
    locked.getReader();
    await assert.rejects(client.do(request), { code: 'ERR_REQUEST_BODY' });
    assert.equal(server.requests.length, 0);
    await assertWorks(client, server.origin);
  }));
});

describe('a Node stream that fails while its request waits', () => {
  for (const [what, phase] of Object.entries(PHASES)) {
    for (const made of ['given as it is', 'made by a function'] as const) {
      test(`${what} rejects the request at once (${made})`, onLoopback(async (loop) => {
        const { client, url, reached, headers, end } = await phase(loop);
        const body = new PassThrough();
        for (let i = 0; i < 64; i++) body.write(Buffer.alloc(65536));
        const pending = client.post(url, made === 'given as it is' ? body : () => body, { headers });
        pending.catch(() => {});
        while (!reached()) await turn();
        await turn();
        body.destroy(failure);
        await assert.rejects(pending, (error: Error & { code: string }) => error.code === 'ERR_REQUEST_BODY' && error.cause === failure);
        assert.ok(body.listenerCount('error') <= 1, 'nothing but an iterator listens to the stream');
        end?.();
      }));
    }
  }

  test('to a port that refuses: one of the two errors rejects it, and no event goes unheard', onLoopback(async (loop) => {
    const { client } = loop.client();
    const { error } = await settle(client.post(`http://127.0.0.1:${await closedPort()}/`, createReadStream('/no/such/file')));
    assert.ok(['ERR_REQUEST_BODY', 'ERR_DIAL'].includes(error!.code!), String(error));
    await turn();
  }));

  test('is told as the file that does not exist, and the next request works', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo });
    const { client } = loop.client({ maxConnsPerHost: 1 });
    await assert.rejects(client.post(server.origin, createReadStream('/no/such/file')), (error: Error & { cause: { code?: string } }) => error.cause.code === 'ENOENT');
    await assertWorks(client, server.origin);
  }));

  test('with an error of its own while it is destroyed does so unheard', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: (request) => request.reply('no', { status: '413 Content Too Large' }) });
    const { client } = loop.client();
    const body = new Readable({ read() {}, destroy: (_error, done) => void setImmediate(done, failure) });
    body.push('some');
    const response = await client.post(server.origin, body);
    assert.equal(response.status, 413);
    await response.close();
    await new Promise((resolve) => body.once('close', resolve));
  }));
});

describe('a body that was used before rejects its request, and sends no empty one', () => {
  const USED: Record<string, () => Promise<unknown>> = {
    'a ReadableStream with a reader': async () => {
      const stream = new ReadableStream({});
      stream.getReader();
      return stream;
    },
    'a ReadableStream that was read': async () => {
      const stream = new Blob(['x']).stream();
      const reader = stream.getReader();
      while (!(await reader.read()).done);
      reader.releaseLock();
      return stream;
    },
    'a Node stream that was read': async () => {
      const stream = Readable.from(['x']);
      for await (const _ of stream);
      return stream;
    },
    'a Node stream that was destroyed': async () => new PassThrough().destroy(),
    'a Node stream that failed': async () => {
      const stream = new PassThrough().on('error', () => {});
      stream.destroy(failure);
      await turn();
      return stream;
    },
  };
  for (const [what, make] of Object.entries(USED)) {
    test(what, onLoopback(async (loop) => {
      const server = await loop.serve({ onRequest: echo });
      const { client } = loop.client();
      await assert.rejects(client.post(server.origin, (await make()) as never), (error: { code: string }) => ['ERR_INVALID_BODY', 'ERR_REQUEST_BODY'].includes(error.code));
      assert.equal(server.requests.length, 0);
    }));
  }

  test('whatever it is, when the same object is sent again', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo });
    const { client } = loop.client();
    for (const body of [Readable.from(['x']), new Blob(['x']).stream(), (async function* () { yield 'x'; })(), (function* () { yield 'x'; })(), ['x'].values()]) {
      assert.equal(await (await client.post(server.origin, body as never)).text(), 'x');
      await assert.rejects(client.post(server.origin, body as never), (error: { code: string }) => ['ERR_INVALID_BODY', 'ERR_REQUEST_BODY'].includes(error.code));
    }
    const refused = `http://127.0.0.1:${await closedPort()}/`;
    for (const body of [Readable.from(['x']), new Blob(['x']).stream(), (async function* () { yield 'x'; })()]) {
      await assert.rejects(client.post(refused, body as never), { code: 'ERR_DIAL' });
      await assert.rejects(client.post(refused, body as never), (error: { code: string }) => ['ERR_INVALID_BODY', 'ERR_REQUEST_BODY', 'ERR_DIAL'].includes(error.code));
      await assert.rejects(client.post(server.origin, body as never), (error: { code: string }) => ['ERR_INVALID_BODY', 'ERR_REQUEST_BODY'].includes(error.code));
    }
    // What gives a new iterator each time can be sent each time.
    const again = new Set(['x']);
    for (let i = 0; i < 2; i++) assert.equal(await (await client.post(server.origin, again)).text(), 'x');
  }));
});

test('requests share a signal, and one of them has a body that throws when it is released: all are cancelled', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: () => undefined });
  const { client } = loop.client({ maxConnsPerHost: 1 });
  const cancel = new AbortController();
  const { signal } = cancel;
  const stubborn = [
    { [Symbol.asyncIterator]: () => { throw failure; } },
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: () => { throw failure; } }) },
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: () => Promise.reject(failure) }) },
    new ReadableStream({ cancel: () => { throw failure; } }),
    Object.assign(new PassThrough(), { destroy: () => { throw failure; } }),
  ];
  const all = [client.get(server.origin, { signal }), ...stubborn.map((body) => client.post(server.origin, body as never, { signal })), client.get(server.origin, { signal })];
  while (server.requests.length === 0) await turn();
  cancel.abort(failure);
  for (const each of await Promise.allSettled(all)) assert.ok(each.status === 'rejected' && each.reason === failure);
}));

describe('a source of a body', () => {
  const never = new Promise<never>(() => {});
  const SOURCES: Record<string, () => unknown> = {
    'that throws when it is opened': () => ({ [Symbol.asyncIterator]: () => { throw failure; } }),
    'whose function throws': () => () => { throw failure; },
    'whose next() throws': () => ({ [Symbol.asyncIterator]: () => ({ next: () => { throw failure; }, return: () => never }) }),
    'whose result throws when it is looked at': () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ get done() { throw failure; } }) }) }),
    'whose value throws when it is looked at': () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, get value() { throw failure; } }) }) }),
  };
  for (const [what, make] of Object.entries(SOURCES)) {
    test(`${what} rejects its request with that as the cause`, onLoopback(async (loop) => {
      const server = await loop.serve({ onRequest: async (request) => (await request.body, request.reply('hello')) });
      const { client } = loop.client({ maxConnsPerHost: 1 });
      await assert.rejects(client.post(server.origin, make() as never), (error: Error & { code: string }) => error.code === 'ERR_REQUEST_BODY' && error.cause === failure);
      await assertWorks(client, server.origin);
    }));
  }

  test('whose results are none, or whose function returns a promise that rejects, rejects its request', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo });
    const { client } = loop.client({ maxConnsPerHost: 1 });
    for (const result of [undefined, null, 5]) {
      await assert.rejects(client.post(server.origin, { [Symbol.asyncIterator]: () => ({ next: async () => result }) } as never), { code: 'ERR_REQUEST_BODY' });
    }
    await assert.rejects(client.post(server.origin, (() => Promise.reject(failure)) as never), { code: 'ERR_INVALID_BODY' });
    await assertWorks(client, server.origin);
  }));

  test('that aborts its request when it is opened, asked or stopped', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo });
    for (const when of ['open', 'next', 'return'] as const) {
      const { client } = loop.client({ maxConnsPerHost: 1 });
      const cancel = new AbortController();
      const at = (now: string): void => { if (now === when) cancel.abort(failure); };
      const body = { [Symbol.asyncIterator]: () => (at('open'), { next: async () => (at('next'), when === 'return' ? { done: false, value: 7 } : { done: true }), return: () => at('return') }) };
      await assert.rejects(client.post(server.origin, body as never, { signal: cancel.signal }), (error) => error === failure || when === 'return');
      await assertWorks(client, server.origin);
    }
  }));
});

/** A tunnel through a socket, with nothing but what a Duplex has. */
function tunnel(port: number): Duplex {
  const socket = net.connect(port, '127.0.0.1');
  const duplex = new Duplex({
    read() {},
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => (socket.destroy(), done(error)),
  });
  socket.on('data', (chunk) => duplex.push(chunk)).on('end', () => duplex.push(null)).on('error', (error) => duplex.destroy(error));
  return duplex;
}

describe('a dial', () => {
  for (const scheme of ['http', 'https'] as const) {
    test(`may give any Duplex, over ${scheme}`, onLoopback(async (loop) => {
      const server = await loop.serve({ onRequest: echo, tls: scheme === 'https' ? certificate : undefined });
      const { client, transport } = loop.client({ tls: { ca: ca.cert }, dial: ({ port }) => tunnel(port), maxConnsPerHost: 1 });
      const url = `${scheme}://a.test:${server.port}/`;
      assert.equal(await (await client.post(url, 'one')).text(), 'one');
      assert.equal(await (await client.post(url, Readable.from(['two']))).text(), 'two');
      assert.equal(transport.stats().opened, 1);
    }));
  }

  const BROKEN: Record<string, () => Duplex> = {
    'whose write throws': () => new Duplex({ read() {}, write: () => { throw failure; } }),
    'that fails within a write': () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(failure) }),
    'that fails before anybody listens': () => {
      const duplex = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
      process.nextTick(() => duplex.destroy(failure));
      return duplex;
    },
    'that was destroyed': () => new PassThrough().destroy(),
    'that ends': () => new Duplex({ read() { this.push(null); }, write: (_chunk, _encoding, done) => done() }),
  };
  for (const [what, dial] of Object.entries(BROKEN)) {
    for (const url of ['http://a.test/', 'https://a.test/']) {
      test(`that gives a stream ${what} rejects the request for ${url}`, onLoopback(async (loop) => {
        const { client, transport } = loop.client({ dial, maxConnsPerHost: 1 });
        for (const body of [null, 'text', (async function* () { yield 'text'; })()]) {
          const { error } = await settle(client.post(url, body as never, { timeout: 60_000 }));
          assert.match(error!.code!, /^ERR_(DIAL|TLS|CONNECTION_LOST|CONNECTION_CLOSED)$/);
          const { active, dialling, waiting } = transport.stats();
          assert.deepEqual({ active, dialling, waiting }, { active: 0, dialling: 0, waiting: 0 });
        }
      }));
    }
  }

  test('that throws anything rejects the request with it as the cause', onLoopback(async (loop) => {
    for (const thrown of [undefined, null, 'text', Object.assign(new Error('zod'), { errors: { a: 1 } }), Object.create(null)] as unknown[]) {
      const { client } = loop.client({ dial: () => { throw thrown; } });
      await assert.rejects(client.get('http://a.test/'), (error: Error & { code: string }) => error.code === 'ERR_DIAL' && error.cause === thrown);
    }
  }));
});

describe('a lookup', () => {
  type Answer = (...args: unknown[]) => void;
  const FORMS: Record<string, (options: { all?: boolean }, answer: Answer) => unknown> = {
    'one address': (_options, answer) => answer(null, '127.0.0.1', 4),
    'one address, later, without its family': (_options, answer) => setImmediate(answer, null, '127.0.0.1'),
    'an array of objects': (_options, answer) => answer(null, [{ address: '127.0.0.1', family: 4 }]),
    'an array of strings': (_options, answer) => answer(null, ['127.0.0.1']),
    'the promise of an address': () => Promise.resolve({ address: '127.0.0.1', family: 4 }),
    'its callback, from an async function': async (_options, answer) => answer(null, '127.0.0.1', 4),
  };
  for (const [what, give] of Object.entries(FORMS)) {
    for (const scheme of ['http', 'https']) {
      test(`that answers with ${what} is understood, over ${scheme}`, onLoopback(async (loop) => {
        const server = await loop.serve({ onRequest: echo, tls: scheme === 'https' ? certificate : undefined });
        const lookup = ((_host: string, options: { all?: boolean }, answer: Answer) => give(options, answer)) as TransportOptions['lookup'];
        const { client } = loop.client({ lookup, tls: { ca: ca.cert } });
        assert.equal(await (await client.post(`${scheme}://a.test:${server.port}/`, 'hi')).text(), 'hi');
      }));
    }
  }

  test('that throws, rejects, gives nothing or what is no address rejects the request', onLoopback(async (loop) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- nothing keeps a program from it
    const wrongs: ((answer: Answer) => unknown)[] = [() => { throw failure; }, () => Promise.reject(failure), (answer) => answer(failure), (answer) => answer('text'), (answer) => answer(null), (answer) => answer(null, []), (answer) => answer(null, 7), (answer) => answer(null, 'no address'), () => { throw null; }];
    for (const wrong of wrongs) {
      const { client } = loop.client({ lookup: ((_host: string, _options: unknown, answer: Answer) => wrong(answer)) as never });
      const { error } = await settle(client.get('http://a.test/', { timeout: 60_000 }));
      assert.match(error!.code!, /^ERR_(DNS|DIAL)$/);
    }
  }));

  test('that aborts its request leaves no socket', onLoopback(async (loop) => {
    for (const scheme of ['http', 'https']) {
      const cancel = new AbortController();
      const { client } = loop.client({ lookup: ((_host: string, _options: unknown, answer: Answer) => (cancel.abort(failure), answer(null, '127.0.0.1', 4))) as never });
      await assert.rejects(client.get(`${scheme}://a.test/`, { signal: cancel.signal }), (error) => error === failure);
    }
  }));
});

describe('checkServerIdentity', () => {
  for (const [what, check] of [
    ['throws', () => { throw failure; }],
    ['returns an error', () => failure],
  ] as const) {
    test(`that ${what} rejects the request with that as the cause`, onLoopback(async (loop) => {
      const server = await loop.serve({ onRequest: echo, tls: certificate });
      const { client } = loop.client({ tls: { ca: ca.cert, checkServerIdentity: check }, maxConnsPerHost: 1 });
      for (let i = 0; i < 2; i++) await assert.rejects(client.get(server.origin), (error: Error & { code: string }) => error.code === 'ERR_TLS' && error.cause === failure);
    }));
  }

  test('that is async trusts nobody', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo, tls: certificate });
    for (const check of [async () => undefined, async () => { throw failure; }]) {
      const { client } = loop.client({ tls: { ca: ca.cert, checkServerIdentity: check as never } });
      await assert.rejects(client.get(server.origin), { code: 'ERR_TLS' });
    }
    assert.equal(server.requests.length, 0);
  }));

  test('that throws is heard with rejectUnauthorized: false as well', onLoopback(async (loop) => {
    const server = await loop.serve({ onRequest: echo, tls: certificate });
    const { client } = loop.client({ tls: { rejectUnauthorized: false, ca: ca.cert, checkServerIdentity: () => { throw failure; } } });
    await assert.rejects(client.get(server.origin), (error: Error & { code: string }) => error.code === 'ERR_TLS' && error.cause === failure);
    assert.equal(server.requests.length, 0);
  }));
});

test('a signal that only looks like one, and throws, rejects the request', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: echo });
  const { client } = loop.client();
  await assert.rejects(client.get(server.origin, { signal: { addEventListener: () => { throw failure; } } as never }), (error: Error) => error.cause === failure);
  const deaf = { aborted: false, addEventListener() {}, removeEventListener() { throw failure; } };
  assert.equal(await (await client.post(server.origin, 'x', { signal: deaf as never })).text(), 'x');
}));

test('a signal whose abort closes the transport, while requests wait for several hosts, ends them all', onLoopback(async (loop) => {
  const servers = [await loop.serve({ onRequest: () => undefined }), await loop.serve({ onRequest: () => undefined })];
  const { client, transport } = loop.client({ maxConnsPerHost: 1 });
  const again: Promise<unknown>[] = [];
  const all = servers.flatMap(({ origin }) => [client.get(origin), client.post(origin, new ReadableStream({ cancel: () => void again.push(client.get(origin)) })), client.get(origin)]);
  while (servers.some((server) => server.requests.length === 0)) await turn();
  void transport.close();
  for (const each of await Promise.allSettled([...all, ...again])) assert.ok(each.status === 'rejected' && each.reason.code === 'ERR_TRANSPORT_CLOSED');
  for (const each of await Promise.allSettled(again)) assert.equal(each.status, 'rejected');
}));
