/** `retry`: which attempts are followed by another, how long the wait is, what ends it, and that nothing is left behind. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Transport} from 'watertight';
import { Client, createFetch, MockTransport, Request, retry, type BodyInit, type ClientOptions, type RequestInit, type Response, type RetryNotice, type RetryOptions, type RoundTripper } from 'watertight';
import { findLeaks } from 'watertight/leak';
import { taskCount } from 'watertight/tasks';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';

/** Attempts without a wait. */
const AT_ONCE: RetryOptions = { minDelay: 0, maxDelay: 0 };

interface Scene {
  readonly server: RawServer;
  readonly client: Client;
  readonly transport: Transport;
  readonly notices: RetryNotice[];
}

/** A server that does one thing for each attempt; the last one also for all further ones. */
async function scene(net: Loopback, acts: readonly ((request: RawRequest) => unknown)[], options: RetryOptions = {}, policy: ClientOptions = {}): Promise<Scene> {
  const server = await net.serve({ onRequest: (request) => void acts[Math.min(request.index, acts.length - 1)](request) });
  const notices: RetryNotice[] = [];
  const { transport } = net.client();
  const client = new Client({ ...policy, transport: retry(transport, { ...AT_ONCE, onRetry: (notice) => void notices.push(notice), ...options }) });
  return { server, client, transport, notices };
}

const answer = (status: string, fields: string[] = [], body = 'x'): ((request: RawRequest) => void) => (request) => request.reply(body, { status, fields });
const ok = answer('200 OK', [], 'ok');
const unavailable = answer('503 Service Unavailable');
const reset = (request: RawRequest): void => request.connection.reset();
const hangUp = (request: RawRequest): void => request.connection.finish();

describe('a request is made again after', () => {
  const acts: Readonly<Record<string, (request: RawRequest) => void>> = {
    '408': answer('408 Request Timeout'),
    '429': answer('429 Too Many Requests'),
    '502': answer('502 Bad Gateway'),
    '503': unavailable,
    '504': answer('504 Gateway Timeout'),
    'a reset': reset,
    'the end of the connection': hangUp,
    'half of a head': (request) => {
      request.connection.write('HTTP/1.1 200 O');
      request.connection.finish();
    },
    'a large body of an error': answer('503 Service Unavailable', [], 'x'.repeat(1 << 20)),
    'an error whose body never ends': (request) => void request.connection.write('HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
  };
  for (const [what, act] of Object.entries(acts)) {
    test(what, onLoopback(async (net) => {
      const { server, client, notices } = await scene(net, [act, act, ok]);
      const response = await client.get(server.origin);
      assert.equal(await response.text(), 'ok');
      assert.equal(server.requests.length, 3);
      assert.deepEqual(notices.map(({ attempt }) => attempt), [1, 2]);
      assert.equal(notices.every(({ response, error }) => (response === null) !== (error === null)), true);
      // Of the attempts before, nothing is open: one connection, idle.
      assert.equal(taskCount(), 3);
    }));
  }

  test('a dial that failed', onLoopback(async (net) => {
    const dead = await closedPort();
    const server = await net.serve({ onRequest: ok });
    let dials = 0;
    const { transport } = net.client();
    const client = new Client({ transport: retry({
      roundTrip: (request) => {
        dials++;
        return dials < 3 ? transport.roundTrip({ url: `http://127.0.0.1:${dead}` }) : transport.roundTrip(request);
      },
    }, AT_ONCE) });
    assert.equal(await (await client.get(server.origin)).text(), 'ok');
    assert.equal(dials, 3);
  }));

  test('a dial that took too long', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ok });
    let dials = 0;
    const { transport } = net.client({ dialTimeout: 300, dial: async () => {
      if (++dials === 1) await new Promise(() => undefined);
      const { connect } = await import('node:net');
      return connect(server.port, '127.0.0.1');
    } });
    const client = new Client({ transport: retry(transport, AT_ONCE) });
    assert.equal(await (await client.get(server.origin)).text(), 'ok');
    assert.equal(dials, 2);
  }));
});

