/** The endpoint over node:http: status, fields and texts as of Go's net/http/pprof. */

import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { parseProfile, pprofHandler, type EndpointOptions, type Facts } from 'watertight/pprof';
import { taskCount } from 'watertight/tasks';
import 'watertight/leak';
import { onLoopback } from '../../fixtures/loopback.js';
import { EndpointServer, withEndpoint } from './endpoint-server.js';
import { fetchPreview, holder, LiveTasks } from '../unfinished.js';

function endpoint(options: EndpointOptions = {}): () => RequestListener {
  return () => pprofHandler(options);
}

test('debug=1 and debug=2 are text, debug=0 and none are gzipped bytes to be saved', withEndpoint(endpoint(), async (server) => {
  for (const debug of ['1', '2', '3', '+1']) {
    const { status, headers, text } = await server.get(`/debug/pprof/goroutine?debug=${encodeURIComponent(debug)}`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['content-disposition'], undefined);
    assert.deepEqual(parseProfile(text).totals, [taskCount()]);
  }
  for (const query of ['', '?debug=0']) {
    const { status, headers, bytes } = await server.get(`/debug/pprof/goroutine${query}`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['content-disposition'], 'attachment; filename="goroutine"');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['content-encoding'], undefined, 'the profile is gzipped, not the transfer of it');
    assert.equal(Number(headers['content-length']), bytes.length);
    assert.ok(gunzipSync(bytes).length > 0);
    assert.deepEqual(parseProfile(bytes).totals, [taskCount()]);
  }
}));

test('httpbody, leaked and cmdline are there too', withEndpoint(endpoint(), async (server) => {
  for (const name of ['httpbody', 'leaked']) {
    assert.match((await server.get(`/debug/pprof/${name}?debug=1`)).text, new RegExp(`^${name} profile: total \\d+\n`));
    assert.equal(parseProfile((await server.get(`/debug/pprof/${name}`)).bytes).kind, name);
  }
  const { text } = await server.get('/debug/pprof/cmdline');
  assert.deepEqual(text.split('\0'), [process.execPath, process.argv[1]]);
}));

test('the index page lists what there is, and every link on it leads somewhere', withEndpoint(endpoint(), async (server) => {
  const { status, headers, text } = await server.get('/debug/pprof/');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.match(text, new RegExp(`<td>${taskCount()}</td><td><a href="goroutine\\?debug=1">goroutine</a></td>`));
  const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, href]) => new URL(href, `http://localhost/debug/pprof/`));
  assert.deepEqual(links.map(({ pathname }) => pathname), ['/debug/pprof/goroutine', '/debug/pprof/httpbody', '/debug/pprof/leaked', '/debug/pprof/profile', '/debug/pprof/heap', '/debug/pprof/allocs', '/debug/pprof/goroutine', '/debug/watertight']);
  // Half a minute is too long for a test.
  for (const { pathname, search } of links) if (!pathname.endsWith('/profile')) assert.equal((await server.get(pathname + search)).status, 200, pathname);
  const moved = await server.get('/debug/pprof?x=1');
  assert.equal(moved.status, 301);
  assert.equal(new URL(moved.headers.location ?? '', 'http://localhost/debug/pprof').href, 'http://localhost/debug/pprof/?x=1');
}));

