// `watertight top` and `watertight diff`, as a process of its own, on recorded profiles and live services.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GoService, removeBuilt, withoutGo } from '../fixtures/go-service.js';
import { start, watertight } from './command.js';

after(removeBuilt);

const recorded = (path: string): string => fileURLToPath(new URL(`../../../watertight/test/fixtures/profiles/${path}`, import.meta.url));
/** Recorded from the program beside it. */
const cpu = fileURLToPath(new URL('../../test/fixtures/go-cpu/go1.19-cpu.pb.gz', import.meta.url));
const unread = (moment: 'before' | 'after', form = 'debug2.txt'): string => recorded(`go1.19/unread-body/${moment}.${form}`);

interface Data {
  readonly total: number;
  readonly before: number;
  readonly groups: readonly { count: number; growth: number; top: string; site: { function: string; line: number } | null; diagnosis: string | null }[];
  readonly diagnoses: readonly { id: string; count: number; growth: number; sentence: string }[];
}

/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };

describe('watertight top', AT_ONCE, () => {
  test('says how many stand where, what it means, and what to do', async () => {
    const { stdout, status } = await watertight('top', recorded('go1.19/wait-for-connection/after.debug2.txt'));
    assert.equal(status, 0);
    assert.match(stdout, /^11 tasks in 4 different stacks\n/);
    assert.match(stdout, /\| 8 +\| select +\| net\/http\.\(\*Transport\)\.getConn +\| main\.ask/);
    assert.match(stdout, /\n8 requests wait for a connection: .*\n {4}at main\.ask \S+main\.go:21\n {4}Find what holds/);
    assert.match(stdout, /\n1 response body was neither read to the end nor closed/);
  });

  test('prints the same as JSON', async () => {
    const { stdout } = await watertight('top', '--json', unread('after'));
    const { total, groups, diagnoses } = JSON.parse(stdout) as Data;
    assert.equal(total, 17);
    const loops = groups.find(({ top }) => top === 'net/http.(*persistConn).readLoop');
    assert.deepEqual([loops?.count, loops?.diagnosis], [8, 'unread-body']);
    assert.equal(diagnoses.find(({ id }) => id === 'unread-body')?.count, 8);
  });

  for (const form of ['debug0.pb.gz', 'debug1.txt', 'debug2.txt']) {
    test(`reads ${form}`, async () => {
      assert.match((await watertight('top', unread('after', form))).stdout, /8 response bodies were neither read/);
    });
  }

  test('reads standard input', async () => {
    const command = start(['top', '-'], { input: true });
    createReadStream(unread('after')).pipe(command.process.stdin!);
    assert.match((await command.ended).stdout, /8 response bodies/);
  });

  test('stacks that mean the same and stand in the same line are one row, with their sum', async () => {
    const stacks = [3, 4, 5].map((count) => `${count} @ 0x1 0x2 0x3\n#\t0x1\truntime.chansend1+0x0\t/go/src/runtime/chan.go:160\n#\t0x2\tmain.publish+0x0\t/srv/main.go:20\n#\t0x3\tmain.handler${count}+0x0\t/srv/main.go:${count}\n\n`);
    const { process: command, ended } = start(['top', '-'], { input: true });
    command.stdin!.end(`goroutine profile: total 12\n${stacks.join('')}`);
    const { stdout } = await ended;
    assert.match(stdout, /^12 tasks in 3 different stacks\n/);
    assert.match(stdout, /\| 12 +\| 3 stacks +\| [^|]+\| main\.publish/);
    assert.doesNotMatch(stdout, /\| [345] +\|/);
  });

  test('--limit says how many stacks are shown', async () => {
    const { stdout } = await watertight('top', '--limit', '1', unread('after'));
    assert.equal(stdout.match(/^\| \d/gm)?.length, 1);
    assert.match(stdout, /\nand 2 more\n/);
  });

  test('asks a Go service, by its address alone', { skip: withoutGo ?? false }, async (t) => {
    const service = await GoService.start();
    t.after(() => service.kill());
    await service.work('leaked', 7);
    for (const address of [service.url, service.url.replace('http://', ''), `${service.url}/debug/pprof/goroutine?debug=2`]) {
      assert.match((await watertight('top', address)).stdout, /7 response bodies were neither read/, address);
    }
  });
});

