/** What WATERTIGHT_PUSH sends, and that the program notices nothing of it. */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { selfSigned } from '../../fixtures/certificate.js';
import { closedPort } from '../../fixtures/closed-port.js';
import { compiledProgram } from '../../fixtures/package-root.js';
import { asFiles, withoutGo } from '../go-tool.js';
import { IngestReceiver, type Pushed } from './ingest-receiver.js';

interface Running {
  readonly child: ChildProcess;
  /** Ends its input, and gives what it wrote. */
  end(): Promise<{ stdout: string; stderr: string; status: number | null }>;
}

const PROGRAM = compiledProgram('pprof/push/pushing-program.js');

function start(t: TestContext, what: string, env: NodeJS.ProcessEnv, flag = '--import'): Running {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:WATERTIGHT_|OTEL_|npm_|NODE_)/.test(name)));
  const child = spawn(process.execPath, [flag, 'watertight/register', PROGRAM, what], { env: { ...kept, WATERTIGHT_PUSH_INTERVAL: '100', ...env }, stdio: 'pipe' });
  t.after(() => child.kill('SIGKILL'));
  const written = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return {
    child,
    async end() {
      child.stdin.end();
      const [stdout, stderr, [status]] = await written;
      return { stdout, stderr, status: status as number | null };
    },
  };
}

async function receiverOf(t: TestContext, ...args: Parameters<typeof IngestReceiver.start>): Promise<IngestReceiver> {
  const receiver = await IngestReceiver.start(...args);
  t.after(() => receiver.stop());
  return receiver;
}

const has = (receiver: IngestReceiver, metric: string): Pushed | undefined => receiver.pushed.find((each) => each.metric === metric);

for (const flag of ['--import', '--require']) {
  test(`${flag}: tasks and unread responses are pushed again and again, with the line that holds them`, async (t) => {
    const receiver = await receiverOf(t);
    const program = start(t, 'leak', { WATERTIGHT_PUSH: receiver.url, WATERTIGHT_PUSH_NAME: 'shop', WATERTIGHT_PUSH_TAGS: 'region=eu' }, flag);
    await receiver.until(() => receiver.pushed.filter(({ metric, profile }) => metric === 'httpbody' && profile.totals[0] === 2).length >= 2);
    assert.deepEqual(await program.end(), { stdout: '', stderr: '', status: 0 });
    assert.deepEqual(receiver.faults, []);
    const bodies = receiver.pushed.findLast(({ metric }) => metric === 'httpbody')!;
    assert.deepEqual([bodies.name, bodies.tags.region, bodies.query.get('spyName'), bodies.path], ['shop', 'eu', 'nodespy', '/ingest']);
    assert.deepEqual(bodies.profile.sampleTypes.map(({ type, unit }) => `${type}/${unit}`), ['count/count', 'held/nanoseconds', 'unread/bytes']);
    assert.deepEqual(bodies.profile.samples[0].labels.path, '/preview');
    const tasks = has(receiver, 'goroutines')!;
    assert.equal(tasks.profile.sampleTypes[0].type, 'goroutine');
    // Nothing of what the program must not tell is in them.
    assert.doesNotMatch(receiver.pushed.map(({ bytes }) => Buffer.from(bytes).toString('latin1')).join(''), /s3cret/);
    await t.test('which go tool pprof reads', { skip: withoutGo }, async () => {
      await asFiles({ 'bodies.pb.gz': bodies.bytes, 'tasks.pb.gz': tasks.bytes }, async (paths) => {
        for (const path of Object.values(paths)) {
          const { stdout } = await promisify(execFile)('go', ['tool', 'pprof', '-top', '-sample_index=0', path], { env: { ...process.env, PPROF_TMPDIR: tmpdir() } });
          assert.match(stdout, path.endsWith('bodies.pb.gz') ? /\b2 +100%.*fetchPreview/ : /Type: goroutine/);
        }
      });
    });
  });
}

test('nothing of HTTP is loaded for it', async (t) => {
  const receiver = await receiverOf(t);
  const program = start(t, 'quiet', { WATERTIGHT_PUSH: receiver.url });
  await receiver.until(() => receiver.pushed.length >= 2);
  assert.deepEqual(await program.end(), { stdout: '[]\n', stderr: '', status: 0 });
});

test('a push is no task, no leak and no resource of the program', async (t) => {
  // It answers none, so that a push is under way all the time.
  const receiver = await receiverOf(t, () => {});
  const program = start(t, 'checked', { WATERTIGHT_PUSH: receiver.url, WATERTIGHT_RESOURCES: '1', WATERTIGHT_TRACK: 'all' });
  await receiver.until(() => receiver.requests >= 1);
  const { stdout, status } = await program.end();
  assert.deepEqual([JSON.parse(stdout), status], [[1, [], []], 0]);
});

