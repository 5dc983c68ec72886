/** The endpoint for servers that speak Request and Response. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile, pprofFetchHandler } from 'watertight/pprof';
import { taskCount } from 'watertight/tasks';
import { holder, LiveTasks } from '../unfinished.js';

const LOCAL = { remoteAddress: '127.0.0.1' };
const BASE = 'http://localhost:3000/debug';

test('profiles, page and facts as Responses', async () => {
  const handler = pprofFetchHandler();
  const text = await handler(new Request(`${BASE}/pprof/goroutine?debug=1`), LOCAL);
  assert.equal(text.status, 200);
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.deepEqual(parseProfile(await text.text()).totals, [taskCount()]);
  const bytes = await handler(new Request(`${BASE}/pprof/goroutine`), LOCAL);
  assert.equal(bytes.headers.get('content-disposition'), 'attachment; filename="goroutine"');
  assert.deepEqual(parseProfile(new Uint8Array(await bytes.arrayBuffer())).totals, [taskCount()]);
  assert.match(await (await handler(new Request(`${BASE}/pprof/`), LOCAL)).text(), /full goroutine stack dump/);
  assert.equal(((await (await handler(new Request(`${BASE}/watertight`), LOCAL)).json()) as { taskCount: number }).taskCount, taskCount());
});

test('a large text is a stream, whole', async () => {
  const live = new LiveTasks();
  for (let i = 0; i < 3000; i++) live.connection(holder());
  try {
    const response = await pprofFetchHandler()(new Request(`${BASE}/pprof/goroutine?debug=2`), LOCAL);
    assert.deepEqual(parseProfile(await response.text()).totals, [6001]);
  } finally {
    live.end();
  }
});

test('HEAD, other methods, other paths', async () => {
  const handler = pprofFetchHandler();
  const head = await handler(new Request(`${BASE}/pprof/goroutine`, { method: 'HEAD' }), LOCAL);
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
  const post = await handler(new Request(`${BASE}/pprof/goroutine`, { method: 'POST' }), LOCAL);
  assert.equal(post.status, 405);
  assert.equal(post.headers.get('allow'), 'GET, HEAD');
  assert.equal((await handler(new Request('http://localhost/other'), LOCAL)).status, 404);
});

test('whose address is not passed on is not answered, unless there is a token', async () => {
  const url = `${BASE}/pprof/goroutine`;
  const refused = await pprofFetchHandler()(new Request(url));
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /the address of the caller is not known/);
  // What frameworks pass as a second argument is no address.
  assert.equal((await pprofFetchHandler()(new Request(url), { remoteAddress: 5 } as never)).status, 403);
  assert.equal((await pprofFetchHandler()(new Request(url), { remoteAddress: '10.0.0.7' })).status, 403);
  assert.equal((await pprofFetchHandler()(new Request(url, { headers: { 'x-forwarded-for': '1.2.3.4' } }), LOCAL)).status, 403);
  assert.equal((await pprofFetchHandler()(new Request('http://evil.example/debug/pprof/goroutine'), LOCAL)).status, 403);
  const handler = pprofFetchHandler({ token: 's3cret' });
  assert.equal((await handler(new Request(url))).status, 401);
  assert.equal((await handler(new Request(url, { headers: { authorization: 'Bearer s3cret' } }))).status, 200);
  assert.throws(() => pprofFetchHandler({ allowRemote: true }), { name: 'TypeError', message: /allowRemote needs a token/ });
});

test('a request that is aborted ends its wait', async () => {
  const gone = new AbortController();
  const waiting = pprofFetchHandler()(new Request(`${BASE}/pprof/goroutine?seconds=3000`, { signal: gone.signal }), LOCAL);
  setTimeout(() => gone.abort(new Error('gone')), 50);
  await assert.rejects(waiting, /gone|aborted/);
});