describe('watertight diff', AT_ONCE, () => {
  test('says what grew, by how much, and what it means', async () => {
    const { stdout } = await watertight('diff', unread('before'), unread('after'));
    assert.match(stdout, /^5 before, 17 after: \+12\n/);
    assert.match(stdout, /\| \+6 +\| 8 +\| select +\| net\/http\.\(\*persistConn\)\.readLoop/);
    assert.match(stdout, /8 response bodies were neither read to the end nor closed, .* \+6 since before\./);
    assert.doesNotMatch(stdout, /write loops, one for each/, 'that is no finding');
  });

  test('says what shrank, too, and that nothing grew', async () => {
    const { stdout } = await watertight('diff', unread('after'), unread('before'));
    assert.match(stdout, /^17 before, 5 after: -12\n/);
    assert.match(stdout, /\| -6 +\| 2 /);
    assert.match(stdout, /\nNothing grew that could be a leak\.\n/);
  });

  test('of a few idle connections says what they are', async () => {
    const { stdout } = await watertight('diff', recorded('go1.19/idle-connections/before.debug2.txt'), recorded('go1.19/idle-connections/after.debug2.txt'));
    assert.match(stdout, /connections are idle.*If one Transport has them, they are its pool/);
  });

  test('compares profiles of different forms', async () => {
    const { stdout } = await watertight('diff', '--json', unread('before', 'debug0.pb.gz'), unread('after', 'debug2.txt'));
    const { before, total, diagnoses } = JSON.parse(stdout) as Data;
    assert.deepEqual([before, total], [5, 17]);
    assert.deepEqual([diagnoses[0]?.id, diagnoses[0]?.growth], ['unread-body', 6]);
  });
});

describe('what can\'t be read is a mistake of the command line, and says what it is:', AT_ONCE, () => {
  const cases: [string, string[], RegExp][] = [
    ['no such file', ['top', 'nowhere.txt'], /there is no file nowhere\.txt, and it is no address/],
    ['a folder', ['top', recorded('')], /is a folder/],
    ['no profile', ['top', recorded('record.mjs')], /is no profile that can be read: .*line 1/],
    ['a profile of something else', ['diff', unread('before'), recorded('record.mjs')], /is no profile/],
    ['profiles of different things', ['diff', unread('before', 'debug0.pb.gz'), recorded('go1.19/states/threadcreate.debug0.pb.gz')], /cannot be compared/],
    ['a profile of time', ['top', cpu], /go1\.19-cpu\.pb\.gz is a profile of the kind "cpu" \(cpu, in nanoseconds\), and one of tasks is wanted/],
    ['nobody there', ['top', 'http://127.0.0.1:1'], /ECONNREFUSED/],
    ['credentials', ['top', 'http://ann:hunter2@127.0.0.1:1'], /http:\/\/127\.0\.0\.1:1\/debug\/pprof\/goroutine/],
    ['a limit that is none', ['top', '--limit', '0', unread('after')], /whole number from 1 on/],
  ];
  for (const [name, args, message] of cases) {
    test(name, async () => {
      const { status, stderr, stdout } = await watertight(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /hunter2| {4}at /);
      assert.equal(stdout, '');
    });
  }

  test('a service that wants a token, until it has one', async (t) => {
    const profile = readFileSync(unread('after'));
    const server = createServer((request, response) => {
      if (request.headers.authorization === 'Bearer open sesame') response.end(profile);
      else response.writeHead(401).end();
    }).listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const refused = await watertight('top', address);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /401: it wants to know who asks\. Give --token/);
    assert.match((await watertight('top', '--token', 'open sesame', address)).stdout, /8 response bodies/);
  });
});

test('watertight flame compares with an earlier profile of the same kind', async () => {
  const { status, stdout, stderr } = await watertight('flame', '--before', unread('before'), unread('after'), '-o', '-');
  assert.equal(status, 0, stderr);
  const { title, tree } = JSON.parse(/<script[^>]* id="profile"[^>]*>([^<]*)<\/script>/.exec(stdout)?.[1] ?? 'null') as { title: string; tree: { value: number; before: number } };
  assert.match(title, /goroutine of after\.debug2\.txt, compared with before\.debug2\.txt/);
  assert.ok(tree.value > tree.before && tree.before > 0, JSON.stringify([tree.value, tree.before]));
  const refused = await watertight('flame', '--before', cpu, unread('after'), '-o', '-');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /a profile of goroutine \(tasks\) can't be compared with one of \w+ \(ms\); name two of one kind/);
});

test('watertight flame draws a profile of time in milliseconds', async () => {
  const { status, stdout, stderr } = await watertight('flame', cpu, '-o', '-');
  assert.equal(status, 0, stderr);
  const { unit, tree } = JSON.parse(/<script[^>]* id="profile"[^>]*>([^<]*)<\/script>/.exec(stdout)?.[1] ?? 'null') as { unit: string; tree: { value: number } };
  assert.equal(unit, 'ms');
  assert.ok(tree.value >= 100 && tree.value < 10_000, String(tree.value));
});
