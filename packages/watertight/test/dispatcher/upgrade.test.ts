/** What leaves HTTP goes over our connections too: upgrades, CONNECT, undici's WebSocket. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { taskCount } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { dispatcherOf, failure, sameAsAgent, withEachUndici } from './copies.js';
import { greetingServer } from './greeting-server.js';

withEachUndici((undici) => {
  test('an upgrade and CONNECT give a socket over a connection of ours, which is counted as Go counts it', onLoopback(async (net) => {
    const server = http.createServer().listen(0, '127.0.0.1');
    const seen: unknown[] = [];
    const echo = (request: http.IncomingMessage, socket: Duplex, head: string): void => {
      seen.push([request.method, request.url, request.headers.connection?.toLowerCase(), request.headers.upgrade]);
      socket.write(`${head}\r\n\r\nhi `);
      socket.pipe(socket);
    };
    server.on('upgrade', (request, socket) => echo(request, socket, 'HTTP/1.1 101 Switching\r\nUpgrade: own\r\nConnection: upgrade\r\nX-Own: a'));
    server.on('connect', (request, socket) => echo(request, socket, request.url === '/no' ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\nX-Own: a' : 'HTTP/1.1 200 OK\r\nX-Own: a'));
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const counted: number[] = [];
    await sameAsAgent(net, undici, async (dispatcher) => {
      const results: unknown[] = [];
      const before = taskCount();
      for (const open of [
        () => dispatcher.upgrade({ origin, path: '/a?b', protocol: 'own' }),
        () => dispatcher.upgrade({ origin, path: '/', method: 'POST', protocol: 'other, own', headers: { 'x-own': 'b' } }),
        () => dispatcher.connect({ origin, path: 'host.test:443' }),
        () => undici.connect(origin, { dispatcher }),
        () => dispatcher.connect({ origin, path: '/no' }),
      ] as (() => Promise<{ statusCode?: number; headers: Record<string, string>; socket: Duplex }>)[]) {
        const { statusCode, headers, socket } = await open();
        socket.setEncoding('latin1');
        counted.push(taskCount() - before);
        if (statusCode !== 403) socket.end('there');
        let text = '';
        for await (const chunk of socket) {
          text += chunk as string;
          if (text === 'hi ' && statusCode === 403) break;
        }
        results.push([statusCode, headers['x-own'], text]);
      }
      return { results, seen: seen.splice(0) };
    });
    // As in Go: after 101 the loops have ended; a tunnel has both.
    assert.deepEqual(counted.slice(0, 4), [0, 0, 2, 2]);
    server.closeAllConnections();
    server.close();
  }));

  test('an upgrade that the server does not want fails, and so does one whose handler throws or aborts', onLoopback(async (net) => {
    const server = http.createServer((_request, response) => response.end('no')).listen(0, '127.0.0.1');
    server.on('upgrade', (request, socket) => {
      if (request.url === '/no') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
      else socket.end('HTTP/1.1 101 Switching\r\nUpgrade: own\r\nConnection: upgrade\r\n\r\n');
    });
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = { origin, path: '/', method: 'GET' };
    await sameAsAgent(net, undici, async (dispatcher) => {
      const refused = async (options: object): Promise<unknown> => (await failure(dispatcher.upgrade({ ...url, ...options }))).code;
      return [await refused({ path: '/no', protocol: 'own' }), await refused({ protocol: true }), await refused({ protocol: 'a\r\nb' })];
    });
    // Undici 7 does not tell of these two at all.
    const { dispatcher } = dispatcherOf(net, undici);
    const raised = async (onRequestUpgrade: unknown): Promise<unknown> => new Promise((resolve) => {
      dispatcher.dispatch({ ...url, upgrade: 'own' }, { onRequestStart: () => undefined, onRequestUpgrade, onResponseError: (_controller: unknown, error: Error) => resolve(error.message) });
    });
    assert.equal(await raised((controller: { abort(reason: Error): void }) => controller.abort(new Error('aborted'))), 'aborted');
    assert.equal(await raised(() => { throw new Error('thrown'); }), 'thrown');
    assert.equal(await raised(undefined), 'invalid onRequestUpgrade method');
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  }));

  test('a WebSocket', { skip: 'WebSocket' in undici ? false : 'this undici has none' }, onLoopback(async (net) => {
    const server = await greetingServer();
    await sameAsAgent(net, undici, async (dispatcher) => {
      const socket = new undici.WebSocket(server.url, { dispatcher });
      const [{ data }] = (await once(socket, 'message')) as [{ data: string }];
      const closed = once(socket, 'close');
      socket.close(1000, 'done');
      const [{ wasClean, code }] = (await closed) as [{ wasClean: boolean; code: number }];
      return { data, wasClean, code };
    });
    server.close();
  }));
});
