/** CPU profiles: who keeps the thread busy, as Go's tools read it; and nothing left on afterwards. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { parseProfile, pprofHandler, type Profile } from 'watertight/pprof';
import { cpuProfile, Slices } from '#pprof';
import { markedLine } from '../../tasks/marked-line.js';
import { withEndpoint, type EndpointServer } from '../serve/endpoint-server.js';
import { asFiles, rowsOf, withoutGo } from '../go-tool.js';

const run = promisify(execFile);

/** Too long for the engine to inline, and its loop too short to be compiled while it runs: below Node 26, both may be counted as the caller. */
function burn(seed: number): number { // at: burn
  let x = seed;
  for (let i = 0; i < 20; i++) {
    x += Math.sqrt(x + i) + Math.sin(i) + Math.cos(x) + Math.log(i + 1) + Math.atan(x) + Math.cbrt(i) + Math.tan(x) + Math.exp(-i);
    x -= Math.cos(x + i) + Math.sqrt(i) + Math.sin(x) + Math.cbrt(i + 1) + Math.log(x) + Math.atan(i) + Math.exp(-x) + Math.tan(i);
    x *= Math.log(x + i) + Math.tan(i) + Math.sqrt(x) + Math.atan(i + 1) + Math.exp(-x) + Math.sin(i) + Math.cbrt(x) + Math.cos(i);
    x += Math.log(x * i) + Math.tan(i) + Math.sqrt(x) + Math.atan(i + 1) + Math.exp(-x) + Math.sin(i) + Math.cbrt(x) + Math.cos(i);
    x -= Math.log(x - i) + Math.tan(i) + Math.sqrt(x) + Math.atan(i + 1) + Math.exp(-x) + Math.sin(i) + Math.cbrt(x) + Math.cos(i);
    x /= Math.log(x / i) + Math.tan(i) + Math.sqrt(x) + Math.atan(i + 1) + Math.exp(-x) + Math.sin(i) + Math.cbrt(x) + Math.cos(i);
    x += Math.log(i) + Math.tan(i) + Math.sqrt(x) + Math.atan(i + 1) + Math.exp(-x) + Math.sin(i) + Math.cbrt(x) + Math.cos(i);
  }
  return x; // at: end
}

function spin(ms: number): number {
  const end = performance.now() + ms;
  let x = 0;
  while (performance.now() < end) x += burn(x);
  return x;
}

for (let i = 0; i < 20_000; i++) burn(i);

/** Gets a profile while this thread is busy about half of the time. */
async function profileOfBusy(server: EndpointServer, path: string): Promise<{ bytes: Buffer; profile: Profile }> {
  const timer = setInterval(spin, 40, 20);
  const { status, bytes } = await server.get(path).finally(() => clearInterval(timer));
  assert.equal(status, 200, bytes.toString());
  return { bytes, profile: parseProfile(bytes) };
}

test('the busy function is on top, at its line; idle time is left out', withEndpoint(() => pprofHandler(), async (server) => {
  const { bytes, profile } = await profileOfBusy(server, '/debug/pprof/profile?seconds=1');
  assert.equal(profile.kind, 'cpu');
  assert.deepEqual(profile.sampleTypes, [{ type: 'samples', unit: 'count' }, { type: 'cpu', unit: 'nanoseconds' }]);
  assert.deepEqual(profile.period, { type: 'cpu', unit: 'nanoseconds', value: 10_000_000 });
  assert.equal(profile.mainType, 1, 'time, unless samples are asked for');
  assert.ok(profile.duration >= 1000 && profile.totals[1] < profile.duration * 1e6);
  const [top] = profile.samples;
  assert.equal(top.frames[0].function, 'burn');
  const [first, last] = ['burn', 'end'].map((name) => markedLine(import.meta.url, name));
  assert.equal(top.frames[0].file, first.file);
  assert.ok(top.frames[0].line >= first.line && top.frames[0].line <= last.line, `line ${top.frames[0].line}`);
  const functions = new Set(profile.samples.flatMap(({ frames }) => frames.map((frame) => frame.function)));
  for (const name of ['(idle)', '(root)', 'recordCpu', '']) assert.ok(!functions.has(name), name);
  if (withoutGo !== false) return;
  await asFiles({ cpu: bytes }, async ({ cpu }) => {
    const { stdout } = await run('go', ['tool', 'pprof', '-top', cpu]);
    assert.match(stdout, /^Type: cpu$/m);
    assert.equal(rowsOf(stdout)[0].name, 'burn');
    assert.match((await run('go', ['tool', 'pprof', '-traces', cpu])).stdout, / burn\n/);
    assert.match((await run('go', ['tool', 'pprof', '-raw', cpu])).stdout, /^PeriodType: cpu nanoseconds\nPeriod: 10000000\nTime: 20.*\nDuration: 1(\.\d*)?\nSamples:\nsamples\/count cpu\/nanoseconds\[dflt\]\n/);
  });
}));