describe('a request is made once', () => {
  const cases: Readonly<Record<string, [act: (request: RawRequest) => void, init: RequestInit, options?: RetryOptions]>> = {
    'after 200': [ok, {}],
    'after 404': [answer('404 Not Found'), {}],
    'after 500, which a second attempt would meet again': [answer('500 Internal Server Error'), {}],
    'after 425, which is for early data': [answer('425 Too Early'), {}],
    'if it is a POST': [unavailable, { method: 'POST', body: 'x' }],
    'if it is a PATCH': [unavailable, { method: 'PATCH', body: 'x' }],
    'if its body is a stream': [unavailable, { method: 'PUT', body: new Blob(['x']).stream() }],
    'with maxRetries: 0': [unavailable, {}, { maxRetries: 0 }],
    'with another method than those of the option': [unavailable, { method: 'PUT', body: 'x' }, { methods: ['GET'] }],
    'after another status than those of the option': [unavailable, {}, { statuses: [500] }],
    'if shouldRetry says no': [unavailable, {}, { shouldRetry: () => false }],
    'if shouldRetry says no later': [unavailable, {}, { shouldRetry: async () => false }],
    'if the server asks for a longer wait than maxRetryAfter': [answer('503 No', ['Retry-After: 2']), {}, { maxRetryAfter: 1999 }],
    'if the server asks for a wait until the next century': [answer('503 No', ['Retry-After: Fri, 01 Jan 2100 00:00:00 GMT']), {}],
    'if the time would be over before the next attempt': [answer('503 No', ['Retry-After: 30']), { timeout: 20_000 }],
  };
  for (const [what, [act, init, options]] of Object.entries(cases)) {
    test(what, onLoopback(async (net) => {
      const { server, client, notices } = await scene(net, [act], options);
      const response = await client.request(server.origin, init);
      await response.bytes();
      assert.equal(server.requests.length, 1);
      assert.deepEqual(notices, []);
    }));
  }

  for (const [what, act, code] of [
    ['after a response that is no HTTP', (request: RawRequest) => void request.connection.write('SMTP\r\n\r\n'), 'ERR_STATUS_LINE'],
    ['if it is a POST, and the connection ended', hangUp, 'ERR_CONNECTION_CLOSED'],
    ['after an error that the option does not name', hangUp, 'ERR_CONNECTION_CLOSED'],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { server, client } = await scene(net, [act], what.includes('option') ? { codes: ['ECONNRESET'] } : {});
      const { error } = await settle(client.request(server.origin, what.includes('POST') ? { method: 'POST', body: 'x' } : {}));
      assert.equal(error!.code, code);
      assert.equal('attempts' in error!, false);
      assert.equal(server.requests.length, 1);
    }));
  }

  test('if its certificate is not trusted', onLoopback(async (net) => {
    const { selfSigned } = await import('../fixtures/certificate.js');
    const server = await net.serve({ tls: selfSigned({ names: ['127.0.0.1'] }) });
    const { transport } = net.client();
    const { error } = await settle(new Client({ transport: retry(transport, AT_ONCE) }).get(server.origin));
    assert.equal(error!.code, 'ERR_TLS');
    assert.equal(server.connections.length + transport.stats().opened <= 1, true);
  }));

  test('if a hook threw, whatever it threw', onLoopback(async (net) => {
    const { server, client } = await scene(net, [ok]);
    const { error } = await settle(client.get(server.origin, { trace: { gotConn: () => {
      throw Object.assign(new Error('mine'), { code: 'ECONNRESET' });
    } } }));
    assert.equal(error!.code, 'ERR_HOOK');
    assert.equal('attempts' in error!, false);
  }));
});

