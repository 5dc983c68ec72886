/** The source of a request's body is closed or cancelled, whatever becomes of the request. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Client, type BodyInit, type Request, type RequestInit } from 'watertight';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const PIECE = Buffer.alloc(1000, 'x');

/** A source without an end. */
interface Source {
  readonly body: BodyInit;
  readonly released: () => boolean;
}

const sources: Readonly<Record<string, () => Source>> = {
  'a web stream': () => {
    let released = false;
    return {
      body: new ReadableStream<Uint8Array>({
        async pull(controller) {
          await turn();
          controller.enqueue(PIECE);
        },
        cancel: () => void (released = true),
      }),
      released: () => released,
    };
  },
  'a Node stream': () => {
    const body = new Readable({ read() {
      setImmediate(() => this.push(PIECE));
    } });
    return { body, released: () => body.destroyed };
  },
  'an async iterable': () => {
    let released = false;
    const iterator: AsyncIterableIterator<Uint8Array> = {
      async next() {
        await turn();
        return { done: false, value: PIECE };
      },
      async return() {
        released = true;
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return { body: iterator, released: () => released };
  },
  'what a function returns': () => {
    const all: Readable[] = [];
    return {
      body: () => {
        const made = new Readable({ read() {
          setImmediate(() => this.push(PIECE));
        } });
        all.push(made);
        return made;
      },
      released: () => all.every((made) => made.destroyed),
    };
  },
};

type Send = (net: Loopback, init: RequestInit) => Promise<unknown>;

/** A server that does this for each request; what the client's promise came to is closed. */
const against = (act: (request: RawRequest, count: number) => unknown, more: RequestInit = {}): Send => async (net, init) => {
  let count = 0;
  const server = await net.serve({ onRequest: (request) => void act(request, count++) });
  const { client } = net.client();
  const { value } = await settle(client.request(server.origin, { ...init, ...more }));
  await value?.close();
};

/** Cancelled as soon as the server has seen its head. */
const cancelled: Send = async (net, init) => {
  const controller = new AbortController();
  await against(() => controller.abort(), { signal: controller.signal })(net, init);
};

/** The request fails without a byte of it being sent. */
const refused = (more: RequestInit, url = 'http://127.0.0.1:9/'): Send => async (net, init) => {
  const { error } = await settle(net.client().client.request(url, { ...init, ...more }));
  assert.notEqual(error, undefined);
};

const endings: Readonly<Record<string, Send>> = {
  'the URL is none': refused({}, 'no url'),
  'the method is none': refused({ method: 'G T' }),
  'a header is none': refused({ headers: { 'a b': '1' } }),
  'a header frames the message': refused({ headers: { 'Transfer-Encoding': 'chunked' } }),
  'a trailer is none': refused({ trailers: { Host: 'x' } }),
  'an option is wrong': refused({ timeout: -1 }),
  'it is a CONNECT': refused({ method: 'CONNECT' }),
  'the signal has aborted before': refused({ signal: AbortSignal.abort() }),
  'the dial fails': async (net, init) => refused({}, `http://127.0.0.1:${await closedPort()}/`)(net, init),
  'the name is not known': async (net, init) => {
    const { client } = net.client({ lookup: (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), '') });
    await settle(client.request('http://a.test/', init));
  },
  'it is cancelled while it dials': async (net, init) => {
    const controller = new AbortController();
    const { client } = net.client({ dial: () => {
      setImmediate(() => controller.abort());
      return new Promise(() => undefined);
    } });
    await settle(client.request('http://a.test/', { ...init, signal: controller.signal }));
  },
  'it is cancelled while it waits for a connection': async (net, init) => {
    const server = await net.serve({ onRequest: () => undefined });
    const { client, transport } = net.client({ maxConnsPerHost: 1 });
    const controller = new AbortController();
    const first = settle(client.get(server.origin, { signal: controller.signal }));
    const second = settle(client.request(server.origin, { ...init, signal: controller.signal }));
    while (transport.stats().waiting === 0) await turn();
    controller.abort();
    await first;
    await second;
  },
  'there are too many waiters': async (net, init) => {
    const server = await net.serve({ onRequest: () => undefined });
    const { client, transport } = net.client({ maxConnsPerHost: 1, maxWaitersPerHost: 1 });
    const others = [settle(client.get(server.origin)), settle(client.get(server.origin))];
    while (transport.stats().waiting === 0) await turn();
    assert.equal((await settle(client.request(server.origin, init))).error!.code, 'ERR_TOO_MANY_WAITERS');
    await transport.close();
    await Promise.all(others);
  },
  'the transport is closed': async (net, init) => {
    const { client, transport } = net.client();
    await transport.close();
    await settle(client.request('http://127.0.0.1:9/', init));
  },
  'the transport is closed while it is sent': async (net, init) => {
    const { client, transport } = net.client();
    const server = await net.serve({ onRequest: () => void transport.close() });
    await settle(client.request(server.origin, init));
  },
  'the proxy can\'t be chosen': async (net, init) => {
    const { client } = net.client({ proxy: () => {
      throw new Error('no');
    } });
    await settle(client.request('http://a.test/', init));
  },
  'a hook throws': async (net, init) => against(() => undefined, { trace: { gotConn: () => {
    throw new Error('no');
  } } })(net, init),
  'the cookie jar throws': async (net, init) => {
    const { client } = net.client({}, { jar: { getCookieString: () => {
      throw new Error('no');
    }, setCookie: () => undefined } });
    await settle(client.request('http://a.test/', init));
  },
  'a RoundTripper throws': async (_net, init) => {
    const client = new Client({ transport: { roundTrip: (_request: Request) => {
      throw new Error('no');
    } } });
    await settle(client.request('http://a.test/', init));
  },
  'it is cancelled while it is sent': cancelled,
  'its time is over while it is sent': against(() => undefined, { timeout: 30 }),
  'the connection is reset': against((request) => request.connection.reset()),
  'the server ends the connection': against((request) => request.connection.socket.destroy()),
  'the server answers 413': against((request) => request.reply('no', { status: '413 Content Too Large' })),
  'the server answers 200 before its end': against((request) => request.reply('early')),
  'the server answers 200 and a body without an end': against((request) => request.reply('early', { framing: 'close' })),
  'the server answers what is no HTTP': against((request) => void request.connection.write('SMTP\r\n\r\n')),
  'the server leads to another place without it (303)': against((request, count) => request.reply('', count === 0 ? { status: '303 See Other', fields: ['Location: /next', 'Connection: close'] } : {})),
  'the server leads to another place with it (307)': against((request, count) => request.reply('', count === 0 ? { status: '307 Temporary Redirect', fields: ['Location: /next', 'Connection: close'] } : { fields: ['Connection: close'] })),
  'the server refuses the expectation': against((request) => request.reply('', { status: '417 Expectation Failed' }), { headers: { Expect: '100-continue' } }),
  'it is cancelled while it waits for 100': async (net, init) => cancelled(net, { ...init, headers: { Expect: '100-continue' } }),
};

for (const [kind, make] of Object.entries(sources)) {
  describe(`${kind} is released if`, () => {
    for (const [what, send] of Object.entries(endings)) {
      test(what, onLoopback(async (net) => {
        const { body, released } = make();
        await send(net, { method: 'POST', body });
        // A stream says so in a turn of its own.
        for (let turns = 0; turns < 5 && !released(); turns++) await turn();
        assert.equal(released(), true);
      }));
    }
  });
}
