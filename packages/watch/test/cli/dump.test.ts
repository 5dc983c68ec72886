/** `watertight top`, `diff` and `flame` on goroutine dumps as people have them, from wherever they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { watertight } from './command.js';

const room = mkdtempSync(join(tmpdir(), 'dump-'));
after(() => rmSync(room, { recursive: true, force: true }));

function saved(name: string, text: string | Buffer): string {
  const file = join(room, name);
  writeFileSync(file, text);
  return file;
}

const worker = (id: number, minutes: number): string => `goroutine ${id} [chan send, ${minutes} minutes]:\nmain.work(0x1)\n\t/src/work.go:12 +0x18\ncreated by main.start in goroutine 1\n\t/src/main.go:30 +0x25\n\n`;
const reader = (id: number): string => `goroutine ${id} [chan receive (leaked)]:\nmain.read()\n\t/src/read.go:9 +0x18\ncreated by main.listen in goroutine 1\n\t/src/main.go:40 +0x25\n\n`;
/** Two that wait for 3 and for 90 minutes, and one that the collector has found. */
const log = saved('service.log', `2026/11/25 04:20:10 starting\n${`${worker(7, 3)}${worker(8, 90)}${reader(9)}`.replaceAll(/^/gm, '2026/11/25 04:20:11 ')}\nexit status 2\n`);

/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };

describe('a dump in a log', AT_ONCE, () => {
  test('is read, and what was skipped is said on one line of standard error', async () => {
    const { status, stdout, stderr } = await watertight('top', log);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^3 tasks in 2 different stacks\n/);
    assert.match(stdout, /2 goroutines wait to send on a channel/);
    assert.equal(stderr, `${log}: 2 lines that are no part of a dump were skipped, the first is "2026/11/25 04:20:10 starting"\n`);
  });

  test('has how long they have waited in one piece, on a line of its own where it does not fit', async () => {
    const hung = saved('hung.log', worker(7, 3101).replace('chan send', 'chan receive'));
    assert.match((await watertight('top', hung)).stdout, /\| chan receive, +\|[^\n]*\n\|[ |]*3101 min +\|/);
  });

  test('as JSON, alone on standard output', async () => {
    assert.equal((JSON.parse((await watertight('top', '--json', log)).stdout) as { total: number }).total, 3);
  });

  test('is compared with a whole profile', async () => {
    const { status, stdout } = await watertight('diff', saved('one.txt', 'goroutine profile: total 1\n1 @ 0x1 0x2\n#\t0x1\tmain.work+0x18\t/src/work.go:12\n\n'), log);
    assert.equal(status, 0);
    assert.match(stdout, /^1 before, 3 after: \+2\n/);
  });

  test('at an address, of which the file and not the service\'s profiles are read', async (t) => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url);
      response.end(worker(7, 3));
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { status, stdout, stderr } = await watertight('flame', `http://127.0.0.1:${port}/dumps/today.txt?raw=1`, '-o', join(room, 'flame.html'));
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^1 task in 1 stack: /);
    assert.deepEqual(asked, ['/dumps/today.txt?raw=1']);
  });

  test('what a service answers must be exactly a profile', async (t) => {
    const server = createServer((_, response) => response.end(worker(7, 3).replaceAll('\t', ' '))).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const { status, stderr } = await watertight('top', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    assert.equal(status, 2);
    assert.match(stderr, /is no profile that can be read/);
  });
});

describe('of a dump, only', AT_ONCE, () => {
  for (const [what, args, count] of [
    ['those that wait like this', ['--state', 'Chan Send'], 2],
    ['those that Go knows to have leaked', ['--state', 'leaked'], 1],
    ['those that have waited for an hour', ['--min-wait', '1h'], 1],
    ['those that have waited for two minutes and more', ['--min-wait', '2'], 2],
    ['stacks with a function', ['--focus', 'main\\.read'], 1],
    ['stacks with a file', ['--focus', 'work.go$'], 2],
    ['those that a function started', ['--created-by', 'listen'], 1],
    ['those of which all holds', ['--created-by', 'start', '--min-wait', '1h', '--focus', 'work'], 1],
    ['none', ['--focus', 'nothing like that'], 0],
  ] as const) {
    test(what, async () => assert.equal((JSON.parse((await watertight('top', '--json', ...args, log)).stdout) as { total: number }).total, count));
  }

  test('one of several', async () => {
    const twice = saved('twice.txt', `${worker(7, 3)}\n${worker(7, 3)}${worker(8, 3)}`);
    const last = await watertight('top', twice);
    assert.match(last.stdout, /^2 tasks in 1 stack\n/);
    assert.match(last.stderr, /there are 2 dumps: this is number 2/);
    assert.match((await watertight('top', '--dump', '1', twice)).stdout, /^1 task in 1 stack\n/);
    const none = await watertight('top', '--dump', '3', twice);
    assert.deepEqual([none.status, none.stdout], [2, '']);
    assert.match(none.stderr, /there are 2/);
  });

  test('one line for each go statement', async () => {
    const { stdout } = await watertight('top', '--group-by', 'creator', log);
    assert.match(stdout, /^3 tasks started in 2 different places\n/);
    assert.match(stdout, /\| 2 +\| 90 min +\| main\.start +\| main\.start \/src\/main\.go:30/);
    assert.match(stdout, /2 goroutines wait to send on a channel/);
  });
});

describe('asked for what can\'t be known', AT_ONCE, () => {
  const counted = saved('counted.txt', 'goroutine profile: total 1\n1 @ 0x1 0x2\n#\t0x1\tmain.work+0x18\t/src/work.go:12\n\n');
  for (const [args, message] of [
    [['--state', 'select'], /--state: this profile does not say how its tasks wait; one with \?debug=2 does/],
    [['--min-wait', '1h'], /--min-wait: this profile does not say for how long/],
    [['--created-by', 'x'], /--created-by: this profile does not say who started/],
    [['--group-by', 'creator'], /--group-by creator: this profile does not say who started/],
    [['--min-wait', 'long'], /It is a time like 90s, 10m or 2h/],
    [['--focus', '('], /It is a regular expression/],
    [['--dump', '0'], /It is a whole number from 1 on/],
  ] as const) {
    test(args.join(' '), async () => {
      const { status, stderr, stdout } = await watertight('top', ...args, counted);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
