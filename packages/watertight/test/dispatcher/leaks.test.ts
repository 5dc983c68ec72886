/** What a program forgets is a leak of the line that asked, through each function of undici; and what it aborts is none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { findLeaks } from 'watertight/leak';
import { setTracking, taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { dispatcherOf, withEachUndici, type Copy } from './copies.js';

const SIZE = 1 << 20;

withEachUndici((undici) => {
  describe('a body that nobody reads is paused, pins two tasks, and is a leak of its line:', () => {
    for (const [what, tracked, ask, finish] of [
      ['request()', 'all', (dispatcher: Copy, url: string) => undici.request(url, { dispatcher }), ({ body }: Copy) => body.arrayBuffer()],
      ['fetch()', 'all', (dispatcher: Copy, url: string) => undici.fetch(url, { dispatcher }), (response: Copy) => response.arrayBuffer()],
      ['fetch(), where only a sample is recorded', 'off', (dispatcher: Copy, url: string) => undici.fetch(url, { dispatcher }), (response: Copy) => response.arrayBuffer()],
      ['request() through interceptors', 'all', (dispatcher: Copy, url: string) => undici.request(url, { dispatcher: dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 1 }), undici.interceptors.retry()) }), ({ body }: Copy) => body.arrayBuffer()],
    ] as const) {
      test(what, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(SIZE)) });
        const { dispatcher } = dispatcherOf(net, undici);
        setTracking(tracked);
        const response = await ask(dispatcher, server.origin);
        setTracking('all');
        const leaks = await findLeaks();
        assert.equal(leaks.length, 1);
        assert.match(leaks[0].site!.file, /leaks\.test\.ts$/);
        assert.ok(leaks[0].bytesRead < SIZE);
        assert.equal(taskCount(), 3);
        await finish(response);
        assert.equal(taskCount(), 3, 'the connection is idle now');
        await dispatcher.destroy();
        assert.deepEqual(await findLeaks(), []);
      }));
    }
  });

  test('an abort before the head and in the body frees the connection, and rejects with its reason', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ target, connection }) => target === '/body' && connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
    const { dispatcher } = dispatcherOf(net, undici);
    const reason = new Error('enough');
    for (const path of ['/', '/body']) {
      const cancel = new AbortController();
      let answered = false;
      const text = undici.request(server.origin + path, { dispatcher, signal: cancel.signal }).then(({ body }: Copy) => {
        answered = true;
        return body.text();
      });
      text.catch(() => undefined);
      const count = server.requests.length;
      while (server.requests.length === count || (path === '/body' && !answered)) await turn();
      cancel.abort(reason);
      await assert.rejects(text, (error) => error === reason);
    }
    assert.equal(await server.settlesAt(0), 0);
    assert.equal(taskCount(), 1);
  }));

  test('after a hundred requests of many kinds nothing is left', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('x'.repeat(request.target.length * 100)) });
    const { dispatcher } = dispatcherOf(net, undici);
    await Promise.all(Array.from({ length: 100 }, async (_each, index) => {
      const { body } = await undici.request(`${server.origin}/${index}`, { dispatcher });
      if (index % 4 === 0) await body.dump();
      else if (index % 4 === 1) body.on('error', () => undefined).destroy();
      else await body.text();
    }));
    await dispatcher.destroy();
  }));
});
