/** The tracking of what keeps a process alive, from inside: what it remembers, what it lets go, what it leaves alone. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { trackResources, untrackResources } from '#resources';
import { resources, siteOf, type Resource } from '#tasks';
import { markedLine } from '../tasks/marked-line.js';
import { onLoopback } from '../fixtures/loopback.js';

const collect = globalThis.gc ?? ((): never => assert.fail('the tests run with --expose-gc'));

function listed(): readonly Resource[] {
  const list = resources();
  assert.ok(list !== null, 'nobody tracks resources');
  return list;
}

/** What was not there before. */
async function madeBy(make: () => unknown): Promise<Resource[]> {
  const before = new Set(listed().map(({ id }) => id));
  await make();
  return listed().filter(({ id }) => !before.has(id));
}

function assertAt(resource: Resource | undefined, mark: string): void {
  assert.ok(resource?.trace, `${resource?.type ?? 'nothing'} has no line`);
  const { file, line } = markedLine(import.meta.url, mark);
  const site = siteOf(resource.trace);
  assert.deepEqual({ file: site?.file, line: site?.line }, { file, line });
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the tracking of resources', () => {
  const early = setTimeout(() => undefined, 60_000);
  const earlyServer = createServer();

  before(async () => {
    await listening(earlyServer);
    assert.equal(resources(), null, 'nobody looks before it is asked for');
    trackResources();
  });

  after(() => {
    untrackResources();
    assert.equal(resources(), null);
    clearTimeout(early);
    earlyServer.close();
  });

  test('what was made before is listed, without a line', () => {
    const timer = listed().find(({ type, trace }) => type === 'timer' && trace === null);
    assert.equal(timer?.description, 'setTimeout or setInterval');
    const { port } = earlyServer.address() as AddressInfo;
    const server = listed().find(({ description }) => description === `127.0.0.1:${port}`);
    assert.equal(server?.type, 'server');
    assert.equal(server.trace, null);
  });

  test('an entry keeps its number for as long as it is there', () => {
    const timer = setInterval(() => undefined, 62_000);
    const find = (): number | undefined => listed().find(({ description }) => description === 'setInterval every 62000 ms')?.id;
    const id = find();
    assert.ok(id !== undefined);
    assert.equal(find(), id);
    const ids = listed().map((entry) => entry.id);
    assert.equal(new Set(ids).size, ids.length);
    clearInterval(timer);
    assert.equal(find(), undefined);
  });

  test('a timer vanishes when it is cleared, when it has fired, and while it is not referenced', async () => {
    const here = (): string[] => listed().flatMap(({ description }) => (/ (?:61000|3) ms/.test(description) ? [description] : []));
    const timer = setTimeout(() => undefined, 61_000);
    assert.deepEqual(here(), ['setTimeout 61000 ms']);
    timer.unref();
    assert.deepEqual(here(), []);
    timer.ref();
    assert.deepEqual(here(), ['setTimeout 61000 ms']);
    clearTimeout(timer);
    assert.deepEqual(here(), []);
    const during = await new Promise<string[]>((resolve) => setTimeout(() => resolve(here()), 3));
    assert.deepEqual(during, [], 'a timeout is over when its callback runs');
    assert.deepEqual(here(), []);
  });

  test('a socket vanishes when it is destroyed, and the line of an accepted one is that of listen', async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket.on('error', () => undefined)));
    let client!: Socket;
    const made = await madeBy(async () => {
      server.listen(0, '127.0.0.1'); // at: listen
      await once(server, 'listening');
      client = connect((server.address() as AddressInfo).port, '127.0.0.1'); // at: connect
      await once(server, 'connection');
      if (client.connecting) await once(client, 'connect');
    });
    assert.deepEqual(made.map(({ type }) => type).sort(), ['server', 'socket', 'socket']);
    assertAt(
      made.find(({ type }) => type === 'server'),
      'listen',
    );
    assertAt(
      made.find(({ description }) => description.includes('→')),
      'connect',
    );
    assertAt(
      made.find(({ description }) => description.includes('←')),
      'listen',
    );
    client.destroy();
    accepted[0]?.destroy();
    await Promise.all([once(client, 'close'), once(server.close(), 'close')]);
    const left = new Set(listed().map(({ id }) => id));
    assert.deepEqual(
      made.filter(({ id }) => left.has(id)).map(({ description }) => description),
      [],
    );
  });

  test('timers by the hundred thousand leave nothing behind', async () => {
    const measure = async (): Promise<number> => {
      await turn();
      collect();
      return process.memoryUsage().heapUsed;
    };
    const churn = async (): Promise<void> => {
      for (let round = 0; round < 100; round++) {
        for (let i = 0; i < 1000; i++) clearTimeout(setTimeout(() => undefined, 1000));
        for (let i = 0; i < 10; i++) setTimeout(() => undefined, 0);
        await turn();
      }
    };
    await churn();
    const start = await measure();
    for (let i = 0; i < 2; i++) await churn();
    const grown = (await measure()) - start;
    assert.ok(grown < 1_000_000, `200,000 timers left ${grown} bytes`);
  });

  test('nothing is kept from being collected: not a cleared timer, not what its callback refers to', async () => {
    const make = (): WeakRef<object>[] => {
      const big = { name: 'closed over' };
      const cleared = setTimeout(() => big.name, 60_000);
      const passed = setTimeout(() => big.name, 1);
      clearTimeout(cleared);
      return [big, cleared, passed].map((thing) => new WeakRef<object>(thing));
    };
    const refs = make();
    await sleep(20);
    for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
      await turn();
      collect();
    }
    assert.deepEqual(
      refs.map((ref) => ref.deref()),
      [undefined, undefined, undefined],
    );
  });

  test('the mark on a thing is not to be seen', () => {
    const timer = setTimeout(() => undefined, 60_000);
    assert.doesNotMatch(inspect(timer, { showHidden: true, depth: 9 }), /creation|watertight/i);
    clearTimeout(timer);
  });

  test('a resource of the program itself is no entry', async () => {
    const made = await madeBy(() => new AsyncResource('Timeout-like'));
    assert.deepEqual(made, []);
  });

  test('the pipe of an ipc channel is part of its child, and an entry if only the child is not referenced', async () => {
    const code = "process.on('message', () => undefined)";
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore', 'ipc'] }); // at: child
    await once(child, 'spawn');
    const entries = (): Resource[] => listed().filter(({ trace }) => trace !== null && siteOf(trace)?.line === markedLine(import.meta.url, 'child').line);
    assert.deepEqual(
      entries().map(({ description }) => description),
      [`node (pid ${child.pid})`],
    );
    child.on('message', () => undefined);
    child.unref();
    assert.deepEqual(
      entries()
        .map(({ type, description }) => `${type}: ${description}`)
        .sort(),
      [`ipc channel: to node (pid ${child.pid})`, `pipe: stdout of node (pid ${child.pid})`],
    );
    child.kill();
    await once(child, 'close');
    assert.deepEqual(entries(), []);
  });

  test('a folder watched with all below it is one entry', () => {
    const watcher = watch(new URL('.', import.meta.url), { recursive: true }); // at: recursive
    const made = listed().filter(({ type }) => type === 'file watcher');
    watcher.close();
    assert.equal(made.length, 1);
    assertAt(made[0], 'recursive');
  });

  test('the stack limit of the program is as it was', () => {
    const limit = Error.stackTraceLimit;
    clearTimeout(setTimeout(() => undefined, 1));
    assert.equal(Error.stackTraceLimit, limit);
  });

  test('a program with frozen intrinsics runs', () => {
    const code = `import { trackResources } from ${JSON.stringify(import.meta.resolve('#resources'))}; trackResources(); setTimeout(() => console.log('ran'), 1);`;
    const { stdout, status } = spawnSync(process.execPath, ['--frozen-intrinsics', '--no-warnings', '--input-type=module', '--eval', code], { encoding: 'utf8' });
    assert.deepEqual({ stdout, status }, { stdout: 'ran\n', status: 0 });
  });

  test('a program that is only tracked ends, and says nothing', async () => {
    const code = `import { trackResources } from ${JSON.stringify(import.meta.resolve('#resources'))}; trackResources(); await new Promise((resolve) => setTimeout(resolve, 1));`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [status] = (await once(child, 'close')) as [number];
    assert.deepEqual({ status, said }, { status: 0, said: '' });
  });

  test('each thread has a list of its own', async () => {
    const code = `
      import { parentPort } from 'node:worker_threads';
      const { trackResources } = await import(${JSON.stringify(import.meta.resolve('#resources'))});
      const { resources } = await import(${JSON.stringify(import.meta.resolve('#tasks'))});
      trackResources();
      const timer = setInterval(() => {}, 60000);
      parentPort.on('message', () => {});
      parentPort.postMessage(resources().filter(({ type }) => type !== 'file operation').map(({ type, description }) => type + ' ' + description).sort());
      clearInterval(timer);
      parentPort.close();`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    const [inside] = (await once(worker, 'message')) as [string[]];
    assert.deepEqual(inside, ['message port parentPort, with a listener', 'timer setInterval every 60000 ms']);
    if (worker.threadId !== -1) await once(worker, 'exit');
    assert.deepEqual(
      listed().filter(({ type }) => type === 'worker' || type === 'message port'),
      [],
    );
  });

  test(
    'what the library itself awaits is no entry: it is reported as the request that it is for',
    onLoopback(async (net) => {
      const server = await net.serve({ onRequest: () => undefined });
      const { client } = net.client();
      const abort = new AbortController();
      let pending: Promise<unknown> = Promise.resolve();
      const made = await madeBy(async () => {
        pending = client.get(server.origin, { signal: abort.signal, timeout: 60_000 }).catch(() => undefined);
        await sleep(20);
      });
      assert.deepEqual(
        made.filter(({ description }) => description.includes('→') || description.includes('60000')).map(({ description }) => description),
        [],
      );
      abort.abort();
      await pending;
    }),
  );
});
