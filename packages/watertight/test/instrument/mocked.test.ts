/** Requests that a library for tests answers hold no connection, so they are leaks only where that is asked; and such libraries hide no line. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import net, { Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { findLeaks, formatLeak, ignoreCurrent, LeakSession, verifyNone, type Leak } from 'watertight/leak';
import { provenLeaks } from 'watertight/tasks';
import { FormServer } from '../fixtures/form-server.js';
import { until } from '../fixtures/until.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nmocked';
const silence = (): undefined => undefined;

/** A socket that is connected to nothing: what is written to it is answered, unless the path is `/never`. */
class AnsweringSocket extends Socket {
  override connecting = false;

  override write(data: string | Uint8Array): boolean {
    if (!String(data).includes('/never')) setImmediate(() => this.push(ANSWER));
    return true;
  }

  override _read(): void {
    // The answer is pushed.
  }
}

/** An agent that gives every request what `make` makes. */
function agentOf(make: () => Socket): http.Agent {
  const agent = new http.Agent({ keepAlive: true });
  agent.createConnection = make;
  return agent;
}

/** A socket as libraries on newer `@mswjs/interceptors` make them: real, with a handle that connects nowhere. */
function tamed(): Socket {
  const socket = new net.Socket();
  const handle = { connect: () => 0, readStart: () => 0, readStop: () => 0, close: (done?: () => void) => done?.(), ref: silence, unref: silence, getAsyncId: () => 0 };
  return Object.assign(socket, { _handle: handle, _read: silence, _write: (_data: unknown, _encoding: unknown, done: () => void) => {
    done();
    setImmediate(() => socket.push(ANSWER));
  } });
}

async function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request.on('error', silence), 'response')) as [IncomingMessage];
  return response;
}

/** What is left by `run`, by default and where mocks are asked for. */
async function leftBy(run: () => Promise<{ destroy(): unknown }>): Promise<{ byDefault: Leak[]; asked: Leak[] }> {
  const ignore = ignoreCurrent();
  const kept = await run();
  try {
    return { byDefault: await findLeaks({ ignore, retries: 0 }), asked: await findLeaks({ ignore, retries: 0, mocked: 'fail' }) };
  } finally {
    kept.destroy();
  }
}

describe('of a mock:', () => {
  for (const [name, make] of [['a socket without a handle', () => new AnsweringSocket()], ['a socket whose handle is not connected', tamed]] as const) {
    test(`${name}: an unread response is a leak only with mocked: 'fail'`, async () => {
      const { byDefault, asked } = await leftBy(() => responseOf(http.get('http://mocked.test/a', { agent: agentOf(make) })));
      assert.deepEqual(byDefault, []);
      assert.equal(asked.length, 1);
      assert.equal(asked[0].mocked, true);
      assert.match(formatLeak(asked[0]), /^unread body: GET http:\/\/mocked\.test\/a \(200\), 0 of 6 bytes read, held for \d+ ms, from a mock\n/);
    });
  }

  test('a request without an answer too', async () => {
    const { byDefault, asked } = await leftBy(async () => {
      const request = http.get('http://mocked.test/never', { agent: agentOf(() => new AnsweringSocket()) }).on('error', silence);
      await once(request, 'socket');
      return request;
    });
    assert.deepEqual([byDefault.length, asked.length, asked[0].status], [0, 1, 0]);
  });

  test('an object that is no stream at all, as of nock 13, is one', async () => {
    const { byDefault, asked } = await leftBy(async () => {
      const request = http.request(`${server.origin}/small`, { agent: false }).on('error', silence);
      request.emit('socket', { destroy: silence } as never);
      await Promise.resolve();
      return request;
    });
    assert.deepEqual([byDefault.length, asked.length], [0, 1]);
  });

  test('one that was collected is neither warned of nor told', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => {
      if (warning.name === 'LeakWarning') warnings.push(warning);
    };
    process.on('warning', note);
    const found = provenLeaks().length;
    await (async () => {
      await responseOf(http.get('http://mocked.test/collected', { agent: agentOf(() => new AnsweringSocket()) }));
    })();
    await until('the response is collected', () => {
      globalThis.gc?.();
      return provenLeaks().length > found;
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    assert.deepEqual(warnings, []);
    assert.deepEqual(await findLeaks({ retries: 0, severity: 'proven' }), []);
    assert.equal((await findLeaks({ retries: 0, severity: 'proven', mocked: 'fail' })).length, 1);
  });

  test('a request that the mock lets through holds a connection', async () => {
    const { byDefault } = await leftBy(async () => {
      const socket = new AnsweringSocket();
      const request = http.get(`${server.origin}/big`, { agent: agentOf(() => socket) });
      await once(request, 'socket');
      const real = net.connect(Number(new URL(server.origin).port), '127.0.0.1');
      await once(real, 'connect');
      Object.assign(socket, { _handle: (real as unknown as { _handle: object })._handle });
      const response = await responseOf(request);
      return { destroy: () => (real.destroy(), response.destroy()) };
    });
    assert.equal(byDefault.length, 1);
    assert.equal(byDefault[0].mocked, undefined);
  });
});

test('mocked is an option of every check, ignore or fail', async () => {
  for (const check of [() => findLeaks({ mocked: 'warn' as never }), () => verifyNone(undefined, { mocked: true as never }), () => Promise.resolve().then(() => new LeakSession({ mocked: null as never }))]) {
    await assert.rejects(check(), { name: 'TypeError', message: /^mocked is 'ignore' or 'fail', not / });
  }
});

describe('where http.ClientRequest is replaced', () => {
  const late = (): Promise<Leak[]> => lineOfLate(() => http.request(`${server.origin}/small`)); // request

  for (const [name, replace] of [
    ['by nothing', (original: typeof ClientRequest) => original],
    ['by a class derived from it', (original: typeof ClientRequest) => class extends original {}],
    ['by a proxy', (original: typeof ClientRequest) => new Proxy(original, {})],
  ] as const) {
    test(`${name}, a request that is sent later has its line`, async () => {
      const original = http.ClientRequest;
      http.ClientRequest = replace(original);
      try {
        assert.match(await lineOf(await late()), /\/\/ request$/);
        // The class that is called here is a line of this file itself.
        if (!name.includes('derived')) assert.match(await lineOf(await lineOfLate(() => new http.ClientRequest(`${server.origin}/small`))), /new http\.ClientRequest/);
      } finally {
        http.ClientRequest = original;
      }
    });
  }
});

/** Sends a request when nothing of its maker is on the stack any more, and gives what it leaves. */
async function lineOfLate(make: () => ClientRequest): Promise<Leak[]> {
  const ignore = ignoreCurrent();
  const request = make();
  await new Promise<void>((resolve) => {
    setImmediate(() => process.nextTick(() => (request.end(), resolve())));
  });
  const response = await responseOf(request);
  const leaks = await findLeaks({ ignore, retries: 0 });
  response.destroy();
  return leaks;
}

async function lineOf(leaks: readonly Leak[]): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const site = leaks.at(0)?.site;
  return site === undefined || site === null ? `no line of ${leaks.length}` : (await readFile(site.file, 'utf8')).split('\n')[site.line - 1];
}
