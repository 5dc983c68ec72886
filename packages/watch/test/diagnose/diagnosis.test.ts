/** What stacks mean: profiles recorded from real Go and Node programs that make one mistake each, in each form. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { diagnose, type Diagnosis, type Stack } from '#diagnose';
import { parseProfile, type Frame, type Profile } from 'watertight/pprof';

const recorded = new URL('../../../watertight/test/fixtures/profiles/', import.meta.url);
const FORMS = ['debug0.pb.gz', 'debug1.txt', 'debug2.txt'] as const;

function stacksOf(profile: Profile): Stack[] {
  return profile.samples.map(({ frames, state, createdBy, labels, values }) => ({ frames, state, createdBy, labels, count: values[profile.mainType], growth: values[profile.mainType] }));
}

function recording(version: string, program: string, form: string): Diagnosis[] {
  return diagnose(stacksOf(parseProfile(readFileSync(new URL(`${version}/${program}/after.${form}`, recorded)))));
}

/** What is said of one kind: how many, and which function of the program is named. */
type Expected = Readonly<Record<string, readonly [count: number, site: string | null]>>;

/** Program -> what its profile must say, and what it says where debug=1 does not have what parks a goroutine. */
const PROGRAMS: Readonly<Record<string, Expected | readonly [Expected, debug1: Expected]>> = {
  'unread-body': { 'unread-body': [8, null] },
  'half-read-body': { 'unread-body': [8, null] },
  'idle-connections': { 'idle-connections': [8, null] },
  'no-header-timeout': { 'no-response': [8, 'main.ask'] },
  'stuck-dial': { dialling: [8, null], 'waiting-for-connection': [8, 'main.ask'] },
  'stuck-tls': { dialling: [8, null], 'waiting-for-connection': [8, 'main.ask'] },
  'wait-for-connection': { 'waiting-for-connection': [8, 'main.ask'], 'unread-body': [1, null] },
  'stuck-handler': { 'stuck-handler': [8, 'main.main.func1.1'], 'inbound-connections': [8, null], listening: [1, 'main.main.func1'] },
  'chan-send': [{ 'channel-send': [8, 'main.firstOf.func1'] }, { 'in-the-program': [8, 'main.firstOf.func1'] }],
  'chan-receive': [{ 'channel-receive': [8, 'main.(*pool[...]).work'] }, { 'in-the-program': [8, 'main.(*pool[...]).work'] }],
  'nil-channel': [{ 'channel-send': [4, 'main.main.func1.2'], 'channel-receive': [4, 'main.main.func1.1'] }, { 'in-the-program': [8, 'main.main.func1.2'] }],
  'select-nothing': [{ 'select-nothing': [4, 'main.main.func1.1'], select: [4, 'main.waitForEither'] }, { 'in-the-program': [8, 'main.main.func1.1'] }],
  sleep: [{ sleep: [4, 'main.poll'], 'channel-receive': [4, 'main.tick'] }, { sleep: [4, 'main.poll'], 'in-the-program': [4, 'main.tick'] }],
  mutex: { lock: [8, 'main.(*account).withdraw'] },
  rwmutex: { lock: [8, 'main.get'] },
  waitgroup: { 'wait-group': [8, 'main.both'] },
  cond: { condition: [8, 'main.main.func1.1'] },
  'context-leak': { context: [8, null] },
};

/** Recorded with Go 1.19 alone: what these profiles have is the same in later ones. */
const PACKAGES: typeof PROGRAMS = {
  'http2-unread': { 'unread-http2-stream': [8, null], 'http2-connections': [1, null] },
  'http2-transports': { 'http2-connections': [8, null] },
  transports: { 'idle-connections': [8, null] },
  'stalled-upload': { 'sending-request': [8, null], 'no-response': [8, 'main.upload'] },
  'http2-writer': { 'http2-writer': [8, 'main.download'], 'inbound-connections': [8, null], listening: [1, null] },
  'slow-clients': { 'response-writer': [8, null], 'inbound-connections': [8, null], listening: [1, 'main.main.func3'] },
  'slow-uploads': { 'request-body': [8, 'main.receive'], listening: [1, 'main.main.func1'] },
  'sql-rows': { 'sql-rows': [8, null], 'sql-database': [1, null] },
  'sql-transaction': { 'sql-transaction': [4, null], 'sql-connection': [4, 'main.book'], 'sql-database': [1, null] },
  'sql-database': { 'sql-database': [8, null] },
  'io-pipe': { 'io-pipe': [8, 'main.produce'] },
  tunnel: { copying: [8, 'main.pump'] },
  subprocess: { subprocess: [8, 'main.finish'] },
  'name-lookup': { 'name-lookup': [8, 'main.ask'] },
  'grpc-streams': { 'grpc-stream': [8, null], 'grpc-connection': [1, null] },
  'grpc-connections': { 'grpc-connection': [8, null] },
  'grpc-handlers': { 'grpc-handler': [8, 'main.(*server).Check'], 'grpc-server': [8, null], listening: [1, 'main.main.func1'] },
  websockets: { websocket: [8, 'main.readPump'], listening: [1, 'main.main.func1'] },
  'kafka-producers': { kafka: [24, null] },
  'redis-clients': { redis: [8, null] },
  errgroups: [{ errgroup: [8, 'main.crawl'], 'channel-receive': [8, 'main.fetch'] }, { errgroup: [8, 'main.crawl'], 'in-the-program': [8, 'main.fetch'] }],
  'file-watchers': { 'library-object': [8, null] },
};

