/** Node's own fetch, which reads the global dispatcher, goes over our connections without a change, and so does its WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { answer, redirect, type Echo } from '../fetch/site.js';
import { dispatcherOf, withEachUndici, type Copy } from './copies.js';
import { greetingServer } from './greeting-server.js';

withEachUndici((undici) => {
  async function asGlobal<T>(dispatcher: Copy, body: () => Promise<T>): Promise<T> {
    const before = undici.getGlobalDispatcher();
    undici.setGlobalDispatcher(dispatcher);
    try {
      return await body();
    } finally {
      undici.setGlobalDispatcher(before);
    }
  }

  /** What Node's fetch gives for requests of several kinds. */
  async function asked(origin: string): Promise<unknown> {
    const echo = (await (await fetch(`${origin}/a`, { method: 'POST', body: 'data' })).json()) as Echo;
    const redirected = await fetch(redirect(origin, 302, '/there'));
    const { target } = (await redirected.json()) as Echo;
    const form = new FormData();
    form.set('a', 'b');
    const sent = (await (await fetch(origin, { method: 'POST', body: form })).json()) as Echo;
    const decoded = await (await fetch(`${origin}/encoded?as=gzip`)).text();
    const head = await fetch(origin, { method: 'HEAD' });
    const failed = await fetch('http://127.0.0.1:9/').then(() => null, (error: unknown) => [(error as Copy).name, (error as Copy).cause.code ?? (error as Copy).cause.name]);
    const fields = echo.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).filter((field) => !field.startsWith('host')).sort();
    return { body: echo.body, fields, target, redirected: redirected.redirected, form: /name="a"\r\n\r\nb\r\n/.test(sent.body), decoded, head: head.status, failed };
  }

  test('requests of each kind have the result that they have with an Agent', onLoopback(async (net: Loopback) => {
    const server = await net.serve({ onRequest: answer });
    const { dispatcher, transport } = dispatcherOf(net, undici);
    const ours = await asGlobal(dispatcher, async () => asked(server.origin));
    assert.ok(transport.stats().opened > 0);
    const agent = new undici.Agent();
    assert.deepEqual(ours, await asGlobal(agent, async () => asked(server.origin)));
    await agent.destroy();
  }));

  test('an abort and a cancelled body release the connection', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection, target }) => target === '/body' && connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
    const { dispatcher } = dispatcherOf(net, undici);
    await asGlobal(dispatcher, async () => {
      const response = await fetch(`${server.origin}/body`);
      await response.body!.cancel();
      const abort = new AbortController();
      const waiting = fetch(server.origin, { signal: abort.signal });
      while (server.requests.length < 2) await turn();
      abort.abort();
      await assert.rejects(waiting, { name: 'AbortError' });
    });
    assert.equal(await server.settlesAt(0), 0);
  }));

  test('a WebSocket', { skip: typeof WebSocket === 'undefined' ? `Node ${process.version} has no WebSocket` : false }, onLoopback(async (net) => {
    const server = await greetingServer();
    const { dispatcher } = dispatcherOf(net, undici);
    await asGlobal(dispatcher, async () => {
      const socket = new WebSocket(server.url);
      const [{ data }] = (await once(socket as never, 'message')) as [{ data: string }];
      assert.equal(data, 'hi');
      const closed = once(socket as never, 'close');
      socket.close();
      await closed;
    });
    await dispatcher.destroy();
    server.close();
  }));
});