test('go tool pprof gets it by itself, and finds no symbols missing', { skip: withoutGo }, withEndpoint(() => pprofHandler(), async (server) => {
  const base = `http://127.0.0.1:${server.port}/debug/pprof`;
  const asked = run('go', ['tool', 'pprof', '-top', `${base}/profile?seconds=1`], { env: { ...process.env, PPROF_TMPDIR: '/tmp', NO_PROXY: '*' } });
  const timer = setInterval(spin, 40, 20);
  const { stdout } = await asked.finally(() => clearInterval(timer));
  assert.equal(rowsOf(stdout)[0].name, 'burn');
  const symbols = await server.get('/debug/pprof/symbol', { method: 'POST' });
  assert.deepEqual([symbols.status, symbols.text], [200, 'num_symbols: 0\n']);
}));

/** Threads of this process in which an engine's profiler runs; null where that can't be seen. */
function profilers(): number | null {
  try {
    return readdirSync('/proc/self/task').filter((id) => readFileSync(`/proc/self/task/${id}/comm`, 'latin1').startsWith('v8:ProfEvnt')).length;
  } catch {
    return null;
  }
}

test('one at a time; who goes away ends it, and nothing stays on', withEndpoint(() => pprofHandler(), async (server) => {
  const before = profilers();
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET /debug/pprof/profile?seconds=500 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  // The first to come has it.
  let refused = await server.get('/debug/pprof/profile?seconds=1');
  while (refused.status === 200) refused = await server.get('/debug/pprof/profile?seconds=1');
  assert.equal(refused.status, 500);
  assert.equal(refused.text, 'Could not enable CPU profiling: cpu profiling already in use\n');
  assert.equal(refused.headers['x-go-pprof'], '1');
  assert.equal(refused.headers['content-disposition'], undefined);
  // It is refused from before the first one has begun.
  if (before !== null) while (profilers() !== before + 1) await turn();
  socket.destroy();
  let next = await server.get('/debug/pprof/profile?seconds=1');
  while (next.status !== 200) next = await server.get('/debug/pprof/profile?seconds=1');
  if (before !== null) assert.equal(profilers(), before);
}));

test('without a number of seconds, 30, as in Go; and not longer than the server waits', withEndpoint(() => pprofHandler(), async (server) => {
  server.setTimeout(29_000);
  for (const query of ['', '?seconds=', '?seconds=x', '?seconds=0', '?seconds=-3', '?seconds=29']) {
    const { status, text } = await server.get(`/debug/pprof/profile${query}`);
    assert.deepEqual([status, text], [400, "profile duration exceeds server's WriteTimeout\n"], query);
  }
  server.setTimeout(31_000);
  assert.equal((await server.get('/debug/pprof/profile', { method: 'HEAD' })).status, 200);
}));