describe('what is refused', () => {
  for (const [path, status, text] of [
    ['/debug/pprof/goroutine?debug=x', 400, 'invalid value for "debug" - must be 0, 1 or 2\n'],
    ['/debug/pprof/goroutine?debug=-1', 400, 'invalid value for "debug" - must be 0, 1 or 2\n'],
    ['/debug/pprof/goroutine?debug=1.5', 400, 'invalid value for "debug" - must be 0, 1 or 2\n'],
    ['/debug/pprof/goroutine?seconds=x', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/debug/pprof/goroutine?seconds=0', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/debug/pprof/goroutine?seconds=-5', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/debug/pprof/goroutine?seconds=0.5', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/debug/pprof/goroutine?seconds=99999999999999999999', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/debug/pprof/goroutine?seconds=86400', 400, 'invalid value for "seconds" - must be at most 3600\n'],
    ['/debug/pprof/goroutine?seconds=1&debug=1', 400, 'seconds and debug params are incompatible\n'],
    ['/debug/watertight?limit=all', 400, 'invalid value for "limit" - must be a number of entries\n'],
    ['/debug/pprof/nothing', 404, 'Unknown profile\n'],
    ['/debug/pprof/../../etc/passwd', 404, 'Unknown profile\n'],
    ['/debug/pprof/mutex', 404, /^Unknown profile: there is no mutex of a Node program \(nothing waits for a lock in a Node program\); there are goroutine, httpbody, leaked, profile, heap, allocs\n$/],
    ['/debug/pprof/trace?seconds=1', 404, /^Unknown profile: there is no trace of a Node program /],
    ['/debug/pprof/profile?seconds=601', 400, 'invalid value for "seconds" - must be at most 600\n'],
    ['/debug/pprof/heap?debug=1', 400, 'invalid value for "debug" - must be 0: heap is served as profile.proto only\n'],
    ['/debug/pprof/heap?seconds=x', 400, 'invalid value for "seconds" - must be a positive integer\n'],
    ['/elsewhere', 404, '404 page not found\n'],
    ['/debug', 404, '404 page not found\n'],
  ] as [string, number, string | RegExp][]) {
    test(`${path}: ${status}`, withEndpoint(endpoint(), async (server) => {
      const got = await server.get(path);
      assert.equal(got.status, status);
      assert.equal(got.headers['content-type'], 'text/plain; charset=utf-8');
      assert.equal(got.headers['content-disposition'], undefined);
      if (path.startsWith('/debug/')) assert.equal(got.headers['x-go-pprof'], '1', 'go tool pprof shows the text');
      if (typeof text === 'string') assert.equal(got.text, text);
      else assert.match(got.text, text);
    }));
  }

  test('a wait that the server would cut off', withEndpoint(endpoint(), async (server) => {
    server.setTimeout(1500);
    assert.equal((await server.get('/debug/pprof/goroutine?seconds=2')).text, "profile duration exceeds server's WriteTimeout\n");
    assert.equal((await server.get('/debug/pprof/goroutine?seconds=1')).status, 200);
  }));

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    test(`${method}: 405`, withEndpoint(endpoint(), async (server) => {
      const { status, headers } = await server.get('/debug/pprof/goroutine', { method });
      assert.equal(status, 405);
      assert.equal(headers.allow, 'GET, HEAD');
    }));
  }

  test('an option that is none', () => {
    for (const options of [{ tokens: 'x' }, { prefix: 'internal' }, { prefix: 5 }, null, 'x', { allowRemote: true }]) {
      // @ts-expect-error most of them are no options
      assert.throws(() => pprofHandler(options), { name: 'TypeError' });
    }
  });
});

test('HEAD answers as GET, without the profile and without waiting for it', withEndpoint(endpoint(), async (server) => {
  for (const path of ['/debug/pprof/', '/debug/pprof/goroutine', '/debug/pprof/goroutine?debug=2', '/debug/pprof/goroutine?seconds=60', '/debug/watertight', '/debug/pprof/nothing']) {
    const { status, headers, bytes } = await server.get(path, { method: 'HEAD' });
    assert.equal(bytes.length, 0);
    if (!path.includes('seconds')) {
      const got = await server.get(path);
      assert.deepEqual([status, headers['content-type'], headers['content-disposition']], [got.status, got.headers['content-type'], got.headers['content-disposition']]);
    } else assert.equal(headers['content-disposition'], 'attachment; filename="goroutine-delta"');
  }
}));

