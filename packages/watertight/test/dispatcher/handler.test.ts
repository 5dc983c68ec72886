/** What a handler of `dispatch` is told and when, in both forms; what its controller does; and what comes of a handler that is none. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { onLoopback } from '../fixtures/loopback.js';
import { dispatcherOf, Recorder, sameAsAgent, withEachUndici, type Copy } from './copies.js';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-One: 1\r\nX-One: 2\r\n\r\n3\r\none\r\n0\r\nX-Sum: 1\r\n\r\n';

withEachUndici((undici, version) => {
  /** Undici 7 does not pass on what has been sent to a handler of the newer form; ours does. */
  const told = (calls: readonly unknown[]): unknown[] => calls.filter((call) => version === 8 || (call !== 'request sent' && (call as unknown[])[0] !== 'body sent'));

  describe('is told the same as by an Agent, in the same order:', () => {
    for (const [what, options, reply] of [
      ['a response with trailers', {}, CHUNKED],
      ['a response that comes after a 103', {}, `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${CHUNKED}`],
      ['a body in memory', { method: 'POST', body: 'data' }, CHUNKED],
      ['a body in pieces', { method: 'POST', body: ['da', 'ta'] }, CHUNKED],
      ['a response that is cut', {}, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'],
      ['a name that is one of objects', {}, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n__proto__: 1\r\nconstructor: 2\r\n\r\n'],
    ] as const) {
      test(what, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: async (request) => {
          await request.body;
          request.connection.write(reply);
          if (what.endsWith('cut')) request.connection.finish();
        } });
        await sameAsAgent(net, undici, async (dispatcher) => {
          const handler = new Recorder();
          dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET', ...options }, handler);
          await handler.over;
          return told(handler.calls);
        });
      }));
    }
  });

  describe('what a call of the handler throws ends the request, and is its error:', () => {
    for (const call of ['start', ...(version === 8 ? ['body sent', 'request sent'] : []), 'response', 'data', 'end']) {
      test(call, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: async (request) => {
          await request.body;
          request.reply('hello');
        } });
        await sameAsAgent(net, undici, async (dispatcher) => {
          const handler = new Recorder((now) => {
            if (now === call) throw Object.assign(new Error('own'), { code: 'OWN' });
          });
          dispatcher.dispatch({ origin: server.origin, path: '/', method: 'POST', body: 'data' }, handler);
          await handler.over;
          return { failed: handler.calls.filter((each) => (each as unknown[])[0] === 'error'), aborted: handler.controller.aborted, reason: handler.controller.reason };
        });
      }));
    }
  });

  describe('abort() ends the request with its reason, and the controller tells:', () => {
    for (const call of ['start', ...(version === 8 ? ['request sent'] : []), 'response', 'data']) {
      test(call, onLoopback(async (net) => {
        const server = await net.serve({ onRequest: (request) => void request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
        await sameAsAgent(net, undici, async (dispatcher) => {
          const reason = Object.assign(new Error('enough'), { code: 'ENOUGH' });
          const handler = new Recorder((now, controller) => {
            if (now === call) controller.abort(reason);
          });
          dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler);
          await handler.over;
          return { last: handler.calls.at(-1), same: handler.error === reason, aborted: handler.controller.aborted, told: handler.controller.reason === reason };
        });
        assert.equal(await server.settlesAt(0), 0);
      }));
    }
  });

  test('pause() stops what is told, and resume() goes on', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(1 << 18)) });
    const { dispatcher } = dispatcherOf(net, undici);
    let bytes = 0;
    let pauses = 0;
    await new Promise<void>((resolve, reject) => {
      dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, {
        onRequestStart: () => undefined,
        onResponseStart: () => undefined,
        onResponseData(controller: Copy, chunk: Buffer) {
          bytes += chunk.length;
          controller.pause();
          const before = bytes;
          setImmediate(() => {
            pauses++;
            assert.equal(bytes, before, 'nothing came during the pause');
            controller.resume();
          });
        },
        onResponseEnd: resolve,
        onResponseError: (_controller: Copy, error: Error) => reject(error),
      });
    });
    assert.equal(bytes, 1 << 18);
    assert.ok(pauses > 1);
  }));

  test('a small response is told in one turn with its head, so that a cache has it before the program does', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { dispatcher } = dispatcherOf(net, undici);
    const seen: string[] = [];
    const handler = new Recorder((call) => {
      seen.push(call);
      if (call === 'response') queueMicrotask(() => seen.push('microtask'));
    });
    dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler);
    await handler.over;
    await turn();
    assert.deepEqual(seen.slice(-4), ['response', 'data', 'end', 'microtask']);
  }));

  test('the older form is told the same, with fields as they came', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => void request.connection.write(CHUNKED) });
    const { dispatcher } = dispatcherOf(net, undici);
    const calls: unknown[] = [];
    await new Promise<void>((resolve) => {
      dispatcher.dispatch({ origin: server.origin, path: '/', method: 'GET' }, {
        onConnect: (abort: unknown) => calls.push(typeof abort),
        onHeaders: (status: number, headers: Buffer[], _resume: unknown, text: string) => calls.push(status, headers.map(String), text) > 0,
        onData: (chunk: Buffer) => calls.push(String(chunk)) > 0,
        onComplete: (trailers: Buffer[]) => {
          calls.push(trailers.map(String));
          resolve();
        },
        onError: (error: unknown) => calls.push(error),
      });
    });
    assert.deepEqual(calls, ['function', 200, ['Transfer-Encoding', 'chunked', 'X-One', '1', 'X-One', '2'], 'OK', 'one', ['X-Sum', '1']]);
  }));

  test('a handler that is none, or that can be told of no failure, is refused at once', onLoopback(async (net) => {
    const options = { origin: 'http://127.0.0.1:1', path: '/', method: 'GET' };
    await sameAsAgent(net, undici, async (dispatcher) => {
      const codes = [undefined, null, 'handler', {}].map((handler) => {
        try {
          return dispatcher.dispatch(options, handler);
        } catch (error) {
          return (error as NodeJS.ErrnoException).code;
        }
      });
      const handler = Object.assign(new Recorder(), { onBodySent: 'x' });
      return Promise.resolve([codes, dispatcher.dispatch(undefined, new Recorder()), dispatcher.dispatch(options, handler)].slice(0, 2));
    });
    const { dispatcher } = dispatcherOf(net, undici);
    const handler = Object.assign(new Recorder(), { onBodySent: 'x' });
    assert.equal(dispatcher.dispatch(options, handler), false);
    assert.deepEqual(handler.calls, [['error', 'InvalidArgumentError', 'UND_ERR_INVALID_ARG']]);
  }));
});
