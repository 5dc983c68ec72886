// What `watertight attach` tells of requests from then on, and that it takes everything back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from 'watertight';
import { start } from '../cli/command.js';
import { serve, Visited } from './visited.js';

interface Told {
  readonly leaks: readonly { client: string; url: string; line: string | null }[];
  readonly longestPause: number;
}

let server: Awaited<ReturnType<typeof serve>>;
before(async () => (server = await serve()));
after(() => server.close());

/** The facts but for those named, and for Node's own modules, which stay loaded: the library needs some. */
function lasting(facts: unknown, without: readonly string[] = []): object {
  return Object.fromEntries(Object.entries(facts as object).filter(([name]) => name !== 'loaded' && !without.includes(name)));
}

describe('watertight attach, while it stays', { concurrency: 2 }, () => {
  test('gives new leaks their line, serves the profiles, and leaves the process as it was', async () => {
    using visited = await Visited.start('kept', server.base);
    assert.deepEqual(await visited.ask('changed'), []);
    const before = await visited.ask('facts');
    const command = start(['attach', String(visited.pid), '--pprof', '0', '--json']);
    const profiles = await command.found(/profiles at (\S+) of that machine/);
    await command.wrote('new requests have their line from now on');
    await visited.ask('leak');
    assert.notDeepEqual(await visited.ask('changed'), [], 'nothing observes');
    await using response = await get(`${profiles}goroutine?debug=2`);
    assert.match(await response.text(), /visited-process/);
    // Meanwhile, the responses are unread for longer than a twentieth of the visit, which makes them leaks.
    await using cpu = await get(`${profiles}profile?seconds=1`);
    assert.deepEqual([cpu.status, (await cpu.bytes()).subarray(0, 2)], [200, new Uint8Array([0x1f, 0x8b])]);
    command.process.kill('SIGINT');
    const { stdout, stderr, status } = await command.ended;
    assert.equal(status, 0, stderr);
    const { leaks } = JSON.parse(stdout) as Told;
    const clients = new Map(leaks.map(({ url, line }) => [new URL(url).pathname.split('/')[1], line]));
    assert.deepEqual([...clients.keys()].sort(), ['axios', 'fetch', 'node-http', 'undici6', 'undici7', 'watertight', ...(Number(process.versions.node.split('.')[0]) < 22 ? [] : ['undici'])].sort());
    for (const [client, line] of clients) assert.match(String(line), /visited-process\.[jt]s:\d+:\d+/, client);
    assert.deepEqual(await visited.ask('changed'), []);
    assert.deepEqual(lasting(await visited.ask('facts'), ['resources']), lasting(before, ['resources']));
    assert.doesNotMatch(visited.printed, /^(?!Debugger |For help,|$)/m, 'only Node itself prints something');
  });

  test('a command that is killed leaves the process as it was within seconds', async () => {
    using visited = await Visited.start('idle', server.base);
    // First, as the program imports what it looks at.
    await visited.ask('changed');
    const before = await visited.ask('facts');
    const command = start(['attach', String(visited.pid)]);
    await command.wrote('new requests have their line from now on');
    assert.notDeepEqual(await visited.ask('facts'), before);
    command.process.kill('SIGKILL');
    await once(command.process, 'exit');
    // The process counts seconds.
    while (((await visited.ask('facts')) as { inspector: unknown }).inspector !== null) await sleep(100);
    assert.deepEqual(lasting(await visited.ask('facts')), lasting(before));
    assert.deepEqual(await visited.ask('changed'), []);
  });

  test('--for ends by itself, prints what leaked, and leaves the process as it was', async () => {
    using visited = await Visited.start('idle', server.base);
    await visited.ask('changed');
    const before = await visited.ask('facts');
    const { stdout, stderr, status } = await start(['attach', String(visited.pid), '--for', '100ms']).ended;
    assert.notEqual(status, 2, stderr);
    assert.match(stdout, /In \d+ ms, 0 responses leaked\n/);
    assert.match(stdout, /The program stood still \d+ times, for \S+ m?s at the longest/);
    assert.deepEqual(lasting(await visited.ask('facts')), lasting(before));
    assert.deepEqual(await visited.ask('changed'), []);
  });
});