test('credentials and the tenant are sent, over TLS too, to a path behind a prefix', async (t) => {
  const pair = selfSigned({ names: ['127.0.0.1'] });
  const folder = mkdtempSync(join(tmpdir(), 'watertight-push-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'ca.pem'), pair.cert);
  const receiver = await receiverOf(t, undefined, pair);
  const program = start(t, 'quiet', { WATERTIGHT_PUSH: receiver.url.replace('//', '//ann:s3cret@').concat('/team'), WATERTIGHT_PUSH_TENANT: 'team-a', NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
  await receiver.until(() => receiver.pushed.length >= 1);
  const { stderr } = await program.end();
  const [first] = receiver.pushed;
  assert.deepEqual([first.headers.authorization, first.headers['x-scope-orgid'], first.path, stderr], [`Basic ${btoa('ann:s3cret')}`, 'team-a', '/team/ingest', '']);
});

describe('a receiver that does not take them', () => {
  test('is told of once, without its password, and the program goes on', async (t) => {
    const program = start(t, 'quiet', { WATERTIGHT_PUSH: `http://ann:s3cret@127.0.0.1:${await closedPort()}` });
    await once(program.child.stderr!, 'data');
    const { stdout, stderr, status } = await program.end();
    assert.deepEqual([stdout, status], ['[]\n', 0]);
    assert.equal(stderr.match(/WATERTIGHT_PUSH/g)?.length, 2, stderr);
    assert.match(stderr, /\[WATERTIGHT_PUSH\] Warning: WATERTIGHT_PUSH: http:\/\/127\.0\.0\.1:\d+ did not take the profiles: connect ECONNREFUSED/);
    assert.doesNotMatch(stderr, /s3cret|YW5u/);
  });

  test('is asked again, and gets them when it is back', async (t) => {
    const receiver = await receiverOf(t, (response, count) => void response.writeHead(count < 2 ? 503 : 200).end());
    const program = start(t, 'quiet', { WATERTIGHT_PUSH: receiver.url });
    await receiver.until(() => receiver.pushed.length >= 2);
    const { stderr, status } = await program.end();
    assert.deepEqual([stderr.match(/did not take the profiles: it answered 503/g)?.length, status], [1, 0]);
  });

  for (const [what, behave, told] of [
    ['wants credentials', (response) => void response.writeHead(401).end(), /it answered 401 \(a user in the URL or WATERTIGHT_PUSH_TOKEN/],
    ['is elsewhere', (response) => void response.writeHead(302, { location: '/login' }).end(), /it answered 302 \(another place is not followed/],
    ['breaks off', (response) => void response.destroy(), /closed without an answer|ECONNRESET|socket hang up/],
    ['is no HTTP server', (response) => void response.socket!.end('SSH-2.0-OpenSSH\r\n'), /what answers is no HTTP server/],
    ['says 103 first', (response) => (response.writeEarlyHints({ link: '</a>; rel=preload' }), void response.writeHead(413).end()), /it answered 413/],
  ] as [string, (response: ServerResponse) => void, RegExp][]) {
    test(what, async (t) => {
      const receiver = await receiverOf(t, behave);
      const { stderr, status } = await start(t, 'nothing', { WATERTIGHT_PUSH: receiver.url }).end();
      assert.match(stderr, told);
      assert.equal(status, 0);
    });
  }
});

describe('at the end of the program', () => {
  test('they are pushed once more, also by one that ran shorter than the interval', async (t) => {
    const receiver = await receiverOf(t);
    const { stderr, status } = await start(t, 'nothing', { WATERTIGHT_PUSH: receiver.url, WATERTIGHT_PUSH_INTERVAL: '60000' }).end();
    assert.deepEqual([stderr, status, receiver.pushed.map(({ metric }) => metric), receiver.faults], ['', 0, ['goroutines'], []]);
  });

  test('a receiver that never answers is not waited for', async (t) => {
    const receiver = await receiverOf(t, () => {});
    const { stderr, status } = await start(t, 'nothing', { WATERTIGHT_PUSH: receiver.url, WATERTIGHT_PUSH_INTERVAL: '60000' }).end();
    assert.match(stderr, /did not take the profiles: no answer within \d+ ms/);
    assert.equal(status, 0);
  });
});

for (const [what, env, told] of [
  ['a receiver that is none', { WATERTIGHT_PUSH: 'ann:s3cret@localhost:4040' }, /WATERTIGHT_PUSH: it is no URL of a receiver.*No profiles are pushed/],
  ['an interval that is none', { WATERTIGHT_PUSH: 'http://localhost:4040', WATERTIGHT_PUSH_INTERVAL: '15s' }, /WATERTIGHT_PUSH_INTERVAL is a number of milliseconds/],
] as const) {
  test(`${what} is told of, and the program runs`, async (t) => {
    const { stderr, status } = await start(t, 'nothing', env).end();
    assert.match(stderr, told);
    assert.doesNotMatch(stderr, /s3cret/);
    assert.equal(status, 0);
  });
}
