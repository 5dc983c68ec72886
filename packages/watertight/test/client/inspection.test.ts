/** Owns what `console.log` shows of the library's objects: enough to know them, and no secret. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { inspect } from 'node:util';
import { Client, Headers, Transport } from 'watertight';
import { verifyNone } from 'watertight/leak';

test('a response, its request and its headers show what they are, and neither credentials nor query values', async (t) => {
  const server = createServer((_request, response) => response.writeHead(200, { 'set-cookie': 'sid=hush', 'x-kind': 'plain' }).end('12345'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new Client({ transport: new Transport() });
  try {
    const { port } = server.address() as AddressInfo;
    const response = await client.get(`http://user:hush@127.0.0.1:${port}/a?token=hush`, { headers: { Cookie: 'sid=hush', 'X-Other': 'seen' } });
    const shown = inspect([response, response.request, client], { depth: 10 });
    assert.doesNotMatch(shown, /hush/);
    assert.match(shown, /Response \{\n\s+status: 200/);
    assert.match(shown, /'x-kind': 'plain'/);
    assert.match(shown, /Body \{ state: 'unread' \}/);
    assert.match(shown, /Request \{/);
    assert.match(shown, /'x-other': 'seen'/);
    assert.match(shown, /Transport \{[^}]*active: 1/);
    await response.close();
  } finally {
    client.closeIdleConnections();
    server.close();
  }
  await verifyNone(t);
});

test('headers show __proto__ as a name like any other', () => {
  assert.match(inspect(new Headers([['__proto__', 'x']])), /__proto__.*'x'/);
});
