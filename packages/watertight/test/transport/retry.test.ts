/** Which failed attempt is made again: the rule as a table, and on connections that the server closes. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isIdempotent, refusalPause, shouldRetry, type Attempt } from '#transport';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

describe('the rule', () => {
  const lost: Attempt = { reused: true, connectionEnded: true, answered: false, nothingWritten: false, refused: false, idempotent: true, replayable: true };
  const table: [what: string, change: Partial<Attempt>, again: boolean][] = [
    ['a GET that lost the race', {}, true],
    ['a POST of which nothing was written', { idempotent: false, nothingWritten: true }, true],
    ['a POST that may have been processed', { idempotent: false }, false],
    ['on a fresh connection', { reused: false }, false],
    ['on a fresh connection, nothing written', { reused: false, nothingWritten: true }, false],
    ['after a byte of a response', { answered: true }, false],
    ['after a time-out or a protocol error', { connectionEnded: false }, false],
    ['with a stream as its body', { replayable: false }, false],
    ['with a stream, nothing written', { replayable: false, nothingWritten: true }, false],
  ];
  for (const [what, change, again] of table) test(`${what}: ${again ? 'again' : 'not again'}`, () => assert.equal(shouldRetry({ ...lost, ...change }), again));

  test('no attempt is made again but on a reused connection that ended without an answer', () => {
    const names = Object.keys(lost) as (keyof Attempt)[];
    for (let bits = 0; bits < 2 ** names.length; bits++) {
      const attempt = Object.fromEntries(names.map((name, i) => [name, (bits & (1 << i)) !== 0])) as unknown as Attempt;
      if (attempt.refused) continue;
      const may = attempt.reused && attempt.connectionEnded && !attempt.answered && attempt.replayable && (attempt.nothingWritten || attempt.idempotent);
      assert.equal(shouldRetry(attempt), may, JSON.stringify(attempt));
    }
  });

  test('what the server has not processed is sent again, by whatever method, if its body can be', () => {
    for (const idempotent of [true, false]) {
      const refused: Attempt = { ...lost, reused: false, connectionEnded: false, refused: true, idempotent };
      assert.equal(shouldRetry(refused), true);
      assert.equal(shouldRetry({ ...refused, replayable: false }), false);
      assert.equal(shouldRetry({ ...refused, answered: true }), false);
    }
  });

  test('the pauses after refusals grow as in Go: none, 1 s, 2 s and so on, with a tenth at random', () => {
    assert.deepEqual([1, 2, 3, 6].map((refusals) => refusalPause(refusals, 0)), [0, 1000, 2000, 16_000]);
    assert.equal(refusalPause(2, 1), 1100);
  });

  test('idempotent is what RFC 9110 says, or a key', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']) assert.equal(isIdempotent(method, null), true, method);
    for (const method of ['POST', 'PATCH', 'get', 'LOCK', '__proto__']) assert.equal(isIdempotent(method, null), false, method);
    assert.equal(isIdempotent('POST', new Headers({ 'Idempotency-Key': 'x' })), true);
    assert.equal(isIdempotent('PATCH', new Headers({ 'X-Idempotency-Key': '' })), true);
    assert.equal(isIdempotent('POST', new Headers({ Accept: 'x' })), false);
  });
});

describe('a server that closes its idle connection as the next request comes', () => {
  /** The second request of the first connection is not answered: the connection ends instead. */
  const racing = (how: 'finish' | 'reset' | 'half an answer') => ({
    onRequest: (request: RawRequest) => {
      if (request.connection.id > 0 || request.connection.requests.length < 2) request.reply(request.method);
      else if (how === 'half an answer') {
        request.connection.write('HTTP/1.1 20');
        request.connection.finish();
      } else request.connection[how]();
    },
  });

  for (const how of ['finish', 'reset'] as const) {
    for (const [method, init] of [['GET', {}], ['PUT', { body: 'x' }], ['DELETE', {}], ['POST', { body: 'x', headers: { 'Idempotency-Key': '1' } }]] as const) {
      test(`${method}${'headers' in init ? ' with a key' : ''} is sent again (${how})`, onLoopback(async (net) => {
        const server = await net.serve(racing(how));
        const { client } = net.client();
        await (await client.get(server.origin)).text();
        const response = await client.request(server.origin, { method, ...init });
        assert.equal(await response.text(), method);
        assert.equal(server.connections.length, 2);
        assert.equal(server.requests.length, 3);
      }));
    }

    for (const [what, init] of [['POST', { body: 'x' }], ['PATCH', {}], ['PUT', { body: (async function* () { yield 'x'; })() }]] as const) {
      test(`${what}${what === 'PUT' ? ' of a stream' : ''} is not (${how})`, onLoopback(async (net) => {
        const server = await net.serve(racing(how));
        const { client } = net.client();
        await (await client.get(server.origin)).text();
        await assert.rejects(client.request(server.origin, { method: what, ...init }), { name: 'ConnectionError' });
        assert.equal(server.requests.length, 2);
      }));
    }
  }

  test('a PUT of a function that makes its stream anew is sent again', onLoopback(async (net) => {
    const server = await net.serve(racing('finish'));
    const { client } = net.client();
    await (await client.get(server.origin)).text();
    let made = 0;
    const response = await client.request(server.origin, { method: 'PUT', body: () => {
      made++;
      return (async function* () { yield 'again'; })();
    } });
    await response.text();
    assert.equal(made, 2);
    assert.equal(String(await server.requests[2].body), 'again');
  }));

  test('half an answer is one: nothing is sent again', onLoopback(async (net) => {
    const server = await net.serve(racing('half an answer'));
    const { client } = net.client();
    await (await client.get(server.origin)).text();
    await assert.rejects(client.get(server.origin), { code: 'ERR_CONNECTION_CLOSED', message: /inside the response head/ });
    assert.equal(server.requests.length, 2);
  }));

  test('a fresh connection that ends is no lost race', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.finish() });
    const { client } = net.client();
    await assert.rejects(client.get(server.origin), { code: 'ERR_CONNECTION_CLOSED', message: /before the response head/ });
    assert.equal(server.requests.length, 1);
  }));

  test('all idle connections may have died: each is tried once, then a fresh one', onLoopback(async (net) => {
    const alive = 3;
    const server = await net.serve({
      onRequest: async (request) => {
        if (request.connection.id >= alive || request.connection.requests.length < 2) {
          if (request.connection.id < alive) while (server.connections.length < alive) await new Promise((resolve) => setTimeout(resolve, 5));
          request.reply('x');
        } else request.connection.finish();
      },
    });
    const { client } = net.client();
    await Promise.all((await Promise.all(Array.from({ length: alive }, () => client.get(server.origin)))).map((response) => response.text()));
    assert.equal(await (await client.get(server.origin)).text(), 'x');
    assert.equal(server.connections.length, alive + 1);
  }));
});
