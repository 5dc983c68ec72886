/** What a server sends costs what it weighs: no value makes the client slow, and every limit holds on every path. */

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertEmpty, assertWorks, onLoopback } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';

/** Far above what linear work takes here, far below what quadratic or worse takes for 100 kB. */
const SLOW_MS = 1500;

const FIELDS = ['Connection', 'Content-Type', 'Set-Cookie', 'Link', 'Keep-Alive', 'Location', 'WWW-Authenticate', 'Content-Encoding', 'Trailer', 'Date', 'Retry-After', 'Alt-Svc', 'Upgrade', 'Vary'];

const FILLINGS: [name: string, value: string][] = [
  ['spaces', `a${' '.repeat(100_000)}b`],
  ['tabs', `a${'\t'.repeat(100_000)}b`],
  ['commas', ','.repeat(100_000)],
  ['commas and spaces', ', '.repeat(50_000)],
  ['semicolons', `a${';'.repeat(100_000)}`],
  ['parameters', `a${'; b=c'.repeat(20_000)}`],
  ['quotes', '"'.repeat(100_000)],
  ['escaped quotes', `"${'\\"'.repeat(50_000)}`],
  ['equal signs', '='.repeat(100_000)],
  ['percent signs', '%'.repeat(100_000)],
];

/** Of the processor, not of the clock: other programs may be running. */
function cpuMsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

for (const field of FIELDS) {
  test(`100 kB of anything in ${field} is read in time that does not explode`, onLoopback(async (net) => {
    const server = await net.serve({
      onRequest: (request) => request.reply('hello', { fields: [`${field}: ${FILLINGS[Number(request.target.slice(1))][1]}`] }),
    });
    const { client } = net.client();
    for (const [index, [name]] of FILLINGS.entries()) {
      const started = process.cpuUsage();
      try {
        const response = await client.get(`${server.origin}/${index}`, { timeout: 20_000 });
        response.headers.get(field);
        await response.text();
      } catch (error) {
        assert.notEqual((error as Error).name, 'TimeoutError', name);
      }
      const elapsed = cpuMsSince(started);
      assert.ok(elapsed < SLOW_MS, `${name}: ${elapsed.toFixed(0)} ms`);
    }
  }));
}

test('a Connection field of 1 MB is read in time that does not explode', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello', { fields: [`Connection: ${'a,'.repeat(500_000)}a`] }) });
  const { client } = net.client();
  const started = process.cpuUsage();
  await client.get(server.origin).then((response) => response.bytes()).catch(() => {});
  assert.ok(cpuMsSince(started) < SLOW_MS);
}));

test('ten thousand tiny fields cost memory in proportion to their bytes', onLoopback(async (net) => {
  const fields = Array.from({ length: 9000 }, (_, i) => `a${i}: b`);
  const server = await net.serve({ onRequest: (request) => request.reply('', { fields }) });
  const { client } = net.client();
  const kept: unknown[] = [];
  global.gc?.();
  const base = process.memoryUsage().heapUsed;
  for (let i = 0; i < 20; i++) {
    const response = await client.get(server.origin);
    await response.bytes();
    kept.push(response);
  }
  global.gc?.();
  const each = (process.memoryUsage().heapUsed - base) / kept.length;
  // 9,000 fields are about 80 kB on the wire.
  assert.ok(each < 1 << 20, `${(each / 1024).toFixed(0)} kB each`);
}));

test('twenty thousand empty gzip members take as much time for each as two thousand', onLoopback(async (net) => {
  const bodies = [2000, 20_000].map((count) => Buffer.concat([...Array.from({ length: count }, () => gzipSync('')), gzipSync('end')]));
  const server = await net.serve({ onRequest: (request) => request.reply(bodies[Number(request.target.slice(1))], { fields: ['Content-Encoding: gzip'] }) });
  const { client } = net.client();
  const decode = async (which: number): Promise<number> => {
    const started = process.cpuUsage();
    assert.equal(await (await client.get(`${server.origin}/${which}`)).text(), 'end');
    return cpuMsSince(started);
  };
  await decode(0);
  const few = Math.min(await decode(0), await decode(0));
  // Ten times as long where the work is linear, a hundred times where it is quadratic.
  let many = await decode(1);
  if (many >= 30 * few) many = await decode(1);
  assert.ok(many < 30 * few, `${few} ms and ${many} ms`);
}));