describe('a request may be sent again', () => {
  for (const [what, init, options] of [
    ['by PUT', { method: 'PUT', body: 'x' }, {}],
    ['by DELETE', { method: 'DELETE' }, {}],
    ['by OPTIONS', { method: 'OPTIONS' }, {}],
    ['by HEAD', { method: 'HEAD' }, {}],
    ['by POST with an Idempotency-Key', { method: 'POST', body: 'x', headers: { 'Idempotency-Key': '"1"' } }, {}],
    ['by POST with an X-Idempotency-Key, whatever the methods', { method: 'POST', body: 'x', headers: { 'X-Idempotency-Key': '1' } }, { methods: [] }],
    ['by a method of the option', { method: 'POST', body: 'x' }, { methods: ['POST'] }],
    ['after a status of the option', {}, { statuses: [503] }],
    ['if shouldRetry says so', { method: 'POST', body: 'x' }, { shouldRetry: ({ response }) => response?.status === 503 }],
  ] as const satisfies readonly (readonly [string, RequestInit, RetryOptions])[]) {
    test(what, onLoopback(async (net) => {
      const { server, client } = await scene(net, [unavailable, ok], options);
      const response = await client.request(server.origin, init);
      await response.bytes();
      assert.equal(response.status, 200);
      assert.equal(server.requests.length, 2);
      assert.deepEqual(await server.requests[1].body, Buffer.from('body' in init ? init.body : ''));
    }));
  }

  const bodies: [kind: string, make: () => BodyInit][] = [
    ['a string', () => 'hello'],
    ['bytes', () => Buffer.from('hello')],
    ['a Blob', () => new Blob(['hello'])],
    ['an array', () => ['hel', 'lo']],
    ['a function that returns a generator', () => async function* () {
      yield 'hel';
      yield 'lo';
    }],
    ['a function that returns a stream', () => () => new Blob(['hello']).stream()],
  ];
  for (const [kind, make] of bodies) {
    test(`with ${kind} as its body, which is the same each time`, onLoopback(async (net) => {
      const { server, client } = await scene(net, [async (request) => {
        await request.body;
        unavailable(request);
      }, hangUp, async (request) => {
        await request.body;
        ok(request);
      }]);
      const response = await client.request(server.origin, { method: 'PUT', body: make(), trailers: { 'X-Try': '1' } });
      assert.equal(await response.text(), 'ok');
      assert.equal((await server.requests[0].body)!.toString(), 'hello');
      assert.equal((await server.requests[2].body)!.toString(), 'hello');
    }));
  }
});

describe('when the attempts are used up', () => {
  test('the last response is handed out as it is', onLoopback(async (net) => {
    const { server, client } = await scene(net, [unavailable, unavailable, answer('503 Still Not', ['X-Last: yes'], 'the last')]);
    const response = await client.get(server.origin);
    assert.deepEqual([response.status, response.statusText, response.headers.get('x-last')], [503, 'Still Not', 'yes']);
    assert.equal(await response.text(), 'the last');
    assert.equal(server.requests.length, 3);
  }));

  test('the last error is thrown as it is, and says how many attempts there were', onLoopback(async (net) => {
    const { server, client } = await scene(net, [reset]);
    const { error } = await settle(client.get(server.origin));
    assert.deepEqual({ name: error!.name, code: error!.code, attempts: (error as { attempts?: number }).attempts }, { name: 'ConnectionError', code: 'ERR_CONNECTION_LOST', attempts: 3 });
    assert.match(error!.message, /^the connection broke before the response head .*; 3 attempts were made$/);
    assert.match(error!.stack!, /; 3 attempts were made\n/);
    assert.equal((error!.cause as { code: string }).code, 'ECONNRESET');
    assert.equal(server.requests.length, 3);
  }));

  test('an error after a response is that of the last attempt', onLoopback(async (net) => {
    const { server, client } = await scene(net, [unavailable, reset], { maxRetries: 1 });
    assert.equal((await settle(client.get(server.origin))).error!.code, 'ERR_CONNECTION_LOST');
  }));

  test('any number of attempts can be allowed', onLoopback(async (net) => {
    const { server, client } = await scene(net, [...Array.from({ length: 40 }, () => unavailable), ok], { maxRetries: Infinity });
    assert.equal(await (await client.get(server.origin)).text(), 'ok');
    assert.equal(server.requests.length, 41);
  }));
});

/** The waits of a client whose timers do not run: each is over at once, and its length is remembered. */
function withoutWaiting(t: { mock: { method: typeof test.mock.method } }): number[] {
  const waits: number[] = [];
  const real = globalThis.setTimeout;
  t.mock.method(globalThis, 'setTimeout', (call: () => void, ms: number) => {
    waits.push(ms);
    return real(call, 0);
  });
  return waits;
}