test('?seconds= gives what came, less what went', withEndpoint(endpoint(), async (server) => {
  const live = new LiveTasks();
  const stays = holder({ url: 'http://127.0.0.1:80/stays' });
  live.connection(stays);
  const goes = new LiveTasks();
  goes.connection(holder({ url: 'http://127.0.0.1:80/goes' }));
  try {
    const asked = server.get('/debug/pprof/goroutine?seconds=1');
    await sleep(300);
    goes.end();
    live.connection(holder({ url: 'http://127.0.0.1:80/comes' }));
    const { status, headers, bytes } = await asked;
    assert.equal(status, 200);
    assert.equal(headers['content-disposition'], 'attachment; filename="goroutine-delta"');
    const { samples, totals, duration } = parseProfile(bytes);
    assert.deepEqual(samples.map(({ labels, values }) => `${labels.path} ${labels.task} ${values[0]}`).sort(), ['/comes readLoop 1', '/comes writeLoop 1', '/goes readLoop -1', '/goes writeLoop -1']);
    assert.deepEqual(totals, [0]);
    assert.ok(duration >= 990 && duration < 60_000, `${duration}`);
  } finally {
    live.end();
    goes.end();
  }
}));

test('a caller who goes away ends the wait, and so the place is free for others', withEndpoint(endpoint(), async (server) => {
  const sockets = Array.from({ length: 16 }, () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /debug/pprof/goroutine?seconds=3000 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return socket;
  });
  while ((await server.get('/debug/pprof/')).status !== 503) await sleep(10);
  const busy = await server.get('/debug/pprof/goroutine');
  assert.equal(busy.text, '16 profiles are being taken already\n');
  assert.equal(busy.headers['retry-after'], '1');
  for (const socket of sockets) socket.destroy();
  for (let i = 0; i < 500 && (await server.get('/debug/pprof/')).status !== 200; i++) await sleep(10);
  assert.equal((await server.get('/debug/pprof/goroutine')).status, 200);
}));

test('a large text comes in pieces, and whole', withEndpoint(endpoint(), async (server) => {
  const live = new LiveTasks();
  for (let i = 0; i < 3000; i++) live.connection(holder());
  try {
    const { text, headers } = await server.get('/debug/pprof/goroutine?debug=2');
    assert.equal(headers['transfer-encoding'], 'chunked');
    assert.ok(text.length > 2 ** 20);
    assert.deepEqual(parseProfile(text).totals, [6001]);
  } finally {
    live.end();
  }
}));

test('/debug/watertight: the same facts as data, and no secrets in them', onLoopback(async (net) => {
  const target = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const server = await EndpointServer.start(pprofHandler());
  try {
    const kept = [];
    for (let i = 0; i < 3; i++) kept.push(await fetchPreview(client, `${target.origin.replace('//', '//user:passw0rd@')}/a?token=s3cret`));
    const { headers, text } = await server.get('/debug/watertight');
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    for (const secret of ['s3cret', 'passw0rd', 'user']) assert.ok(!text.includes(secret), secret);
    const facts = JSON.parse(text) as Facts;
    assert.equal(facts.taskCount, 7);
    assert.deepEqual(facts.connections, [{ host: new URL(target.origin).host, idle: 0, active: 3, dialling: 0 }]);
    assert.equal(facts.holderCount, 3);
    assert.deepEqual(facts.verdicts, { active: 3 });
    const [{ oldest, site, ...group }] = facts.groups;
    assert.deepEqual(group, { count: 3, client: 'watertight', method: 'GET', url: `${target.origin}/a`, unread: 15, verdicts: { active: 3 } });
    assert.ok(oldest >= 0);
    assert.equal(site?.function, 'fetchPreview');
    assert.equal(facts.holders.length, 3);
    assert.equal(facts.tasks[0].kind, 'main');
    assert.ok(Date.parse(facts.processStart) <= Date.parse(facts.time));
    const short = JSON.parse((await server.get('/debug/watertight?limit=1')).text) as Facts;
    assert.deepEqual([short.holders.length, short.tasks.length, short.taskCount], [1, 1, 7]);
    for (const response of kept) await response.close();
  } finally {
    await server.stop();
  }
}));

