/** What a snapshot of a real program shows, on the Node that runs the tests: each unread response, and who holds it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compareUnread, groupByHolder, readSnapshot, unreadBodies, type UnreadBody } from '#heap';
import { watertight } from '../cli/command.js';

const room = mkdtempSync(join(tmpdir(), 'heap-'));
after(() => rmSync(room, { recursive: true, force: true }));
const [first, second] = [join(room, 'first.heapsnapshot'), join(room, 'second.heapsnapshot')];
const program = fileURLToPath(new URL('holding-program.js', import.meta.url));

async function unreadIn(file: string): Promise<UnreadBody[]> {
  return unreadBodies(await readSnapshot(createReadStream(file)));
}

describe('a program that holds unread responses', () => {
  let earlier: UnreadBody[] = [];
  let later: UnreadBody[] = [];

  before(async () => {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    await promisify(execFile)(process.execPath, [program, first, second], { env });
    [earlier, later] = [await unreadIn(first), await unreadIn(second)];
  });

  const held = (variable: string, ...rest: string[]): RegExp => new RegExp(`^${variable} in module \\S+holding-program\\.js${rest.map((step) => ` > ${step}`).join('')}$`);
  const expected: [string, UnreadBody['client'], number | null, RegExp][] = [
    ['/missing/of-the-day/fetch?token=*', 'fetch', 404, held('previews \\(Map\\)', "entry '42'", 'Response')],
    ['/missing/of-the-day/node-http?token=*', 'node:http', 404, held('messages \\(Array\\)', '\\[0\\]', 'IncomingMessage')],
    ['/odd/of-the-day/odd?token=*', 'node:http', null, held('messages \\(Array\\)', '\\[1\\]', 'IncomingMessage')],
    ['/missing/of-the-day/undici6?token=*', 'undici', 404, held('bodies \\(Object\\)', '\\.six \\(BodyReadable\\)')],
    ['/reports/of-the-day/undici7?token=*', 'undici', 200, held('bodies \\(Object\\)', '\\.seven \\(BodyReadable\\)')],
    ['/reports/of-the-day/undici8?token=*', 'undici', 200, held('bodies \\(Object\\)', '\\.eight \\(BodyReadable\\)')],
    ['/reports/of-the-day/axios?token=*', 'node:http', 200, held('answer \\(Object\\)', '.*IncomingMessage\\)?')],
    ['/reports/of-the-day/got?token=*', 'node:http', 200, held('stream \\(Request\\)', '\\.response \\(IncomingMessage\\)')],
    ['/missing/of-the-day/watertight:with?token=*', 'watertight', 404, held('ours \\(Set\\)', 'an entry', 'Response')],
    ['/reports/of-the-day/our-fetch?token=*', 'watertight', 200, held('ourFetched \\(Object\\)', '\\.latest \\(FetchResponse\\)', '#head \\(Response\\)')],
    ['/reports/of-the-day/suspended?token=*', 'fetch', 200, /^suspendedHandler \(\S+holding-program\.js:\d+\), suspended > Response$/],
    ['/reports/of-the-day/nobody?token=*', 'node:http', 200, /^$/],
  ];
  for (const [path, client, status, chain] of expected) {
    test(`${path} is listed with its status and who holds it`, () => {
      const found = earlier.filter(({ url }) => url?.replace(/^http:\/\/127\.0\.0\.1:\d+/, '') === path);
      assert.deepEqual(found.map((body) => [body.client, body.status, body.proven]), [[client, status, chain.source === '^$']], JSON.stringify(earlier, null, 1));
      assert.match(found[0].heldBy.join(' > '), chain);
    });
  }

  test('nothing else is: what was read, closed or received as a server', () => {
    assert.equal(earlier.length, expected.length, JSON.stringify(earlier, null, 1));
  });

  test('a snapshot with numbers has the status and the bytes that wait', () => {
    const odd = later.find(({ url }) => url?.includes('/odd/') === true);
    assert.equal(odd?.status, 200);
    assert.ok(odd.buffered > 0 && odd.buffered <= 256 * 1024, String(odd.buffered));
  });

  test('two snapshots tell what came, what stayed and what is gone', () => {
    const names = (bodies: readonly UnreadBody[]): (string | undefined)[] => bodies.map(({ url }) => /day\/(.*)\?/.exec(url ?? '')?.[1]);
    const { came, stayed, gone } = compareUnread(earlier, later);
    assert.deepEqual(names(came), ['later']);
    assert.deepEqual(names(gone), ['undici7']);
    assert.equal(stayed.length, earlier.length - 1);
  });

  test('they are grouped by holder, whatever the place in it', () => {
    const group = groupByHolder(later).find(({ heldBy }) => heldBy[0].startsWith('messages'));
    assert.deepEqual([group?.count, group?.heldBy.slice(1), group?.urls.length], [3, ['[…]', 'IncomingMessage'], 3]);
  });

  test('the command prints the same, proven leaks apart, no secret in it', async () => {
    const { status, stdout, stderr } = await watertight('heap', first);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^${expected.length} responses unread, \\d+ kB waiting\n`));
    assert.match(stdout, /held by previews \(Map\) in module \S+ → entry '42' → Response\n {4}http:\/\/127\.0\.0\.1:\d+\/missing\/of-the-day\/fetch\?token=\* \(404\), fetch\n/);
    assert.match(stdout, /\nproven leaks: [^\n]+\n1, \d+ kB waiting, held by nobody but the connection\n {4}\S+\/nobody\?token=\* \(200\), node:http\n$/);
    assert.doesNotMatch(stdout, /s3cret/);
  });

  test('and compares two, as JSON', async () => {
    const { status, stdout } = await watertight('heap', first, second, '--json');
    assert.equal(status, 0);
    const json = JSON.parse(stdout) as Record<string, UnreadBody[]>;
    assert.deepEqual([json.unread.length, json.came.length, json.stayed.length, json.gone.length], [expected.length, 1, expected.length - 1, 1]);
    assert.deepEqual(Object.keys(json.unread[0]), ['client', 'url', 'status', 'buffered', 'heldBy', 'throughConnection', 'proven', 'id']);
  });

});