describe('the wait', () => {
  for (const [what, random, expected] of [
    ['is minDelay at least', 0, [100, 100, 100, 100]],
    ['is at most a bound that doubles up to maxDelay', 1, [200, 400, 800, 1000]],
    ['is drawn between them', 0.5, [150, 250, 450, 550]],
  ] as const) {
    test(what, onLoopback(async (net, t) => {
      const { server, client, notices } = await scene(net, [unavailable], { minDelay: 100, maxDelay: 1000, maxRetries: 4 });
      t.mock.method(Math, 'random', () => random);
      const waits = withoutWaiting(t);
      await (await client.get(server.origin)).bytes();
      t.mock.restoreAll();
      assert.deepEqual(notices.map(({ delay }) => delay), expected);
      assert.deepEqual(waits.filter((ms) => (expected as readonly number[]).includes(ms)), expected);
    }));
  }

  for (const [what, field, expected] of [
    ['seconds', 'Retry-After: 3', 3150],
    ['a date', `Date: ${new Date(1e12).toUTCString()}\r\nRetry-After: ${new Date(1e12 + 7000).toUTCString()}`, 7150],
    ['a date that is over', 'Retry-After: Thu, 01 Jan 1970 00:00:00 GMT', 150],
    ['nonsense, which is passed over', 'Retry-After: soon', 150],
  ] as const) {
    test(`is that of Retry-After and the backoff: ${what}`, onLoopback(async (net, t) => {
      const { server, client, notices } = await scene(net, [answer('429 Slow Down', field.split('\r\n')), ok], { minDelay: 100, maxDelay: 1000 });
      t.mock.method(Math, 'random', () => 0.5);
      withoutWaiting(t);
      await (await client.get(server.origin)).bytes();
      t.mock.restoreAll();
      assert.deepEqual(notices.map(({ delay }) => delay), [expected]);
    }));
  }

  test('holds no connection, and nothing else', onLoopback(async (net) => {
    const { server, client, transport, notices } = await scene(net, [answer('503 No', [], 'x'.repeat(100_000))], { minDelay: 60_000, maxDelay: 60_000 });
    const controller = new AbortController();
    const outcome = settle(client.get(server.origin, { signal: controller.signal }));
    while (transport.stats().active > 0 || notices.length === 0) await turn();
    assert.equal(taskCount(), 1);
    assert.deepEqual(await findLeaks({ retries: 0 }), []);
    controller.abort();
    await outcome;
  }));

  test('is ended by the signal at once, with its reason', onLoopback(async (net) => {
    const { server, client, notices } = await scene(net, [answer('503 No', ['Retry-After: 50'])]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const outcome = settle(client.get(server.origin, { signal: controller.signal }));
    while (notices.length === 0) await turn();
    await turn();
    assert.equal(timers(), before + 1, 'it keeps the process alive, for the program awaits it');
    controller.abort(reason);
    assert.equal((await outcome).error, reason);
    assert.equal(server.requests.length, 1);
    assert.equal(timers(), before);
  }));

  test('that the time does not allow is not begun: the response is handed out, or the error thrown', onLoopback(async (net) => {
    const { server, client } = await scene(net, [answer('503 No', ['Connection: close']), reset], { minDelay: 40_000, maxDelay: 40_000 });
    assert.equal((await client.get(server.origin, { timeout: 30_000 }).then(async (response) => (await response.bytes(), response))).status, 503);
    assert.equal((await settle(client.get(server.origin, { timeout: 30_000 }))).error!.code, 'ERR_CONNECTION_LOST');
    assert.equal(server.requests.length, 2);
  }));
});

describe('the time of a call', () => {
  test('is that of all its attempts, and the error says so', onLoopback(async (net, t) => {
    const { server, client } = await scene(net, [unavailable, () => undefined]);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let at = 1000;
    t.mock.method(performance, 'now', () => at);
    const outcome = settle(client.get(server.origin, { timeout: 1_000_000 }));
    while (server.requests.length < 2) {
      // The first attempt and the wait take most of it.
      if (server.requests.length === 1) at = 900_000;
      t.mock.timers.tick(1);
      await turn();
    }
    t.mock.timers.tick(200_000);
    const { error } = await outcome;
    t.mock.timers.reset();
    t.mock.restoreAll();
    assert.deepEqual([error!.name, (error as { attempts?: number }).attempts], ['TimeoutError', 2]);
    assert.match(error!.message, /took longer than 1000000 ms \(timeout\), waiting for headers; 2 attempts were made$/);
  }));

  test('ends an attempt of a RoundTripper that knows no time, and closes what it gives later', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ok });
    const { transport } = net.client();
    let give: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (give = resolve));
    const slow: RoundTripper = { roundTrip: async (request) => {
      await late;
      return transport.roundTrip({ url: request.url });
    } };
    const { error } = await settle(retry(slow, AT_ONCE).roundTrip(new Request(server.origin, { timeout: 50 })));
    assert.equal(error!.name, 'TimeoutError');
    give();
    while (server.requests.length === 0 || transport.stats().active > 0) await turn();
  }));
});

