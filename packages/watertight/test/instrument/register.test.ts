/** `node --import watertight/register`: what it changes in a program, and what it does not. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { compiledProgram } from '../fixtures/package-root.js';
import { FormServer } from '../fixtures/form-server.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

async function run(what: string, track?: string, registered = true): Promise<{ stdout: string; stderr: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' };
  delete env.WATERTIGHT_TRACK;
  if (track !== undefined) env.WATERTIGHT_TRACK = track;
  const flags = registered ? ['--import', 'watertight/register'] : [];
  const running = promisify(execFile)(process.execPath, [...flags, compiledProgram('instrument/registered-program.js'), what, server.origin], { timeout: 20_000, env });
  // Its connections would be kept alive for seconds, and the program with them; it has printed what it saw.
  running.child.stdout?.once('data', () => server.dropAll());
  return running;
}

test('unfinished requests are seen, with the lines that made them, and do not keep the process alive', async () => {
  const { stdout, stderr } = await run('unread');
  const seen = JSON.parse(stdout) as { client: string; url: string; line: number }[];
  assert.deepEqual(seen.map(({ client, url }) => [client, url.slice(server.origin.length)]), [['fetch', '/small?secret=*'], ['node:http', '/small']]);
  assert.ok(seen.every(({ line }) => line > 0), stdout);
  assert.equal(stderr, '');
});

test('finished ones are not', async () => {
  assert.equal((await run('read')).stdout, '1\n');
});

test('WATERTIGHT_TRACK=all records every line, off observes nothing', async () => {
  assert.equal((JSON.parse((await run('unread', 'all')).stdout) as unknown[]).length, 2);
  assert.equal((await run('unread', 'off')).stdout, '[]\n');
});

test('another WATERTIGHT_TRACK is told of and taken as adaptive', async () => {
  const { stdout, stderr } = await run('unread', 'ful');
  assert.match(stderr, /WATERTIGHT_TRACK is 'off', 'adaptive' or 'all', not "ful"/);
  assert.equal((JSON.parse(stdout) as unknown[]).length, 2);
});

test('without it there is nothing to see', async () => {
  assert.equal((await run('unread', undefined, false)).stdout, '[]\n');
});

test('what is replaced keeps its name and length', async () => {
  assert.equal((await run('shapes')).stdout.split('\n')[0], (await run('shapes', undefined, false)).stdout.split('\n')[0]);
});

test('a program that does nothing ends', async () => {
  assert.deepEqual(await run('nothing'), { stdout: '', stderr: '' });
});

test('the threads of the program are observed as well', async () => {
  assert.equal((JSON.parse((await run('worker')).stdout) as unknown[]).length, 2);
});
