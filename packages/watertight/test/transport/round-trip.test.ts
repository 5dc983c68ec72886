/** One request's way: every limit on its time, and its cancellation in every phase, with nothing left behind. */

import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Client, RequestInit, TransportOptions, TransportStats } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { assertEmpty, onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawServer } from '../fixtures/raw-server.js';

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 5000; !holds(); await sleep(2)) {
    if (performance.now() > deadline) assert.fail(`it never came that ${what}`);
  }
}

const never = (): Promise<never> => new Promise(() => {});

interface Stall {
  options?: TransportOptions;
  tls?: true;
  /** What the server answers before it falls silent. */
  answer?: string;
  /** Another request holds the only connection. */
  blocked?: true;
  init?: () => RequestInit;
  /** The request is stuck. */
  reached(server: RawServer, stats: TransportStats): boolean;
  readsBody?: true;
}

const ENDLESS = (): RequestInit => ({
  method: 'POST',
  body: (async function* () {
    for (;;) {
      yield Buffer.alloc(1 << 16);
      await turn();
    }
  })(),
});

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';

/** Where a request can be stuck. */
const PHASES: Record<string, Stall> = {
  'waiting for a connection': { options: { maxConnsPerHost: 1 }, answer: `${HEAD}hello`, blocked: true, reached: (_, { waiting }) => waiting === 1 },
  dialling: { options: { dial: never }, reached: (_, { dialling }) => dialling === 1 },
  'the TLS handshake': { tls: true, reached: ({ connections }) => connections.length === 1 },
  sending: { init: ENDLESS, reached: ({ requests }) => requests.length === 1 },
  'waiting for headers': { reached: ({ requests }) => requests.length === 1 },
  'inside the headers': { answer: 'HTTP/1.1 200 OK\r\nContent-', reached: ({ requests }) => requests.length === 1 },
  'reading the body': { answer: `${HEAD}hello`, readsBody: true, reached: ({ requests }) => requests.length === 1 },
};

/** Starts what gets stuck; `run` goes from the request to the end of its body. */
async function stick(net: Loopback, stall: Stall, more: TransportOptions = {}): Promise<{ client: Client; server: RawServer; run(init: RequestInit): Promise<unknown>; reached(): Promise<void>; release(): Promise<void> }> {
  // A server without TLS is one on which a handshake gets stuck.
  const server = await net.serve({ parse: stall.tls !== true, onConnection: ({ socket }) => socket.resume(), onRequest: ({ connection }) => connection.write(stall.answer ?? '') });
  const { client, transport } = net.client({ ...stall.options, ...more });
  const url = stall.tls === true ? server.origin.replace('http:', 'https:') : server.origin;
  const holder = stall.blocked === true ? await client.get(url) : null;
  return {
    client,
    server,
    run: async (init) => {
      const response = await client.request(url, { ...stall.init?.(), ...init });
      return response.text();
    },
    reached: () => until('the request is stuck', () => stall.reached(server, transport.stats())),
    release: async () => {
      await holder?.close();
      await turn();
      assertEmpty(transport);
      assert.equal(taskCount(), 1);
    },
  };
}

