/** The functions of undici over our connections: request, stream, pipeline, fetch; statistics. */
import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { onLoopback } from '../fixtures/loopback.js';
import { answer, redirect, type Echo } from '../fetch/site.js';
import { sameAsAgent, withEachUndici, type Copy } from './copies.js';

function collector(): { sink: Writable; text: () => string } {
  let text = '';
  const sink = new Writable({ write: (chunk, _coding, done) => {
    text += String(chunk);
    done();
  } });
  return { sink, text: () => text };
}

withEachUndici((undici) => {
  test('request(): status, fields, text, trailers, and 1xx responses through onInfo', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n') });
    const seen = await sameAsAgent(net, undici, async (dispatcher) => {
      const infos: unknown[] = [];
      const { statusCode, headers, body, trailers } = await undici.request(server.origin, { dispatcher, onInfo: (info: unknown) => infos.push(info) });
      return { statusCode, headers, text: await body.text(), trailers, infos };
    });
    assert.deepEqual([seen.statusCode, seen.text, seen.trailers, seen.infos.length], [201, 'hi', { 'x-sum': '1' }, 1]);
  }));

  test('the fields of a response as they came', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('', { fields: ['X-One: 1', 'x-ONE: 2', 'Set-Cookie: a=\u00e4'] }) });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const { headers, body } = await undici.request(server.origin, { dispatcher, responseHeaders: 'raw' });
      await body.dump();
      return headers;
    });
  }));

  test('stream() and pipeline()', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const first = collector();
      await undici.stream(`${server.origin}/a`, { dispatcher, method: 'GET' }, () => first.sink);
      const second = collector();
      await pipeline(Readable.from([Buffer.from('data')]), undici.pipeline(`${server.origin}/b`, { dispatcher, method: 'POST' }, ({ body }: { body: Readable }) => body), second.sink);
      return [first, second].map(({ text }) => {
        const { method, target, body } = JSON.parse(text()) as Echo;
        return { method, target, body };
      });
    });
  }));

  test('fetch() follows redirects, decodes, and sends its own User-Agent', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: answer });
    await sameAsAgent(net, undici, async (dispatcher) => {
      const echo = (await (await undici.fetch(redirect(server.origin, 307, '/there'), { dispatcher, method: 'POST', body: 'data' })).json()) as Echo;
      const text = await (await undici.fetch(`${server.origin}/encoded?as=gzip`, { dispatcher })).text();
      return { ...echo, fields: echo.fields.map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort(), text };
    });
  }));

  test('without a limit each request has a connection; with one, statistics say who waits', onLoopback(async (net) => {
    const held: Copy[] = [];
    const server = await net.serve({ onRequest: (request) => held.push(request) });
    const sides = { transport: { maxConnsPerHost: 2 }, theirs: { connections: 2 } };
    const stats = await sameAsAgent(net, undici, async (dispatcher) => {
      held.length = 0;
      const texts = [1, 2, 3].map(async () => (await dispatcher.request({ origin: server.origin, path: '/', method: 'GET' })).body.text());
      while (held.length < 2) await turn();
      const busy = { ...dispatcher.stats[server.origin] };
      for (let replied = 0; replied < 3; replied++) {
        while (held.length <= replied) await turn();
        held[replied].reply('x');
      }
      await Promise.all(texts);
      await turn();
      await turn();
      return { busy, idle: { ...dispatcher.stats[server.origin] } };
    }, sides);
    assert.deepEqual(stats, { busy: { connected: 2, free: 0, pending: 1, queued: 1, running: 2, size: 3 }, idle: { connected: 2, free: 2, pending: 0, queued: 0, running: 0, size: 0 } });
  }));
});