/** The recorder itself is in each profile; the write loops are in each with connections. */
const BESIDES = new Set(['profiling', 'write-loops']);

for (const version of ['go1.19', 'go1.27']) {
  describe(`a profile of ${version}:`, () => {
    for (const [program, expectations] of Object.entries(version === 'go1.19' ? { ...PROGRAMS, ...PACKAGES } : PROGRAMS)) {
      for (const form of FORMS) {
        test(`${program}, ${form}`, () => {
          const [other, inDebug1] = Array.isArray(expectations) ? (expectations as [Expected, Expected]) : [expectations as Expected, expectations as Expected];
          const expected = form === 'debug1.txt' ? inDebug1 : other;
          const found = recording(version, program, form);
          const said = Object.fromEntries(
            found
              .filter(({ id }) => !BESIDES.has(id))
              .map(({ id, count, site }) => [id, [count, site === null ? null : site.function.replace(/\[go\.shape\.\w+\]/, '[...]')]]),
          );
          assert.deepEqual(said, expected);
        });
      }
    }
  });
}

/** The Node programs: what their profiles must say, and in which line of theirs. */
const NODE_PROGRAMS: Readonly<Record<string, Expected>> = {
  'unread-body': { 'unread-body': [8, 'preview'] },
  'half-read-body': { 'unread-body': [8, 'preview'] },
  'unread-fetch': { 'unread-body': [8, 'preview'] },
  'unread-node-http': { 'unread-body': [8, 'preview'] },
  'idle-connections': { 'idle-connections': [8, null] },
  'stuck-dial': { dialling: [8, 'ask'] },
  'no-header-timeout': { 'no-response': [8, 'ask'] },
};

for (const version of ['node20', 'node24']) {
  describe(`a profile of ${version}:`, () => {
    for (const [program, expected] of Object.entries(NODE_PROGRAMS)) {
      for (const form of FORMS) {
        test(`${program}, ${form}`, () => {
          const found = recording(version, program, form).filter(({ id }) => !BESIDES.has(id) && id !== 'in-the-program');
          // Of an idle connection, debug=2 says which line dialled it.
          const nameOf = ({ id, site }: Diagnosis): string | null => (id === 'idle-connections' ? null : (site?.function ?? null));
          assert.deepEqual(Object.fromEntries(found.map((each) => [each.id, [each.count, nameOf(each)]])), expected);
          const [named] = found;
          if (named.site !== null) assert.match(named.site.file, new RegExp(`/app/${program}\\.mjs$`));
        });
      }
    }
  });
}

describe('a stack of the program', () => {
  const frame = (name: string, file = ''): Frame => ({ function: name, file, line: 1, address: '' });
  const stack = (frames: Frame[], changes: Partial<Stack> = {}): Stack => ({ frames, state: null, createdBy: null, labels: {}, count: 1, growth: 1, ...changes });

  test('is found where Go\'s own sources lie anywhere, and where a module\'s path has no dot', () => {
    const root = '/opt/sdk/go/src/';
    const [found] = diagnose([
      stack([frame('runtime.gopark', `${root}runtime/proc.go`), frame('runtime.chansend1', `${root}runtime/chan.go`), frame('shop/cart.(*Queue).push', '/home/ann/shop/cart/queue.go')]),
    ]);
    assert.equal(found.id, 'channel-send');
    assert.equal(found.site?.function, 'shop/cart.(*Queue).push');
  });

  test('is beyond the libraries between it and the network', () => {
    const [found] = diagnose([stack([frame('database/sql.(*DB).conn'), frame('database/sql.(*DB).query'), frame('github.com/lib/pq.open'), frame('github.com/acme/shop.load')])]);
    assert.deepEqual([found.id, found.site?.function], ['sql-connection', 'github.com/acme/shop.load']);
  });

  test('that grows is named before one that is merely there', () => {
    const send = (name: string, count: number, growth: number): Stack => stack([frame('runtime.chansend1'), frame(name)], { count, growth });
    const [found] = diagnose([send('main.steady', 100, 0), send('main.growing', 10, 9)]);
    assert.deepEqual([found.count, found.growth, found.site?.function], [110, 9, 'main.growing']);
  });

  test('that reads a body is no unread body', () => {
    const loop = stack([frame('net/http.(*persistConn).readLoop')], { count: 3, growth: 3 });
    const reader = stack([frame('net/http.(*persistConn).Read'), frame('net/http.(*body).Read'), frame('net/http.(*bodyEOFSignal).Read'), frame('io.ReadAll'), frame('main.load')], { count: 3, growth: 3 });
    assert.deepEqual(diagnose([loop, reader]).map(({ id, count }) => [id, count]), [['stalled-read', 3]]);
  });
});

test('each diagnosis has a sentence, advice and a place in the docs that exists', () => {
  const docs = readFileSync(new URL('../../../../docs/diagnoses.md', import.meta.url), 'utf8');
  const found = ['unread-body', 'wait-for-connection', 'stuck-handler', 'chan-send'].flatMap((program) => recording('go1.19', program, 'debug2.txt'));
  for (const { sentence, advice, docs: place, id } of found) {
    assert.match(sentence, /^\d+ .+\.$/);
    assert.match(advice, /.+\.?$/);
    assert.equal(place, `watertight explain ${id}`);
    assert.ok(docs.includes(`\n## ${id}\n`), `docs/diagnoses.md has no section ${id}`);
  }
});
