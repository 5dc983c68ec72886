// What `watertight attach` lists of programs that were started plain.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { watertight } from '../cli/command.js';
import { serve, Visited } from './visited.js';

interface Listed {
  readonly unread: readonly { client: string; url: string; status: number; buffered: number; pinned: boolean; collected: boolean; heldBy: readonly string[]; proven: boolean }[];
  readonly pools: readonly { kind: string; origin: string; connections: number; idle: number }[];
  readonly beingRead: number;
  readonly complete: boolean;
  readonly longestPause: number;
}

const major = Number(process.versions.node.split('.')[0]);
const UNDICIS = major < 22 ? ['undici6', 'undici7'] : ['undici6', 'undici7', 'undici'];

let server: Awaited<ReturnType<typeof serve>>;
before(async () => (server = await serve()));
after(() => server.close());

async function attach(...args: string[]): Promise<Listed> {
  const { stdout, stderr, status } = await watertight('attach', ...args, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Listed;
}

/** Paths below the server. */
function paths({ unread }: Pick<Listed, 'unread'>): string[] {
  return unread.map(({ client, url, status }) => `${client} ${status} ${url.replace(server.base, '')}`).sort();
}

const MISTAKES = [
  ['never-read', 'large', 200],
  ['half-read', 'large', 200],
  ['early-return-on-an-error-status', 'error', 500],
  ['thrown-while-reading', 'large', 200],
  ['dropped-stream', 'large', 200],
  ['cancelled-too-late', 'large', 200],
] as const;
/** What holds its connection as a small or an empty body, too. */
const SMALL = [['never-read-12-bytes', 'small', 200]] as const;
const EMPTY = [['empty-body-never-read', 'empty', 204]] as const;

const mistakesOf = (name: string): string => (UNDICIS.includes(name) ? 'undici' : name === 'fetch' || name === 'watertight' ? name : 'node:http');
const expected = [
  ...['fetch', 'axios', 'got', 'node-http', 'watertight', ...UNDICIS].flatMap((name) => MISTAKES.map((mistake) => [name, ...mistake] as const)),
  ...['axios', 'got', 'node-http', 'watertight'].flatMap((name) => SMALL.map((mistake) => [name, ...mistake] as const)),
  ...['axios', 'node-http'].flatMap((name) => EMPTY.map((mistake) => [name, ...mistake] as const)),
]
  .map(([name, mistake, answer, status]) => `${mistakesOf(name)} ${status} /${name}/${mistake}/${answer}`)
  .sort();

describe('watertight attach', { concurrency: 2 }, () => {
  test('lists every response that occupies a connection, of every client, without a search of the heap', async () => {
    using visited = await Visited.start('leaking', server.base);
    const listed = await attach(String(visited.pid));
    // What nobody holds may be garbage, and collected, at any time; Node collects the unread Response of fetch.
    const held = paths(listed);
    assert.deepEqual(held.filter((path) => !expected.includes(path)), []);
    const missing = expected.filter((path) => !held.includes(path));
    assert.deepEqual(missing.filter((path) => !/^(?:fetch|watertight) /.test(path)), []);
  });

  test('lists nothing of the correct twins', async () => {
    using visited = await Visited.start('correct', server.base);
    const listed = await attach(String(visited.pid), '--yes');
    assert.deepEqual([listed.complete, listed.unread], [true, []]);
  });

  test('lists nothing that the program reads a moment later', async () => {
    using visited = await Visited.start('late', server.base);
    const { unread, beingRead } = await attach(String(visited.pid));
    assert.deepEqual(paths({ unread }), []);
    assert.ok(beingRead > 0, 'it read none at that moment');
  });

  test('a heap snapshot shows who holds what the program keeps; a search of the heap lists the same', async () => {
    using visited = await Visited.start('kept', server.base);
    const expected = ['fetch 200 /fetch/large?key=*', 'node:http 200 /axios/large?key=*', 'node:http 200 /node-http/large?key=*', 'watertight 200 /watertight/large?key=*', ...UNDICIS.map((name) => `undici 200 /${name}/large?key=*`)].sort();
    for (const flags of [[], ['--no-holders']]) {
      const { unread, pools, complete, longestPause } = await attach(String(visited.pid), '--yes', ...flags);
      assert.equal(complete, true);
      assert.deepEqual(paths({ unread }), expected);
      for (const { buffered, pinned, collected, url } of unread) assert.deepEqual([buffered !== null && buffered > 10_000, pinned, collected], [true, true, false], url);
      assert.deepEqual(pools.map(({ kind, connections, idle }) => [kind, connections, idle]).sort(), [['node:http', 2, 0], ['undici', 1 + UNDICIS.length, 0]]);
      assert.ok(longestPause > 0);
      for (const { url, heldBy, proven } of unread) {
        const entry = new URL(url).pathname.split('/')[1];
        if (flags.length > 0) assert.deepEqual([heldBy, proven], [[], false]);
        else assert.match(heldBy.join(' → '), new RegExp(`^previews \\(Map\\) in module \\S+visited-process\\.js → entry '${entry}' → (?:\\.data \\(IncomingMessage\\)|\\.body \\(BodyReadable\\)|IncomingMessage|Response)$`));
      }
    }
  });

  test('closes the inspector that it opened, and loads nothing into the program', async () => {
    using visited = await Visited.start('idle', server.base);
    const before = await visited.ask('facts');
    for (const flags of [[], ['--yes']]) assert.deepEqual((await attach(String(visited.pid), ...flags)).unread, []);
    assert.deepEqual(await visited.ask('facts'), before);
  });

  test('does not touch a program that is no Node', async () => {
    const other = spawn('sleep', ['60']);
    const ended = once(other, 'exit');
    await once(other, 'spawn');
    const { status, stderr } = await watertight('attach', String(other.pid));
    assert.equal(status, 2);
    assert.match(stderr, /process \d+ \(sleep\) is no Node\. It was left alone/);
    other.kill('SIGTERM');
    assert.equal((await ended)[1], 'SIGTERM');
  });
});