describe('which profiles are served can be told', () => {
  test('the others are a 404 and not on the page', withEndpoint(() => pprofHandler({ profiles: ['goroutine', 'profile'] }), async (server) => {
    for (const name of ['heap', 'allocs', 'httpbody']) {
      const { status, text } = await server.get(`/debug/pprof/${name}`);
      assert.deepEqual([status, text], [404, `Unknown profile: ${name} is not served here; there are goroutine, profile\n`]);
    }
    const { text } = await server.get('/debug/pprof/');
    assert.ok(text.includes('href="profile"') && !text.includes('href="heap"') && !text.includes('httpbody'));
  }));

  test('a name that is none is refused', () => {
    assert.throws(() => pprofHandler({ profiles: ['cpu' as 'profile'] }), { name: 'TypeError', message: 'there is no profile "cpu"; there are goroutine, httpbody, leaked, profile, heap, allocs' });
    assert.throws(() => pprofHandler({ profiles: 'heap' as unknown as [] }), TypeError);
    assert.throws(() => pprofHandler({ heapSampling: 1 as unknown as boolean }), TypeError);
  });
});

/** The same as text. */
const SPIN = `function spinHere(seed) { let x = seed; for (let i = 0; i < 20; i++) { ${'x += Math.sqrt(x + i) + Math.sin(i) + Math.cos(x) + Math.log(i + 1);'.repeat(16)} } return x; }
  function spinFor(ms) { const end = performance.now() + ms; let x = 0; while (performance.now() < end) x += spinHere(x); }
  for (let i = 0; i < 20000; i++) spinHere(i);`;

/** A program that is busy while it asks itself for a profile, and prints the function on top. */
const PROGRAM = `
  const { pprofFetchHandler, parseProfile } = await import(${JSON.stringify(import.meta.resolve('watertight/pprof'))});
  ${SPIN}
  const timer = setInterval(spinFor, 40, 20);
  const answer = pprofFetchHandler({ token: 't' })(new Request('http://localhost/debug/pprof/profile?seconds=1', { headers: { authorization: 'Bearer t' } }));
  const bytes = new Uint8Array(await (await answer).arrayBuffer());
  clearInterval(timer);
  const top = parseProfile(bytes).samples[0].frames[0].function;
`;

test('in a worker, it is of that worker', async () => {
  const worker = new Worker(`(async () => { ${PROGRAM} require('node:worker_threads').parentPort.postMessage(top); })();`, { eval: true });
  const top = await new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  assert.equal(top, 'spinHere');
  await worker.terminate();
});

test('beside a debugger, and beside --cpu-prof', async () => {
  const flags = ['--inspect=127.0.0.1:0', '--cpu-prof', '--cpu-prof-name=/dev/null', '--input-type=module'];
  const { stdout } = await run(process.execPath, [...flags, '--eval', `${PROGRAM} console.log(top);`], { env: { ...process.env, NODE_OPTIONS: '' } });
  assert.equal(stdout, 'spinHere\n');
});

/** What the engine would hand over after ten minutes of a large program: `nodes` functions in stacks of 50. */
function recording(nodes: number, samples: number): Profiler.Profile {
  const callFrame = (i: number) => ({ functionName: `function${i}`, scriptId: '7', url: 'file:///app/big.js', lineNumber: i, columnNumber: 4 });
  const tree: Profiler.ProfileNode[] = [{ id: 1, callFrame: { ...callFrame(0), functionName: '(root)', scriptId: '0', url: '' }, children: [] }];
  for (let i = 1; i < nodes; i++) {
    const parent = tree[i % 50 === 1 ? 0 : i - 1];
    parent.children!.push(i + 1);
    tree.push({ id: i + 1, callFrame: callFrame(i), children: [], positionTicks: [{ line: i + 1, ticks: 1 }] });
  }
  return { nodes: tree, startTime: 0, endTime: samples * 10_000, samples: Array.from({ length: samples }, (_, i) => 2 + (i % (nodes - 1))), timeDeltas: new Array<number>(samples).fill(10_000) };
}

test('a large recording is made into a profile in slices: the event loop turns meanwhile', async () => {
  let turns = 0;
  let running = true;
  const counting = (async () => {
    while (running) {
      await turn();
      turns++;
    }
  })();
  const profile = await cpuProfile({ profile: recording(20_001, 60_000), time: Date.now() }, new Slices());
  running = false;
  await counting;
  assert.deepEqual(profile.totals, [60_000, 600_000_000_000]);
  assert.equal(profile.samples.length, 20_000);
  assert.equal(Math.max(...profile.samples.map(({ frames }) => frames.length)), 50);
  assert.ok(turns > 5, `${turns} turns`);
});
