/** Profiles of this process: what is in them, in all three forms. */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { go, taskCount } from 'watertight/tasks';
import { goroutineProfile, httpBodyProfile, leakedProfile, parseProfile, type Profile, type Sample } from 'watertight/pprof';
import { findLeaks } from 'watertight/leak';
import { provenLeaks, type HolderClient } from '#tasks';
import { onLoopback } from '../../fixtures/loopback.js';
import { markedLine } from '../../tasks/marked-line.js';
import { fetchPreview, holder, LiveTasks } from '../unfinished.js';

const preview = markedLine(new URL('../unfinished.js', import.meta.url).href, 'preview');

/** Records that a test ends. */
function withTasks(body: (live: LiveTasks) => Promise<void>): () => Promise<void> {
  return async () => {
    const live = new LiveTasks();
    try {
      await body(live);
    } finally {
      live.end();
    }
  };
}

async function forms(): Promise<[Profile, Profile, Profile]> {
  return [parseProfile(await goroutineProfile({ debug: 0 })), parseProfile(await goroutineProfile({ debug: 1 })), parseProfile(await goroutineProfile({ debug: 2 }))];
}

function functions({ frames }: Sample): string[] {
  return frames.map((frame) => frame.function);
}

test('a pinned connection shows its two loops, each on top of the line that holds it', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const responses = [];
  for (let i = 0; i < 3; i++) responses.push(await fetchPreview(client, `${server.origin}/a?token=s3cret`));
  for (const profile of await forms()) {
    assert.equal(profile.kind, 'goroutine');
    assert.deepEqual(profile.totals, [taskCount()]);
    for (const [loop, file] of [['readLoop', 'persist-conn'], ['writeLoop', 'write-loop']]) {
      const samples = profile.samples.filter(({ frames }) => frames[0].function === `watertight.(*persistConn).${loop}`);
      assert.equal(samples.length, 1, `${loop} in ${profile.form}`);
      const [sample] = samples;
      assert.deepEqual(sample.values, [3]);
      assert.match(sample.frames[0].file, new RegExp(`conn/${file}\\.ts$`));
      assert.deepEqual({ function: sample.frames[1].function, file: sample.frames[1].file, line: sample.frames[1].line }, { function: 'fetchPreview', file: preview.file, line: preview.line });
      if (profile.form === 'debug=2') assert.equal(sample.createdBy?.function, 'fetchPreview');
      else {
        assert.deepEqual({ ...sample.labels }, { client: 'watertight', host: new URL(server.origin).host, method: 'GET', path: '/a', state: 'select', task: loop, verdict: 'active' });
      }
    }
  }
  for (const debug of [1, 2] as const) assert.ok(!(await goroutineProfile({ debug })).includes('s3cret'));
  assert.ok(!new TextDecoder('latin1').decode(await goroutineProfile()).includes('s3cret'));
  for (const response of responses) await response.close();
}));

test('an idle connection shows its loops alone, and nobody to blame', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  await (await fetchPreview(client, server.origin)).text();
  const text = await goroutineProfile({ debug: 1 });
  assert.match(text, /^1 @ 0x[0-9a-f]+\n# labels: \{"host":"127\.0\.0\.1:\d+", "state":"io wait", "task":"readLoop", "verdict":"idle"\}\n#\t0x[0-9a-f]+\twatertight\.\(\*persistConn\)\.readLoop\+0x[0-9a-f]+\t\/\S+persist-conn\.ts:\d+\n\n/m);
  assert.ok(!text.includes('fetchPreview'));
  // Who once dialled it is its creator.
  assert.match(await goroutineProfile({ debug: 2 }), /goroutine \d+ \[IO wait\]:\nwatertight\.\(\*persistConn\)\.readLoop\(\.\.\.\)\n\t\S+\/persist-conn\.ts:\d+ \+0x[0-9a-f]+\ncreated by fetchPreview\n\t\S+unfinished\.ts:\d+ \+0x[0-9a-f]+\n/);
}));