describe('who is answered', () => {
  test('this machine, not a page that was rebound to it, and no proxy for others', withEndpoint(endpoint(), async (server) => {
    assert.equal((await server.get('/debug/pprof/goroutine', { headers: { host: 'evil.example' } })).status, 403);
    assert.equal((await server.get('/debug/pprof/goroutine', { headers: { 'x-forwarded-for': '127.0.0.1' } })).status, 403);
    assert.equal((await server.get('/debug/watertight', { headers: { host: 'evil.example' } })).status, 403);
    assert.equal((await server.get('/debug/pprof/', { headers: { host: 'evil.example' } })).status, 403);
  }));

  test('with a token, who has it', withEndpoint(endpoint({ token: 's3cret' }), async (server) => {
    const refused = await server.get('/debug/pprof/goroutine');
    assert.equal(refused.status, 401);
    assert.match(refused.headers['www-authenticate'] ?? '', /^Bearer /);
    assert.equal((await server.get('/debug/pprof/goroutine?token=s3cret')).status, 401, 'not in the URL, which logs keep');
    assert.equal((await server.get('/debug/pprof/goroutine', { headers: { authorization: 'Bearer s3cret' } })).status, 200);
  }));

  const outside = Object.values(networkInterfaces()).flat().find((each) => each?.family === 'IPv4' && !each.internal)?.address;
  test('other machines only if told', { skip: outside === undefined ? 'this machine has no other address' : false }, async () => {
    const closed = await EndpointServer.start(pprofHandler(), '0.0.0.0');
    const open = await EndpointServer.start(pprofHandler({ allowRemote: true, token: 's3cret' }), '0.0.0.0');
    try {
      assert.equal((await closed.get('/debug/pprof/goroutine', { host: outside })).status, 403);
      assert.equal((await closed.get('/debug/pprof/goroutine', { host: outside, headers: { host: 'localhost', 'x-forwarded-for': '127.0.0.1' } })).status, 403);
      assert.equal((await closed.get('/debug/pprof/goroutine')).status, 200);
      assert.equal((await open.get('/debug/pprof/goroutine', { host: outside })).status, 401);
      assert.equal((await open.get('/debug/pprof/goroutine', { host: outside, headers: { authorization: 'Bearer s3cret' } })).status, 200);
    } finally {
      await closed.stop();
      await open.stop();
    }
  });
});

describe('as a middleware', () => {
  /** What Express and Connect do: the mount is taken off `url`, the whole stays in `originalUrl`. */
  function mounted(mount: string): () => RequestListener {
    const handler = pprofHandler();
    return () => (request, response) => {
      const original = request.url ?? '';
      if (!original.startsWith(mount)) return void response.end('the app');
      Object.assign(request, { originalUrl: original });
      request.url = original.slice(mount.length);
      if (!request.url.startsWith('/')) request.url = `/${request.url}`;
      handler(request, response, () => response.end('the app'));
    };
  }

  for (const [mount, base] of [
    ['', '/debug/pprof'],
    ['/debug/pprof', '/debug/pprof'],
    ['/debug', '/debug/pprof'],
    ['/internal', '/internal/debug/pprof'],
    ['/profiles', '/profiles'],
  ]) {
    test(`mounted at ${JSON.stringify(mount)}`, withEndpoint(mounted(mount), async (server) => {
      assert.match((await server.get(`${base}/goroutine?debug=1`)).text, /^goroutine profile/);
      assert.match((await server.get(`${base}/`)).text, /full goroutine stack dump/);
      const moved = await server.get(base);
      assert.equal(new URL(moved.headers.location ?? '', `http://localhost${base}`).pathname, `${base}/`);
      assert.equal((await server.get('/other')).text, 'the app');
    }));
  }

  test('under a prefix of its own', withEndpoint(endpoint({ prefix: '/internal/' }), async (server) => {
    assert.equal((await server.get('/internal/debug/pprof/goroutine')).status, 200);
    assert.equal((await server.get('/debug/pprof/goroutine')).status, 404);
  }));

  test('a request target in absolute form is understood', withEndpoint(endpoint(), async (server) => {
    assert.equal((await server.get('http://localhost/debug/pprof/goroutine?debug=1')).status, 200);
  }));
});
