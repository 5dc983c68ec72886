/** The endpoint that `WATERTIGHT_PPROF` asks for: there while the program runs, and never in its way. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { parseListenAddress } from '#pprof';
import { parseProfile } from 'watertight/pprof';

describe('addresses', () => {
  for (const [text, host, port] of [
    ['6060', '127.0.0.1', 6060],
    [':6060', '127.0.0.1', 6060],
    ['0', '127.0.0.1', 0],
    [' 65535 ', '127.0.0.1', 65535],
    ['localhost:6060', 'localhost', 6060],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:6060', '::1', 6060],
    ['my-host.example:1', 'my-host.example', 1],
  ] as [string, string, number][]) {
    test(text, () => assert.deepEqual(parseListenAddress(text), { host, port }));
  }
  for (const text of ['', 'x', '65536', '-1', '6060/', 'http://localhost:6060', '::1:6060', 'a b:1', '1.5', '127.0.0.1', '6060:6060:6060', 'true']) {
    test(`${JSON.stringify(text)} is none`, () => assert.throws(() => parseListenAddress(text), { name: 'TypeError', message: /is not \[host:\]port/ }));
  }
});

/** A program under `--import watertight/register`; what it prints on stderr, line by line. */
function start(program: string, env: Record<string, string>): { lines: AsyncIterableIterator<string>; ended: Promise<number | null>; stop(): void } {
  const child = spawn(process.execPath, ['--import', 'watertight/register', '--input-type=module', '--eval', program], { env: { ...process.env, NODE_OPTIONS: '', ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  return { lines: createInterface({ input: child.stderr })[Symbol.asyncIterator](), ended, stop: () => void child.kill() };
}

async function lineWith(lines: AsyncIterableIterator<string>, text: RegExp): Promise<RegExpExecArray> {
  const seen: string[] = [];
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) assert.fail(`no line like ${text}, but: ${seen.join('\n')}`);
    const match = text.exec(value);
    if (match !== null) return match;
    seen.push(value);
  }
}

async function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number | undefined; bytes: Buffer }> {
  const [response] = (await once(request(url, { headers, agent: false }).end(), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, bytes: Buffer.concat(chunks) };
}

const LEAKY = `
  import { createServer } from 'node:http';
  const server = createServer((request, response) => response.end('x'.repeat(100_000))).listen(0, '127.0.0.1');
  const kept = [];
  async function fetchPreview(url) {
    kept.push(await fetch(url));
  }
  server.on('listening', async () => {
    for (let i = 0; i < 3; i++) await fetchPreview('http://127.0.0.1:' + server.address().port + '/a?token=s3cret');
    console.error('ready');
  });
`;

test('a program that leaks fetch responses is seen from outside, with its line', async () => {
  const program = start(LEAKY, { WATERTIGHT_PPROF: 'localhost:0', WATERTIGHT_TRACK: 'all' });
  try {
    const [, url] = await lineWith(program.lines, /^watertight: profiles at (http:\S+)$/);
    await lineWith(program.lines, /^ready$/);
    const { bytes } = await get(`${url}goroutine`);
    const { samples } = parseProfile(bytes);
    const sample = samples.find(({ frames }) => frames[0].function === 'fetch.(*Response).body');
    assert.ok(sample !== undefined, JSON.stringify(samples));
    assert.equal(sample.frames[1].function, 'fetchPreview');
    assert.deepEqual(sample.values, [3]);
    assert.equal(sample.labels.path, '/a');
    assert.ok(!bytes.includes('s3cret'));
  } finally {
    program.stop();
    await program.ended;
  }
});

test('it does not keep a program that is done, even with a reader on it', async () => {
  const program = start('setTimeout(() => {}, 1500);', { WATERTIGHT_PPROF: '0' });
  const [, url] = await lineWith(program.lines, /^watertight: profiles at (http:\S+)$/);
  const waiting = get(`${url}goroutine?seconds=3000`).catch((error: unknown) => error);
  assert.equal(await program.ended, 0);
  await waiting;
});

test('a port in use is a warning, and the program goes on', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  try {
    const program = start("console.error('still here');", { WATERTIGHT_PPROF: String((other.address() as AddressInfo).port) });
    const seen = [];
    for await (const line of program.lines) seen.push(line);
    assert.match(seen.join('\n'), /\[WATERTIGHT_PPROF\] Warning: WATERTIGHT_PPROF: no profiles are served at \d+: the port is in use/);
    assert.match(seen.join('\n'), /still here/);
    assert.equal(await program.ended, 0);
  } finally {
    other.close();
  }
});

for (const [value, reason] of [
  ['nonsense', /"nonsense" is not \[host:\]port/],
  ['0.0.0.0:0', /0\.0\.0\.0 can be reached from other machines, so a token is needed: set WATERTIGHT_PPROF_TOKEN/],
] as [string, RegExp][]) {
  test(`WATERTIGHT_PPROF=${value} is a warning`, async () => {
    const program = start('', { WATERTIGHT_PPROF: value });
    const [line] = await lineWith(program.lines, /WATERTIGHT_PPROF:.*/);
    assert.match(line, reason);
    assert.equal(await program.ended, 0);
  });
}

test('with a token it serves other machines, and who has it', async () => {
  const program = start('setInterval(() => {}, 1000);', { WATERTIGHT_PPROF: '0.0.0.0:0', WATERTIGHT_PPROF_TOKEN: 's3cret' });
  try {
    const [, port] = await lineWith(program.lines, /^watertight: profiles at http:\/\/0\.0\.0\.0:(\d+)/);
    const url = `http://127.0.0.1:${port}/debug/pprof/goroutine`;
    assert.equal((await get(url)).status, 401);
    assert.equal((await get(url, { authorization: 'Bearer s3cret' })).status, 200);
  } finally {
    program.stop();
    await program.ended;
  }
});

test('a worker does not ask for the same port', async () => {
  const program = start("import { Worker } from 'node:worker_threads'; new Worker('0', { eval: true });", { WATERTIGHT_PPROF: '0' });
  const seen = [];
  for await (const line of program.lines) seen.push(line);
  assert.equal(seen.filter((line) => line.includes('profiles at')).length, 1, seen.join('\n'));
});