test('debug=1: the total, the most frequent first, equal ones by address', withTasks(async (live) => {
  for (const path of ['/rare', '/often', '/often', '/often', '/two', '/two']) live.connection(holder({ url: `http://127.0.0.1:80${path}` }));
  const text = await goroutineProfile({ debug: 1 });
  assert.ok(text.startsWith(`goroutine profile: total ${taskCount()}\n`));
  const heads = [...text.matchAll(/^(\d+) (@ .*)\n(# labels: .*)/gm)].map(([, count, addresses, labels]) => ({ count: Number(count), key: `${addresses}\n${labels}` }));
  assert.deepEqual(heads.map(({ count }) => count), [3, 3, 2, 2, 1, 1, 1]);
  assert.deepEqual(heads, [...heads].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)));
  assert.ok(text.endsWith('\n\n'));
  // Return addresses above, those of the calls below.
  for (const block of text.split('\n\n').filter((each) => each.includes('@'))) {
    const above = /@ (.*)/.exec(block)![1].split(' ').map(Number);
    const below = [...block.matchAll(/^#\t(0x\S+)/gm)].map(([, address]) => Number(address));
    assert.deepEqual(above, below.map((address) => address + 1));
  }
}));

test('debug=2: a paragraph for each task, minutes only from one on, not for what runs', withTasks(async (live) => {
  live.task('connection', 'readLoop', holder(), 'select', 190_000);
  live.task('connection', 'writeLoop', holder(), 'io wait', 59_000);
  live.task('program', 'worker', null, 'running', 500_000);
  live.task('request', 'GET', holder({ client: 'undici', abandoned: true }), 'select', 61_000);
  const text = await goroutineProfile({ debug: 2 });
  const heads = text.split('\n\n').map((paragraph) => paragraph.split('\n', 1)[0].replace(/\d+/, 'N'));
  assert.deepEqual(heads, ['goroutine N [running]:', 'goroutine N [select, 3 minutes]:', 'goroutine N [IO wait]:', 'goroutine N [running]:', 'goroutine N [select (leaked), 1 minutes]:']);
  assert.ok(text.startsWith('goroutine 1 [running]:\nmain.main(...)\n\t'));
  assert.ok(/[^\n]\n$/.test(text), 'it ends in one line end');
  assert.deepEqual(parseProfile(text).totals, [5]);
}));

test('all three forms say the same', withTasks(async (live) => {
  for (let i = 0; i < 40; i++) live.connection(i % 3 === 0 ? null : holder({ url: `http://127.0.0.1:80/${i % 4}` }));
  const [proto, counts, traceback] = await forms();
  const rows = ({ samples }: Profile, labelled: boolean): string[] => {
    const sums = new Map<string, number>();
    for (const sample of samples) {
      const key = JSON.stringify([sample.frames.map(({ function: name, file, line }) => [name, file, line]), labelled ? Object.entries(sample.labels).sort() : []]);
      sums.set(key, (sums.get(key) ?? 0) + sample.values[0]);
    }
    return [...sums].map(([key, sum]) => `${sum} ${key}`).sort();
  };
  assert.deepEqual(rows(proto, true), rows(counts, true));
  assert.deepEqual(rows(proto, false), rows(traceback, false));
  assert.ok(Math.abs(proto.time - Date.now()) < 60_000);
  assert.deepEqual(proto.period, { type: 'goroutine', unit: 'count', value: 1 });
}));

describe('what runs on top of the stack', () => {
  for (const [client, name] of [
    ['undici', 'undici.(*Dispatcher).body'],
    ['fetch', 'fetch.(*Response).body'],
    ['node:http', 'node:http.(*IncomingMessage).body'],
  ] as [HolderClient, string][]) {
    test(`a request of ${client}: its name, then the line`, withTasks(async (live) => {
      live.task('request', 'GET /a', holder({ client }));
      for (const profile of await forms()) {
        const sample = profile.samples.find(({ frames }) => frames[0].function === name);
        assert.ok(sample !== undefined, profile.form);
        assert.match(sample.frames[1].file, /take-profile\.test\.ts$/);
        if (profile.form !== 'debug=2') assert.equal(sample.labels.client, client);
      }
    }));
  }

  test('a dial: dialConn', withTasks(async (live) => {
    live.task('dial', 'dialConn', null, 'io wait');
    assert.match(await goroutineProfile({ debug: 1 }), /watertight\.\(\*Transport\)\.dialConn\+0x\w+\t\S+\/dial\.ts:\d+/);
  }));

  test('packages between the client and the program are left out: the line is first below', withTasks(async (live) => {
    const folder = await mkdtemp(join(tmpdir(), 'watertight-pprof-'));
    try {
      const file = join(folder, 'node_modules', 'wrapper', 'index.mjs');
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, 'export function wrapped(open) {\n  return open();\n}\n');
      const { wrapped } = (await import(pathToFileURL(file).href)) as { wrapped: (open: () => ReturnType<typeof holder>) => ReturnType<typeof holder> };
      function callApi(): void {
        live.connection(wrapped(holder));
      }
      callApi();
      const [proto] = await forms();
      const sample = proto.samples.find(({ labels }) => labels.task === 'readLoop');
      assert.deepEqual(functions(sample!).slice(0, 2), ['watertight.(*persistConn).readLoop', 'callApi']);
      assert.equal(functions(parseProfile(await httpBodyProfile()).samples[0])[0], 'callApi');
    } finally {
      await rm(folder, { recursive: true });
    }
  }));

  test('a function run with go(): itself, and then who started it', async () => {
    let finish = (): void => {};
    async function pollForever(): Promise<void> {
      await new Promise<void>((resolve) => (finish = resolve));
    }
    const running = go(pollForever);
    const [proto] = await forms();
    const sample = proto.samples.find((each) => functions(each)[0] === 'pollForever');
    assert.match(sample?.frames[1].file ?? '', /take-profile\.test\.ts$/);
    finish();
    await running;
  });
});

test('names and paths that would break a line do not', withTasks(async (live) => {
  const odd = { ['line\nend\tand "quotes" 𝒻()']: () => holder({ url: 'http://127.0.0.1:80/a"\\b\u0001' }) };
  live.connection(Object.values(odd)[0]());
  const [proto, counts, traceback] = await forms();
  for (const profile of [proto, counts, traceback]) {
    const sample = profile.samples.find((each) => functions(each)[0].endsWith('readLoop'));
    assert.ok(functions(sample!)[1].includes('line\\x0aend\\x09and "quotes" 𝒻()'), functions(sample!)[1]);
  }
  assert.ok(counts.samples.some(({ labels }) => labels.path === '/a"\\b\u0001'));
}));

test('httpbody: one a response, how long it is held, what is unread of it', withTasks(async (live) => {
  const site = (over: object): ReturnType<typeof holder> => holder(over);
  const now = Math.floor(performance.now());
  for (const over of [{ bytesRead: 400 }, { bytesRead: 400 }, { contentLength: -1, bytesRead: 70 }, { status: 0, contentLength: -1 }]) live.connection(site({ ...over, openedAt: now - 5000 }));
  const profile = parseProfile(await httpBodyProfile());
  assert.equal(profile.kind, 'httpbody');
  assert.deepEqual(profile.sampleTypes, [{ type: 'count', unit: 'count' }, { type: 'held', unit: 'nanoseconds' }, { type: 'unread', unit: 'bytes' }]);
  assert.deepEqual(profile.period, { type: 'httpbody', unit: 'count', value: 1 });
  const [count, held, unread] = profile.totals;
  assert.equal(count, 4);
  assert.ok(held >= 20e9 && held < 40e9, `${held}`);
  assert.equal(unread, 1200, 'of unknown length: nothing that we know of');
  const states = profile.samples.map(({ labels, values }) => `${values[0]} ${labels.state}`);
  assert.deepEqual(states.sort(), ['1 no response', '3 half read']);
  for (const sample of profile.samples) assert.equal(functions(sample)[0], 'site');
  const text = await httpBodyProfile({ debug: 1 });
  assert.match(text, /^httpbody profile: total 4\n/);
  assert.match(text, /\n# values: held \d+ nanoseconds, unread 1200 bytes\n#\t0x/);
  assert.deepEqual(parseProfile(text).totals, [4], "readers of Go's form take it");
}));

test('httpbody: a response whose call site was not recorded is counted all the same', withTasks(async (live) => {
  live.connection(holder({ trace: null }));
  const profile = parseProfile(await httpBodyProfile());
  assert.deepEqual(functions(profile.samples[0]), ['(call site not recorded)']);
  assert.equal(profile.samples[0].labels.path, '/a');
}));

test('leaked: proven leaks only, also those reclaimed, counted by line', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const before = parseProfile(await leakedProfile()).totals[0];
  assert.equal(before, provenLeaks().length);
  const kept = await fetchPreview(client, server.origin);
  for (let i = 0; i < 3; i++) await fetchPreview(client, server.origin);
  for (let i = 0; i < 200 && provenLeaks().length < before + 3; i++) {
    globalThis.gc?.();
    await turn();
  }
  const profile = parseProfile(await leakedProfile());
  assert.deepEqual(profile.totals, [before + 3]);
  assert.deepEqual(profile.samples.map((sample) => [functions(sample)[0], sample.values[0], sample.labels.verdict]), [['fetchPreview', 3, 'proven']]);
  assert.match(await leakedProfile({ debug: 1 }), /^leaked profile: total 3\n3 @ 0x/);
  await kept.close();
  // They are reported once, here.
  await findLeaks({ retries: 0 });
}));

test('addresses are the same in every profile, so that they can be merged', withTasks(async (live) => {
  live.connection(holder());
  const addresses = async (): Promise<string[]> => [...(await goroutineProfile({ debug: 1 })).matchAll(/^#\t(0x\w+)\t(\S+)\+/gm)].map(([, address, name]) => `${name} ${address}`).sort();
  assert.deepEqual(await addresses(), await addresses());
}));

test('a large profile is written in slices: the event loop turns meanwhile', withTasks(async (live) => {
  for (let i = 0; i < 20_000; i++) live.connection(holder({ url: `http://127.0.0.1:80/${i}` }));
  for (const debug of [0, 1, 2] as const) {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await goroutineProfile({ debug });
    done = true;
    await turn();
    assert.ok(turns >= 5, `debug=${debug}: ${turns} turns`);
  }
}));

test('a profile that nobody waits for any more is given up', withTasks(async (live) => {
  for (let i = 0; i < 5000; i++) live.connection(holder());
  const gone = new AbortController();
  const taking = goroutineProfile({ signal: gone.signal });
  gone.abort(new Error('gone'));
  await assert.rejects(taking, /gone/);
}));

test('what is no form is refused', async () => {
  for (const debug of [3, -1, '1', null, Number.NaN]) {
    // @ts-expect-error none of these is a form
    await assert.rejects(goroutineProfile({ debug }), { name: 'TypeError', message: /^debug is 0 .*, 1 .* or 2 .*, not / });
  }
  // @ts-expect-error no options
  await assert.rejects(goroutineProfile(null), { name: 'TypeError' });
});

test('a response is counted once, though tasks of others come between its own', withTasks(async (live) => {
  const [first, second] = [holder({ url: 'http://127.0.0.1:80/first' }), holder({ url: 'http://127.0.0.1:80/second' })];
  for (const held of [first, second, null, first, second]) live.task('connection', 'readLoop', held);
  const counts = parseProfile(await httpBodyProfile()).samples.map(({ labels, values }) => [labels.path, values[0]]);
  assert.deepEqual(counts.sort(), [['/first', 1], ['/second', 1]]);
  const paths = parseProfile(await goroutineProfile()).samples.flatMap(({ labels: { path }, values }) => (path === undefined ? [] : [[path, values[0]]]));
  assert.deepEqual(paths.sort(), [['/first', 2], ['/second', 2]]);
}));
