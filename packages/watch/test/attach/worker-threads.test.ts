// The worker threads of a process that `watertight attach` looks into.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test, type TestContext } from 'node:test';
import { watertight } from '../cli/command.js';
import { serve } from './visited.js';

let server: Awaited<ReturnType<typeof serve>>;
before(async () => (server = await serve()));
after(() => server.close());

/** A connection that nobody reads from keeps no thread alive. */
const LEAKING = `setInterval(() => undefined, 1000); require('node:http').get(require('node:worker_threads').workerData + '/in-a-thread/large', (response) => { globalThis.kept = response; response.once('readable', () => console.error('ready')); })`;
const STANDING = `console.error('ready'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`;

/** Starts a program with the thread, and resolves to its id when the thread is where it is to be. */
async function program(t: TestContext, thread: string, name: string): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const text = `new (require('node:worker_threads').Worker)(${JSON.stringify(thread)}, { eval: true, name: ${JSON.stringify(name)}, workerData: ${JSON.stringify(server.base)} }); setInterval(() => undefined, 1000)`;
  const child = spawn(process.execPath, ['--inspect-port=0', '-e', text], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stderr, 'data');
  return String(child.pid);
}

describe('watertight attach, with worker threads', { concurrency: 2 }, () => {
  test('lists what is unread in a thread, with its name', async (t) => {
    const { stdout, stderr } = await watertight('attach', await program(t, LEAKING, 'mailer'), '--look-only');
    assert.match(stdout, /1 unread response\n {2}1 × GET http:\/\/[\d.:]+\/in-a-thread\/large \(200\) of node:http in worker thread 1 \(mailer\): /, stderr);
  });

  test('says that a thread did not answer', async (t) => {
    const { stdout, stderr, status } = await watertight('attach', await program(t, STANDING, 'sleeper'), '--look-only');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /0 unread responses[^]*1 worker thread was not looked at: no answer came from there/);
  });
});
