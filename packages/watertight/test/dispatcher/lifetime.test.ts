/** The end of a dispatcher, by close() and destroy(), and the events of its connections: as undici's Agent has them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback } from '../fixtures/loopback.js';
import { dispatcherOf, failure, sameAsAgent, withEachUndici, type Copy } from './copies.js';

async function get(dispatcher: Copy, origin: string, options: object = {}): Promise<string> {
  return (await dispatcher.request({ origin, path: '/', method: 'GET', ...options })).body.text();
}

withEachUndici((undici) => {
  test('close() waits for what is under way, and refuses what comes later', onLoopback(async (net) => {
    const held: Copy[] = [];
    const server = await net.serve({ onRequest: (request) => held.push(request) });
    await sameAsAgent(net, undici, async (dispatcher) => {
      held.length = 0;
      const order: string[] = [];
      const first = get(dispatcher, server.origin).then((text) => order.push(text));
      while (held.length === 0) await turn();
      const closed = dispatcher.close().then(() => order.push('closed'));
      const later = await failure(get(dispatcher, server.origin));
      const during = [dispatcher.closed, dispatcher.destroyed];
      held[0].reply('late');
      await Promise.all([first, closed]);
      return { order, later, during, after: [dispatcher.closed, dispatcher.destroyed], again: await failure(dispatcher.close()), evenLater: await failure(get(dispatcher, server.origin)) };
    });
  }));

  test('destroy() ends what is under way and what waits, with its error or with ClientDestroyedError', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => target === '/body' && connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
    for (const error of [Object.assign(new Error('over'), { code: 'OVER' }), null, undefined]) {
      const count = server.requests.length;
      await sameAsAgent(net, undici, async (dispatcher) => {
        const before = server.requests.length;
        const failures = Promise.all([failure(get(dispatcher, server.origin)), failure(get(dispatcher, server.origin)), failure(get(dispatcher, server.origin))]);
        while (server.requests.length < before + 2) await turn();
        const destroyed = dispatcher.destroy(error);
        return { failures: await failures, gave: (await destroyed) ?? null, flags: [dispatcher.closed, dispatcher.destroyed], again: (await dispatcher.destroy()) ?? null, later: await failure(get(dispatcher, server.origin)), close: await failure(dispatcher.close()) };
      }, { transport: { maxConnsPerHost: 2 }, theirs: { connections: 2 } });
      assert.ok(server.requests.length > count);
    }
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('close() and destroy() take callbacks, and refuse what is none', onLoopback(async (net) => {
    await sameAsAgent(net, undici, async (dispatcher) => {
      const codes = [() => dispatcher.close('x'), () => dispatcher.destroy(null, 'x')].map((call) => {
        try {
          return call();
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      });
      return Promise.resolve(codes);
    });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const calls: unknown[] = [];
      const done = (name: string) => (error: Copy): void => void calls.push([name, error?.code ?? null]);
      const returned = [dispatcher.close(done('close')), dispatcher.close(done('close again'))];
      await new Promise((resolve) => dispatcher.destroy(new Error('x'), resolve));
      await turn();
      await new Promise<void>((resolve) => {
        dispatcher.close((error: Copy) => {
          calls.push(['closed too late', error.code]);
          resolve();
        });
      });
      return { returned, calls: calls.map(String).sort() };
    });
  }));

  test('a transport that was given stays open, one of its own is closed', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const { dispatcher, transport } = dispatcherOf(net, undici);
    await get(dispatcher, server.origin);
    await dispatcher.close();
    assert.equal(transport.stats().idle, 1);
    const own = new dispatcher.constructor({ maxConnsPerHost: 1 });
    await get(own, server.origin);
    await own.close();
    assert.equal(await server.settlesAt(1), 1);
    await transport.close();
    assert.equal((await failure(get(dispatcherOf(net, undici, { transport }).dispatcher, server.origin))).code, 'UND_ERR_DESTROYED');
  }));

  test('connect, disconnect and connectionError come with the origin, the dispatcher first among the targets, and the error', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => {
      if (target === '/end') connection.finish();
      else connection.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
    } });
    const refusing = `http://127.0.0.1:${await closedPort()}`;
    const seen = await sameAsAgent(net, undici, async (dispatcher) => {
      const events: unknown[] = [];
      for (const event of ['connect', 'disconnect', 'connectionError']) {
        dispatcher.on(event, (origin: Copy, targets: Copy, error: Copy) => events.push([event, origin instanceof URL, origin.origin === server.origin, targets[0] === dispatcher, error?.code ?? null]));
      }
      await get(dispatcher, server.origin);
      // Undici takes a connection back two turns later.
      for (let i = 0; i < 3; i++) await turn();
      await failure(dispatcher.request({ origin: server.origin, path: '/end', method: 'POST' }));
      await turn();
      await get(dispatcher, server.origin, { reset: true });
      await failure(get(dispatcher, refusing));
      await turn();
      await turn();
      return events;
    });
    assert.deepEqual(seen.map((event) => (event as unknown[]).at(0)), ['connect', 'disconnect', 'connect', 'disconnect', 'connectionError']);
  }));

  test('the events of an upgrade that fails are those of an Agent', onLoopback(async (net) => {
    const server = await net.serve({ onConnection: (connection) => connection.finish() });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const events: unknown[] = [];
      for (const event of ['connect', 'disconnect']) dispatcher.on(event, (origin: Copy, targets: Copy, error: Copy) => events.push([event, origin.origin === server.origin, targets[0] === dispatcher, error?.code ?? null]));
      const { code } = await failure(dispatcher.upgrade({ origin: server.origin, path: '/' }));
      await turn();
      return { events, code };
    });
  }));

  test('a listener may make requests of its own', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x') });
    const { dispatcher } = dispatcherOf(net, undici);
    let calls = 0;
    dispatcher.on('connect', () => {
      calls++;
      // Reentrant: another request, from within.
      void get(dispatcher, server.origin).catch(() => undefined);
    });
    dispatcher.once('connect', () => void dispatcher.request({ origin: '', path: '/', method: 'GET' }).catch(() => undefined));
    assert.equal(await get(dispatcher, server.origin), 'x');
    assert.ok(calls > 0);
    await dispatcher.close();
  }));

  test('dispatch() says false while the next request has to wait, and drain comes when it has not', onLoopback(async (net) => {
    const held: Copy[] = [];
    const server = await net.serve({ onRequest: (request) => held.push(request) });
    await sameAsAgent(net, undici, async (dispatcher) => {
      held.length = 0;
      const drained = once(dispatcher, 'drain');
      const handler = (): Copy => ({ onRequestStart: () => undefined, onResponseStart: () => undefined, onResponseData: () => undefined, onResponseEnd: () => undefined, onResponseError: () => undefined });
      const options = { origin: server.origin, path: '/', method: 'GET' };
      const room = [dispatcher.dispatch(options, handler()), dispatcher.dispatch(options, handler())];
      while (held.length < 1) await turn();
      held[0].reply('x');
      while (held.length < 2) await turn();
      held[1].reply('x');
      const [origin, targets] = await drained;
      return { room, origin: origin.origin === server.origin, first: targets[0] === dispatcher };
    }, { transport: { maxConnsPerHost: 1 }, theirs: { connections: 1 } });
  }));
});