describe('a cancel rejects with the caller\'s own reason and releases everything', () => {
  for (const [phase, stall] of Object.entries(PHASES)) {
    test(phase, onLoopback(async (net) => {
      const stuck = await stick(net, stall);
      const cancel = new AbortController();
      const pending = stuck.run({ signal: cancel.signal });
      await stuck.reached();
      await sleep(stall.readsBody ? 20 : 0);
      const reason = { the: 'reason' };
      const rejected = assert.rejects(pending, (error) => error === reason);
      cancel.abort(reason);
      await rejected;
      await stuck.release();
      assert.equal(getEventListeners(cancel.signal, 'abort').length, 0);
    }));
  }

  test('before it began: nothing is dialled', onLoopback(async (net) => {
    let dials = 0;
    const { client } = net.client({ dial: () => {
      dials++;
      return never();
    } });
    const reason = new Error('too late');
    await assert.rejects(client.get('http://127.0.0.1:9/', { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    assert.equal(dials, 0);
  }));

  test('between two reads of the body', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(`${HEAD}hello`) });
    const { client } = net.client();
    const cancel = new AbortController();
    const response = await client.get(server.origin, { signal: cancel.signal });
    await response.body.read();
    const reason = new Error('between');
    cancel.abort(reason);
    assert.equal(response.body.state, 'errored');
    assert.equal(taskCount(), 1);
    await assert.rejects(response.body.read(), (error) => error === reason);
    await response.close();
  }));

  test('after its end, it changes nothing', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    const cancel = new AbortController();
    const response = await client.get(server.origin, { signal: cancel.signal });
    assert.equal(await response.text(), 'hello');
    assert.equal(getEventListeners(cancel.signal, 'abort').length, 0);
    cancel.abort();
    await turn();
    assert.equal(response.body.state, 'eof');
    assert.equal(transport.stats().idle, 1);
  }));

  test('one of a thousand that share a signal leaves it with one listener, none at the end', onLoopback(async (net) => {
    const server = await net.serve();
    const { client } = net.client({ maxConnsPerHost: 1 });
    const cancel = new AbortController();
    const all = Array.from({ length: 1000 }, () => assert.rejects(client.get(server.origin, { signal: cancel.signal }), { name: 'AbortError' }));
    await turn();
    assert.equal(getEventListeners(cancel.signal, 'abort').length, 1);
    cancel.abort();
    await Promise.all(all);
    assert.equal(getEventListeners(cancel.signal, 'abort').length, 0);
  }));
});

describe('a request\'s timeout ends it in every phase, and says which', () => {
  for (const [name, stall] of Object.entries(PHASES)) {
    test(name, onLoopback(async (net) => {
      const stuck = await stick(net, stall);
      const started = performance.now();
      await assert.rejects(stuck.run({ timeout: 120 }), (error: Error & { code: string; phase: string }) => {
        assert.equal(error.name, 'TimeoutError');
        assert.equal(error.code, 'ERR_TIMEOUT');
        assert.match(error.message, /120 ms \(timeout\)/);
        const phase = name === 'inside the headers' ? 'waiting for headers' : name === 'the TLS handshake' ? /dialling|the TLS handshake/ : name;
        if (typeof phase === 'string') assert.equal(error.phase, phase);
        else assert.match(error.phase, phase);
        return true;
      });
      assert.ok(performance.now() - started >= 115);
      await stuck.release();
    }));
  }

  for (const [what, body] of [['in memory', Buffer.alloc(64 << 20)], ['of one large chunk', [Buffer.alloc(64 << 20)]]] as const) {
    test(`sending, while bytes of a body ${what} wait for a server that does not read`, onLoopback(async (net) => {
      const server = await net.serve({ onConnection: ({ socket }) => socket.pause() });
      const { client } = net.client();
      await assert.rejects(client.post(server.origin, body, { timeout: 300 }), { code: 'ERR_TIMEOUT', phase: 'sending' });
      server.connections[0].socket.destroy();
    }));
  }

  test('it goes on over the body, however slowly that comes', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\n\r\n');
      const drip = setInterval(() => connection.write('.') || clearInterval(drip), 10);
      void connection.left.then(() => clearInterval(drip));
    } });
    const { client } = net.client({ bodyIdleTimeout: 5000 });
    const response = await client.get(server.origin, { timeout: 100 });
    await assert.rejects(response.text(), { code: 'ERR_TIMEOUT', phase: 'reading the body' });
  }));

  test('0 and Infinity are no limit', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => setTimeout(() => request.reply('x'), 20) });
    const { client } = net.client();
    for (const timeout of [0, Infinity, 2 ** 40]) assert.equal(await (await client.get(server.origin, { timeout })).text(), 'x');
  }));
});

