// Which inspector is taken for whose, what is left open, and which processes are left alone.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { openInspector } from '#attach';
import { watertight } from '../cli/command.js';

/** A plain Node that waits, and what it writes to its standard error. */
class Waiting implements Disposable {
  private printed = '';

  private constructor(readonly process: ChildProcess) {
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.printed += text;
      process.emit('message', text, undefined);
    });
  }

  static async start(flags: readonly string[] = [], program = ''): Promise<Waiting> {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const waiting = new Waiting(spawn(process.execPath, [...flags, '-e', `${program}; setInterval(() => undefined, 1000); console.error('waiting')`], { env, stdio: ['ignore', 'ignore', 'pipe'] }));
    await waiting.wrote(/^waiting$/m);
    return waiting;
  }

  /** Resolves to the first group, when it has written what the pattern matches. */
  async wrote(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.printed);
      if (match !== null) return match[1] ?? '';
      await Promise.race([once(this.process, 'message'), once(this.process, 'exit').then(() => assert.fail(`it ended: ${this.printed}`))]);
    }
  }

  get pid(): number {
    return this.process.pid!;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  [Symbol.dispose](): void {
    this.process.kill('SIGKILL');
  }
}

const LISTENING = /Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//;

/** The port and whether we opened it, of a visit that ends at once. */
async function visited(address: Parameters<typeof openInspector>[0]): Promise<{ pid: number; port: number; openedByUs: boolean }> {
  const inspector = await openInspector(address);
  const { pid, openedByUs } = inspector;
  await inspector.end();
  return { pid, openedByUs, port: inspector.address.port };
}

describe('the inspector of a process', { concurrency: 4 }, () => {
  for (const [name, flags, program] of [
    ['--inspect=0', ['--inspect=0'], ''],
    ['the program itself', [], 'require("node:inspector").open(0)'],
  ] as const) {
    test(`that ${name} opened is found by its address and by its process, and stays open`, { skip: process.platform !== 'linux' && 'only Linux tells where a process listens' }, async () => {
      using waiting = await Waiting.start(flags, program);
      const port = Number(await waiting.wrote(LISTENING));
      const expected = { pid: waiting.pid, port, openedByUs: false };
      assert.deepEqual(await visited({ host: '127.0.0.1', port }), expected);
      assert.deepEqual(await visited({ pid: waiting.pid }), expected);
      assert.deepEqual(await visited({ host: '127.0.0.1', port }), expected);
    });
  }

  test('is never another process\'s that has its port', async () => {
    using first = await Waiting.start(['--inspect=0']);
    const port = Number(await first.wrote(LISTENING));
    using second = await Waiting.start([`--inspect-port=${port}`]);
    await assert.rejects(openInspector({ pid: second.pid }), { failure: 'closed', message: new RegExp(`Another process's inspector has 127\\.0\\.0\\.1:${port}`) });
    assert.ok(second.isRunning);
    assert.equal((await visited({ host: '127.0.0.1', port })).pid, first.pid);
  });

  test('is not opened by a signal that would end the process', { skip: !process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') && 'this Node has no --disable-sigusr1' }, async () => {
    using waiting = await Waiting.start(['--disable-sigusr1']);
    await assert.rejects(openInspector({ pid: waiting.pid }), { failure: 'not-node', message: /does not take SIGUSR1, which would end it/ });
    assert.ok(waiting.isRunning);
  });

  test('does not open if the program handles SIGUSR1 itself; that is said, and the program lives on', async () => {
    using waiting = await Waiting.start([], 'process.on("SIGUSR1", () => console.error("handled"))');
    await assert.rejects(openInspector({ pid: waiting.pid }), { failure: 'closed', message: /It may have a handler of its own for SIGUSR1/ });
    await waiting.wrote(/^handled$/m);
    assert.ok(waiting.isRunning);
  });

  for (const [name, standing] of [
    ['an endless loop', 'for (;;);'],
    ['a synchronous wait', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ] as const) {
    test(`of a program in ${name} does not answer; that is said`, async () => {
      using waiting = await Waiting.start(['--inspect=0'], `setTimeout(() => { console.error("busy"); ${standing} }, 100)`);
      const port = await waiting.wrote(LISTENING);
      await waiting.wrote(/^busy$/m);
      const { stderr, status } = await watertight('attach', `127.0.0.1:${port}`, '--look-only');
      assert.equal(status, 2);
      assert.match(stderr, /does not answer its inspector: for 5 s it has run none of its JavaScript/);
      assert.ok(waiting.isRunning);
    });
  }

  test('of a program that stands still closes when it goes on, if it was opened for this', { skip: process.platform !== 'linux' && 'only Linux tells where a process listens' }, async () => {
    using waiting = await Waiting.start(['--inspect-port=0'], 'const { url } = require("node:inspector"); setTimeout(() => { console.error("busy"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 12000); setInterval(() => url() ?? console.error("closed"), 100) }, 100)');
    await waiting.wrote(/^busy$/m);
    await assert.rejects(openInspector({ pid: waiting.pid }), { failure: 'closed', message: /Its inspector closes when it goes on/ });
    await waiting.wrote(/^closed$/m);
  });

  test('is not looked for behind a server that has none', async () => {
    const server = createServer((_request, response) => response.end('<p>not an inspector</p>')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { stderr, status } = await watertight('attach', `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.close();
    assert.equal(status, 2);
    assert.match(stderr, /does not answer as an inspector does/);
  });

  test('is not asked on another machine, unless that is allowed', async () => {
    const { status, stderr } = await watertight('attach', '192.0.2.1:9229');
    assert.equal(status, 2);
    assert.match(stderr, /192\.0\.2\.1 is not this machine\. An inspector has no password/);
  });
});