describe('the functions of the program', () => {
  test('are not asked once the request is cancelled', onLoopback(async (net) => {
    const controller = new AbortController();
    const { server, client } = await scene(net, [() => controller.abort()], { shouldRetry: () => assert.fail('it is asked') });
    assert.equal((await settle(client.get(server.origin, { signal: controller.signal }))).error!.name, 'AbortError');
  }));

  test('are told of the attempt, its response or its error, and the wait', onLoopback(async (net) => {
    const asked: unknown[] = [];
    const { server, client, notices } = await scene(net, [answer('503 No', ['Connection: close']), reset, ok], { shouldRetry: ({ attempt, response, error, request }) => {
      asked.push([attempt, response?.status ?? null, (error as { code?: string } | null)?.code ?? null, request.method]);
      return undefined;
    } });
    await (await client.get(server.origin)).bytes();
    // The third could be followed by no other.
    assert.deepEqual(asked, [[1, 503, null, 'GET'], [2, null, 'ERR_CONNECTION_LOST', 'GET']]);
    assert.deepEqual(notices.map(({ attempt, delay }) => [attempt, delay]), [[1, 0], [2, 0]]);
  }));

  test('may read the response, which is dropped afterwards', onLoopback(async (net) => {
    const texts: string[] = [];
    const { server, client } = await scene(net, [answer('500 No', [], 'deadlock'), ok], { shouldRetry: async ({ response }) => {
      texts.push(await response!.text());
      return texts.at(-1) === 'deadlock';
    } });
    assert.equal((await client.get(server.origin)).status, 200);
    assert.deepEqual(texts, ['deadlock', 'ok']);
  }));

  for (const name of ['shouldRetry', 'onRetry'] as const) {
    test(`${name} that throws ends the request, and the response is closed`, onLoopback(async (net) => {
      const thrown = new Error('mine');
      const { server, client, transport } = await scene(net, [answer('503 No', [], 'x'.repeat(100_000))], { [name]: () => {
        throw thrown;
      } });
      const { error } = await settle(client.get(server.origin));
      assert.deepEqual([error!.code, error!.cause], ['ERR_HOOK', thrown]);
      assert.match(error!.message, new RegExp(`retry\\.${name} threw`));
      while (transport.stats().active > 0) await turn();
      assert.equal(taskCount(), 1);
    }));

    test(`${name} that never answers is ended by the signal, and the response is closed`, onLoopback(async (net) => {
      const controller = new AbortController();
      const { server, client, transport } = await scene(net, [answer('503 No', [], 'x'.repeat(100_000))], { [name]: () => {
        setImmediate(() => controller.abort());
        return new Promise(() => undefined);
      } });
      assert.equal((await settle(client.get(server.origin, { signal: controller.signal }))).error!.name, 'AbortError');
      while (transport.stats().active > 0) await turn();
      assert.equal(taskCount(), 1);
    }));
  }
});

