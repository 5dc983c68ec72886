/** severity: 'proven': only what the collector proved counts, and the check sees to it that it looks. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLeaks, verifyNone } from 'watertight/leak';
import { go } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { inProject } from '../runners/project.js';

const PROVEN = { severity: 'proven', retries: 6 } as const;

test('a response that somebody holds does not count, one that nobody holds does, without a collection of the test\'s own', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const held = await client.get(`${server.origin}/held`);
  await (async () => {
    await client.get(`${server.origin}/dropped`);
  })();
  const leaks = await findLeaks(PROVEN);
  assert.deepEqual(leaks.map(({ url, verdict }) => [url, verdict]), [[`${server.origin}/dropped`, 'proven']]);
  assert.deepEqual(await findLeaks(PROVEN), []);
  assert.equal((await findLeaks({ retries: 0 })).length, 1);
  assert.equal(await held.text(), 'hello');
}));

test('tasks can\'t be proven and don\'t count; idle connections that are asked for do', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  await (await client.get(server.origin)).text();
  let finish: () => void = () => {};
  const running = go(() => new Promise<void>((resolve) => (finish = resolve)));
  assert.deepEqual(await findLeaks(PROVEN), []);
  assert.deepEqual((await findLeaks({ ...PROVEN, idle: 'fail' })).map(({ kind }) => kind), ['connection']);
  finish();
  await running;
}));

test('it needs no --expose-gc, and leaves no gc behind', inProject('severity', async (project, origin) => {
  project.write({
    'program.mjs': `
import { get } from 'watertight';
import { findLeaks } from 'watertight/leak';
await (async () => { await get('${origin}/'); })();
const leaks = await findLeaks({ severity: 'proven' });
console.log(leaks.map(({ verdict }) => verdict).join(), typeof globalThis.gc);`,
  });
  assert.deepEqual(await project.node(['--no-warnings', 'program.mjs']), { code: 0, output: 'proven undefined\n' });
}));

test('a check that counts what was proven fails with it', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  await (async () => {
    await client.get(server.origin);
  })();
  await assert.rejects(verifyNone(undefined, PROVEN), /1 response leaked\n.*garbage-collected and reclaimed/);
}));
