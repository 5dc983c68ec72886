/** A response that the program has only by way of a connection is held by whoever keeps that; one that nobody has is proven. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSnapshot, unreadBodies, type UnreadBody } from '#heap';
import { watertight } from '../cli/command.js';

const room = mkdtempSync(join(tmpdir(), 'through-'));
after(() => rmSync(room, { recursive: true, force: true }));
const file = join(room, 'through.heapsnapshot');

describe('a program that keeps connections', () => {
  let unread: UnreadBody[] = [];

  before(async () => {
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    await promisify(execFile)(process.execPath, [fileURLToPath(new URL('connection-program.js', import.meta.url)), file], { env });
    unread = unreadBodies(await readSnapshot(createReadStream(file)));
  });

  for (const [path, how, chain] of [
    ['agent', 'through a connection', /^agent \(Agent\) in module \S+ > \.sockets \(Object\) > .*IncomingMessage\)?$/],
    ['socket', 'through a connection', /^sockets \(Map\) in module \S+ > entry 's1' > .*IncomingMessage\)?$/],
    ['pool', 'through a connection', /^pool \(Pool\) in module \S+ > .*BodyReadable\)?$/],
    ['inbound', 'through a connection', /^inbound \(Array\) in module \S+ > \[0\] > \.upstream \(Socket\) > .*IncomingMessage\)?$/],
    ['listener-of-its-socket', 'through a connection', /^variable response \(IncomingMessage\) in listener-of-its-socket \(\S+:\d+\)$/],
    ['time-limit', 'through a connection', /^variable asked \(ClientRequest\) in time-limit \(\S+:\d+\) > \.res \(IncomingMessage\)$/],
    ['listener', 'itself', /^bus \(EventEmitter\) in module \S+ > a listener for 'flush'/],
    ['promise', 'itself', /^promises \(Array\) in module \S+ > \[0\] > IncomingMessage$/],
    ['timer', 'itself', /a timer's callback > variable response \(IncomingMessage\)/],
    ['storage', 'itself', /\.response \(IncomingMessage\)$/],
    ['registry', 'itself', /^registry \(FinalizationRegistry\) in module \S+ > IncomingMessage$/],
    ...['weak', 'global-agent', 'global-dispatcher', 'agent-of-a-call', 'settled-promise', 'after-another'].map((name) => [name, 'proven', /^$/] as const),
  ] as const) {
    test(`${path}: ${how}`, () => {
      const found = unread.filter(({ url }) => url?.endsWith(`/${path}`) === true);
      assert.deepEqual(found.map(({ throughConnection, proven }) => (proven ? 'proven' : throughConnection ? 'through a connection' : 'itself')), [how], JSON.stringify(found, null, 1));
      assert.match(found[0].heldBy.join(' > '), chain);
    });
  }

  test('nothing else is listed', () => {
    assert.equal(unread.length, 17, JSON.stringify(unread, null, 1));
  });

  test('the command says so', async () => {
    const { stdout } = await watertight('heap', file);
    assert.match(stdout, /, held through a connection by sockets \(Map\) in module \S+ → entry 's1' → /);
  });
});