describe('a limit of the transport ends the phase it is for, and names itself', () => {
  const limits: [name: keyof TransportOptions, phase: keyof typeof PHASES, told: string][] = [
    ['dialTimeout', 'dialling', 'dialling'],
    ['tlsHandshakeTimeout', 'the TLS handshake', 'the TLS handshake'],
    ['responseHeaderTimeout', 'waiting for headers', 'waiting for headers'],
    ['responseHeaderTimeout', 'inside the headers', 'waiting for headers'],
    ['bodyIdleTimeout', 'reading the body', 'reading the body'],
  ];
  for (const [name, phase, told] of limits) {
    test(`${name}, ${phase}`, onLoopback(async (net) => {
      const stuck = await stick(net, PHASES[phase], { [name]: 60 });
      const started = performance.now();
      await assert.rejects(stuck.run({}), { name: 'TimeoutError', code: 'ERR_TIMEOUT', phase: told, message: new RegExp(`60 ms.*\\(${name}\\)`) });
      assert.ok(performance.now() - started >= 55);
      await stuck.release();
    }));
  }

  test('responseHeaderTimeout does not count the sending of the body', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await request.body;
      request.reply('x');
    } });
    const { client } = net.client({ responseHeaderTimeout: 60 });
    const slow = async function* (): AsyncGenerator<string> {
      for (let i = 0; i < 4; i++) {
        await sleep(40);
        yield 'x';
      }
    };
    assert.equal(await (await client.post(server.origin, slow())).text(), 'x');
  }));

  const sent: [kind: string, init: RequestInit][] = [
    ['nothing', { method: 'POST' }],
    ['bytes', { method: 'POST', body: 'x' }],
    ['a stream', { method: 'POST', body: (async function* () {
      for (let i = 0; i < 3; i++) {
        yield 'x';
        await sleep(5);
      }
    })() }],
  ];
  for (const [kind, init] of sent) {
    test(`responseHeaderTimeout starts once for a body that is ${kind}`, onLoopback(async (net, t) => {
      const server = await net.serve({ onRequest: async (request) => {
        await request.body;
        request.reply('x');
      } });
      const { client } = net.client({ responseHeaderTimeout: 54_321 });
      const timers = t.mock.method(globalThis, 'setTimeout');
      assert.equal(await (await client.request(server.origin, init)).text(), 'x');
      assert.equal(timers.mock.calls.filter(({ arguments: [, ms] }) => ms === 54_321).length, 1);
      timers.mock.restore();
    }));
  }

  const SIZE = 16 << 20;
  const bodies: [kind: string, body: () => NonNullable<RequestInit['body']>][] = [
    ['bytes', () => Buffer.alloc(SIZE)],
    ['a Blob', () => new Blob([Buffer.alloc(SIZE)])],
    ['a stream', () => (async function* () {
      for (let i = 0; i < SIZE; i += 1 << 16) yield Buffer.alloc(1 << 16);
    })()],
  ];
  for (const scheme of ['http', 'https']) {
    for (const [kind, body] of bodies) {
      test(`responseHeaderTimeout starts when the last byte of ${kind} has left, over ${scheme}`, onLoopback(async (net) => {
        const authority = new CertificateAuthority();
        const { cert, key } = authority.issue({ names: ['127.0.0.1'] });
        let answers = true;
        const server = await net.serve({
          parse: false,
          ...(scheme === 'https' ? { tls: { cert, key } } : {}),
          // It does not read before the limit has passed.
          onConnection: async ({ socket }) => {
            let received = 0;
            await sleep(450);
            socket.on('data', (bytes: Buffer) => {
              received += bytes.length;
              if (received >= SIZE && answers) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
            });
          },
        });
        const { client } = net.client({ responseHeaderTimeout: 300, tls: { ca: authority.cert } });
        const response = await client.post(server.origin, body());
        assert.equal(await response.text(), 'x');
        client.closeIdleConnections();
        answers = false;
        await assert.rejects(client.post(server.origin, body()), { code: 'ERR_TIMEOUT', phase: 'waiting for headers', message: /responseHeaderTimeout/ });
      }));
    }
  }

  test('bodyIdleTimeout counts from byte to byte, whether somebody reads or not', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n');
      let sent = 0;
      const drip = setInterval(() => {
        connection.write('.');
        if (++sent === 5) clearInterval(drip);
      }, 40);
    } });
    const { client } = net.client({ bodyIdleTimeout: 150 });
    assert.equal(await (await client.get(server.origin)).text(), '.....');
    const unread = await client.get(server.origin);
    await sleep(250);
    assert.equal(unread.body.state, 'unread');
    assert.equal(await unread.text(), '.....');
  }));

  test('a dial that nobody waits for any more is cancelled, with its signal', onLoopback(async (net) => {
    let signal: AbortSignal | null = null;
    const { client } = net.client({ dial: (target) => {
      ({ signal } = target);
      return never();
    } });
    const cancel = new AbortController();
    const pending = assert.rejects(client.get('http://127.0.0.1:9/', { signal: cancel.signal }));
    await turn();
    assert.equal(signal!.aborted, false);
    cancel.abort();
    await pending;
    assert.equal(signal!.aborted, true);
  }));
});

