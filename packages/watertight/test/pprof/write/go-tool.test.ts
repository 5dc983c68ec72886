/** What we write, as Go's own `go tool pprof` reads it: the guilty function is the first it names. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { goroutineProfile, httpBodyProfile, leakedProfile, pprofHandler } from 'watertight/pprof';
import 'watertight/leak';
import type { Client, Response } from 'watertight';
import { onLoopback } from '../../fixtures/loopback.js';
import { asFiles, rowsOf, withoutGo } from '../go-tool.js';
import { fetchPreview } from '../unfinished.js';

const run = promisify(execFile);

async function pprof(...args: string[]): Promise<string> {
  const { stdout } = await run('go', ['tool', 'pprof', ...args], { env: { ...process.env, PPROF_TMPDIR: '/tmp', NO_PROXY: '*' } });
  return stdout;
}

/** Five responses that fetchPreview leaves unread, one that is somebody else's, and an idle connection. */
async function leave(client: Client, origin: string): Promise<Response[]> {
  const kept: Response[] = [];
  async function other(): Promise<void> {
    kept.push(await client.get(`${origin}/other`));
  }
  await other();
  for (let i = 0; i < 5; i++) kept.push(await fetchPreview(client, `${origin}/a?token=s3cret`));
  await (await client.get(`${origin}/read`)).text();
  return kept;
}

describe('go tool pprof', { skip: withoutGo }, () => {
  test('-top, -tree, -traces, -tags and -diff_base of the goroutine profile', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const base = await goroutineProfile();
    const kept = await leave(client, server.origin);
    const grown = await goroutineProfile();
    await asFiles({ base, grown }, async (paths) => {
      const top = await pprof('-top', paths.grown);
      assert.match(top, /^Type: goroutine$/m);
      assert.match(top, /Showing nodes accounting for 15, 100% of 15 total/);
      assert.deepEqual(rowsOf(top)[0], { flat: '10', cum: '10', name: 'fetchPreview' });
      assert.ok(rowsOf(top).some(({ name, flat }) => name === 'watertight.(*persistConn).readLoop' && flat === '1'), 'the idle one');
      assert.match(await pprof('-tree', paths.grown), /^ +10 +66\.67% .*\| fetchPreview$/m);
      const traces = await pprof('-traces', paths.grown);
      assert.match(traces, /path: {2}\/a\n(?:.*\n)*? +5 {3}fetchPreview\n +leave\n/);
      assert.match(traces, /task: {2}writeLoop\n/);
      const tags = await pprof('-tags', paths.grown);
      assert.match(tags, /path: Total 12\.0\n +10\.0 \(83\.33%\): \/a\n/);
      assert.match(tags, /verdict: Total 14\.0\n +12\.0 .*: active\n +2\.0 .*: idle\n/);
      assert.deepEqual(rowsOf(await pprof('-top', `-diff_base=${paths.base}`, paths.grown))[0], { flat: '10', cum: '10', name: 'fetchPreview' });
      const shrunk = rowsOf(await pprof('-top', `-diff_base=${paths.grown}`, paths.base));
      assert.deepEqual(shrunk[0], { flat: '-10', cum: '-10', name: 'fetchPreview' });
      const raw = await pprof('-raw', paths.grown);
      assert.ok(!raw.includes('s3cret'));
      assert.match(await pprof('-list=fetchPreview', paths.grown), /unfinished\.ts/);
    });
    for (const response of kept) await response.close();
  }));

  test('each value of the httpbody profile, and leaked', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const kept = await leave(client, server.origin);
    await asFiles({ httpbody: await httpBodyProfile(), leaked: await leakedProfile() }, async ({ httpbody, leaked }) => {
      assert.deepEqual(rowsOf(await pprof('-top', httpbody))[0], { flat: '5', cum: '5', name: 'fetchPreview' }, 'the count, where no value is asked for');
      assert.deepEqual(rowsOf(await pprof('-top', '-sample_index=unread', httpbody))[0], { flat: '25B', cum: '25B', name: 'fetchPreview' });
      assert.match(rowsOf(await pprof('-top', '-sample_index=held', httpbody))[0].flat, /^[\d.]+(ns|us|ms|s)$/);
      assert.match(await pprof('-top', leaked), /^Type: count$/m);
    });
    for (const response of kept) await response.close();
  }));

  test('straight from our endpoint, also over a while, and its reasons are shown', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const endpoint = createServer(pprofHandler()).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/debug/pprof`;
    try {
      const kept = await leave(client, server.origin);
      assert.equal(rowsOf(await pprof('-top', `${url}/goroutine`))[0].name, 'fetchPreview');
      const delta = pprof('-top', '-seconds=1', `${url}/goroutine`);
      for (const response of kept) await response.close();
      const row = rowsOf(await delta).find(({ name }) => name === 'fetchPreview');
      assert.ok(row === undefined || row.flat === '-10', JSON.stringify(row));
      await assert.rejects(pprof('-top', `${url}/mutex`), /there is no mutex of a Node program/);
    } finally {
      endpoint.closeAllConnections();
      endpoint.close();
    }
  }));

  test('a name that looks like C++ stays whole', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    const odd = { 'of<T>[x]::y'(): Promise<Response> {
      return client.get(server.origin);
    } };
    const response = await odd['of<T>[x]::y']();
    await asFiles({ profile: await httpBodyProfile() }, async ({ profile }) => {
      assert.equal(rowsOf(await pprof('-top', profile))[0].name, 'of<T>[x]::y');
    });
    await response.close();
  }));
});