describe('with what is around it:', () => {
  test('a response that is forgotten after a retry is a leak with its line', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.index % 2 === 0 ? unavailable(request) : ok(request) });
    const { transport } = net.client({ track: 'all' });
    const client = new Client({ transport: retry(transport, AT_ONCE), timeout: 10_000 });
    const forgotten: Response[] = [];
    for (const init of [{}, { timeout: 5000 }]) forgotten.push(await client.get(server.origin, init));
    const leaks = await findLeaks();
    assert.deepEqual(leaks.map(({ kind, site }) => [kind, /retry\.test\.(?:ts|js)$/.test(site?.file ?? '')]), [['body', true], ['body', true]]);
    for (const response of forgotten) await response.close();
  }));

  test('each request of a redirect has its attempts', onLoopback(async (net) => {
    const { server, client } = await scene(net, [unavailable, answer('302 Found', ['Location: /next']), unavailable, unavailable, ok]);
    const response = await client.get(server.origin);
    assert.equal(await response.text(), 'ok');
    assert.deepEqual(server.requests.map(({ target }) => target), ['/', '/', '/next', '/next', '/next']);
  }));

  test('fetch makes its attempts, too', onLoopback(async (net) => {
    const { server, client } = await scene(net, [unavailable, reset, ok]);
    assert.equal(await (await createFetch({ client })(server.origin)).text(), 'ok');
  }));

  test('a transport of mocks', onLoopback(async (net) => {
    let calls = 0;
    const transport = new MockTransport(() => (++calls < 3 ? { status: 503 } : 'ok'));
    net.adopt(transport);
    assert.equal(await (await new Client({ transport: retry(transport, AT_ONCE) }).get('http://a.test/')).text(), 'ok');
    assert.equal(calls, 3);
  }));

  test('closing the idle connections, and the client, reach the transport', onLoopback(async (net) => {
    const { server, client, transport } = await scene(net, [ok]);
    await (await client.get(server.origin)).bytes();
    assert.equal(transport.stats().idle, 1);
    client.closeIdleConnections();
    assert.equal(transport.stats().idle, 0);
    await client[Symbol.asyncDispose]();
    assert.equal((await settle(client.get(server.origin))).error!.code, 'ERR_TRANSPORT_CLOSED');
  }));

  test('a hundred requests at once, and a server that fails every second one, leave nothing', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => [ok, reset, unavailable, ok][request.index % 4](request) });
    const { transport } = net.client({ maxConnsPerHost: 10 });
    const client = new Client({ transport: retry(transport, { minDelay: 0, maxDelay: 1, maxRetries: 30 }) });
    const texts = await Promise.all(Array.from({ length: 100 }, async () => (await client.get(server.origin)).text()));
    assert.deepEqual(new Set(texts), new Set(['ok']));
    transport.closeIdleConnections();
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(taskCount(), 1);
  }));
});

describe('an option is refused:', () => {
  const transport: RoundTripper = { roundTrip: () => Promise.reject(new Error('not asked')) };
  for (const [options, message] of [
    [5, /options of retry\(\) are an object, .*not 5/],
    [{ limit: 5 }, /retry\(\) has no option "limit"; it has maxRetries, minDelay/],
    [{ maxRetries: -1 }, /maxRetries is the number of attempts after the first, 0 or more, not -1/],
    [{ maxRetries: 1.5 }, /not 1\.5/],
    [{ maxRetries: '3' }, /not "3"/],
    [{ maxRetries: NaN }, /not NaN/],
    [{ minDelay: -1 }, /minDelay is a number of milliseconds, 0 or more, not -1/],
    [{ maxDelay: '1s' }, /maxDelay is a number of milliseconds, 0 or more, not "1s"/],
    [{ maxDelay: 50 }, /maxDelay is at least minDelay, which is 100 ms, not 50/],
    [{ maxRetryAfter: NaN }, /maxRetryAfter is a number of milliseconds, .*not NaN/],
    [{ methods: 'GET' }, /methods is a list of methods, .*not "GET"/],
    [{ methods: ['G T'] }, /methods holds "G T", which is no method/],
    [{ statuses: 503 }, /statuses is a list of status codes, .*not 503/],
    [{ statuses: ['503'] }, /statuses holds "503"; a status is a number/],
    [{ statuses: [100] }, /statuses holds 100/],
    [{ codes: 'ECONNRESET' }, /codes is a list of codes .*not "ECONNRESET"/],
    [{ codes: [5] }, /codes holds 5/],
    [{ shouldRetry: true }, /shouldRetry is a function, not true/],
    [{ onRetry: 'log' }, /onRetry is a function, not "log"/],
  ] as const) {
    test(JSON.stringify(options), () => {
      assert.throws(() => retry(transport, options as unknown as RetryOptions), { name: 'RequestError', code: 'ERR_INVALID_OPTION', message });
    });
  }

  for (const wrong of [undefined, null, 'x', {}, { roundTrip: true }]) {
    test(`the transport ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => retry(wrong as unknown as RoundTripper), { code: 'ERR_INVALID_OPTION', message: /method roundTrip/ });
    });
  }
});