describe('Expect: 100-continue', () => {
  const init = { headers: { Expect: '100-continue' } };

  test('holds the body back until the server says so', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => {
      await sleep(30);
      assert.match(request.connection.text, /\r\n\r\n$/, 'the body came before it was asked for');
      request.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
      request.reply((await request.body) ?? 'cut');
    } });
    const { client } = net.client({ expectContinueTimeout: 5000 });
    const seen: string[] = [];
    const trace = { wait100Continue: () => void seen.push('wait'), got1xxResponse: (status: number) => void seen.push(String(status)), wroteHeaders: () => void seen.push('wrote') };
    assert.equal(await (await client.post(server.origin, 'hello', { ...init, trace })).text(), 'hello');
    assert.deepEqual(seen, ['wrote', 'wait', '100']);
  }));

  test('sends it after expectContinueTimeout to a server that says nothing', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
    const { client } = net.client({ expectContinueTimeout: 40 });
    const started = performance.now();
    assert.equal(await (await client.post(server.origin, 'hello', init)).text(), 'hello');
    assert.ok(performance.now() - started >= 35);
  }));

  test('never sends it after a final answer; the connection is not used again', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('no', { status: '417 Expectation Failed' }) });
    const { client, transport } = net.client({ expectContinueTimeout: 60 });
    const response = await client.post(server.origin, 'hello', init);
    assert.equal(await response.text(), 'no');
    await sleep(100);
    assert.doesNotMatch(server.connections[0].text, /hello/);
    assert.equal(transport.stats().idle, 0);
  }));

  test('0 sends the body at once', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: async (request) => request.reply((await request.body) ?? 'cut') });
    const { client } = net.client({ expectContinueTimeout: 0 });
    assert.equal(await (await client.post(server.origin, 'hello', init)).text(), 'hello');
  }));
});

test('the hooks are called in the order of the way', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('x') });
  const { client } = net.client();
  const seen: string[] = [];
  const trace = Object.fromEntries(['getConn', 'connectStart', 'connectDone', 'gotConn', 'wroteHeaders', 'gotFirstResponseByte'].map((name) => [name, (...args: unknown[]) => {
    const [first] = args;
    const { reused, wasIdle } = (first ?? {}) as { reused?: boolean; wasIdle?: boolean };
    seen.push(name === 'gotConn' ? `gotConn reused=${String(reused)} idle=${String(wasIdle)}` : typeof first === 'string' ? `${name} ${args.slice(0, 2).join(' ')}`.trim() : name);
  }]));
  await (await client.get(server.origin, { trace })).text();
  const where = `127.0.0.1:${server.port}`;
  assert.deepEqual(seen.splice(0), [`getConn ${where}`, `connectStart tcp ${where}`, `connectDone tcp ${where}`, 'gotConn reused=false idle=false', 'wroteHeaders', 'gotFirstResponseByte']);
  await (await client.get(server.origin, { trace })).text();
  assert.deepEqual(seen, [`getConn ${where}`, 'gotConn reused=true idle=true', 'wroteHeaders', 'gotFirstResponseByte']);
}));

test('a request that was made once can be sent twice', onLoopback(async (net) => {
  const authority = new CertificateAuthority();
  const server = await net.serve({ tls: authority.issue({ names: ['127.0.0.1'] }), onRequest: async (request) => request.reply((await request.body) ?? '') });
  const { transport } = net.client({ tls: { ca: authority.cert } });
  const { Request } = await import('watertight');
  const request = new Request(server.origin, { method: 'PUT', body: 'same' });
  for (let i = 0; i < 2; i++) assert.equal(await (await transport.roundTrip(request)).text(), 'same');
}));