const LIMIT = 1 << 20;
const TOO_MUCH = Buffer.alloc(LIMIT + 1, 'z');

const PATHS: [name: string, respond: (request: RawRequest) => unknown][] = [
  ['with a length', (request) => request.reply(TOO_MUCH)],
  ['in chunks', (request) => request.reply(TOO_MUCH, { framing: 'chunked' })],
  ['to the close', (request) => (request.reply(TOO_MUCH, { framing: 'close' }), request.connection.finish())],
  ['under gzip', (request) => request.reply(gzipSync(TOO_MUCH), { fields: ['Content-Encoding: gzip'] })],
  ['under gzip in chunks', (request) => request.reply(gzipSync(TOO_MUCH), { fields: ['Content-Encoding: gzip'], framing: 'chunked' })],
  ['behind a redirect', (request) => request.target === '/big' ? request.reply('', { status: '302 Found', fields: ['Location: /there'] }) : request.reply(TOO_MUCH)],
];

for (const [how, respond] of PATHS) {
  test(`a limit of 1 MB holds for a body ${how}`, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => (request.target === '/plain' ? request.reply('hello') : respond(request)) });
    const { client, transport } = net.client();
    const response = await client.get(`${server.origin}/big`);
    await assert.rejects(response.body.readAll(LIMIT));
    await response.body.close();
    assert.equal(transport.stats().active, 0);
    const fits = await client.get(`${server.origin}/big`);
    assert.equal((await fits.body.readAll(LIMIT + 1)).length, LIMIT + 1);
    await assertWorks(client, `${server.origin}/plain`);
  }));
}

test('the limit counts what is read, however it is read', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply(TOO_MUCH) });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await response.body.read(10);
  await assert.rejects(response.body.readAll(LIMIT - 10));
  await assertWorks(client, server.origin);
}));

test('1,000 responses whose bodies are closed unread leave no socket', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(100_000)) });
  const { client, transport } = net.client();
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      const response = await client.get(server.origin);
      await response.body.close();
    }));
  }
  assert.equal(transport.stats().active, 0);
  assert.equal(await server.settlesAt(transport.stats().idle), transport.stats().idle);
}));

test('1,000 cancelled responses stop downloading and leave no socket', onLoopback(async (net) => {
  const piece = Buffer.alloc(65_536);
  const server = await net.serve({
    onRequest: async ({ connection }) => {
      connection.write(`HTTP/1.1 200 OK\r\n\r\n`);
      while (await connection.send(piece));
    },
  });
  const { client, transport } = net.client();
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 10 }, async () => {
      const controller = new AbortController();
      const response = await client.get(server.origin, { signal: controller.signal });
      await response.body.read(100);
      controller.abort();
      await assert.rejects(response.body.read(), { name: 'AbortError' });
    }));
  }
  assert.equal(transport.stats().active, 0);
  assert.equal(await server.settlesAt(0), 0);
}));

test('5,000 origins keep no more than the idle connections allowed, and nothing is left of them', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = loop.client({ maxIdleConns: 20, dial: () => net.connect(server.port, '127.0.0.1') });
  for (let i = 0; i < 250; i++) {
    await Promise.all(Array.from({ length: 20 }, async (_, j) => (await client.get(`http://h${i * 20 + j}.test/`)).bytes()));
    assert.ok(transport.stats().idle <= 20, `${transport.stats().idle} idle`);
  }
  assert.ok(transport.stats().hosts.length <= 20, `${transport.stats().hosts.length} hosts remembered`);
  assert.equal(new Set(server.requests.map((request) => request.header('host'))).size, 5000);
  transport.closeIdleConnections();
  assertEmpty(transport);
}));

test('hosts are forgotten when their idle time is over', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: (request) => request.connection.write(reply('hello')) });
  const { client, transport } = loop.client({ idleConnTimeout: 50, dial: () => net.connect(server.port, '127.0.0.1') });
  for (let i = 0; i < 50; i++) await (await client.get(`http://h${i}.test/`)).bytes();
  assert.equal(await server.settlesAt(0), 0);
  assertEmpty(transport);
}));
