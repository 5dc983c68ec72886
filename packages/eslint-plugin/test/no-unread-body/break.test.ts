// What the rule takes for granted of the clients, held against them: which of them end a response
// when a loop over its body is left early, and which do not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get } from 'watertight';

const CHUNK = Buffer.alloc(64 * 1024);

/** How many connections have to be seen to end, one after the other, before one that has not ended counts as held. */
const PROBES = 10;

/** A server whose responses never end by themselves; `isHeld` says whether its last one is still open. */
async function endlessServer(t: TestContext): Promise<{ url: string; isHeld: () => Promise<boolean> }> {
  let last: http.ServerResponse | null = null;
  let probe: http.ServerResponse | null = null;
  const server = http.createServer((req, res) => {
    if (req.url === '/probe') probe = res;
    else last = res;
    const write = (): void => {
      while (!res.destroyed && res.write(CHUNK));
    };
    res.on('drain', write);
    write();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    isHeld: async () => {
      for (let n = 0; n < PROBES && !last!.destroyed; n++) {
        const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.write('GET /probe HTTP/1.1\r\nHost: probe\r\n\r\n');
        await once(socket, 'data');
        socket.destroy();
        while (!probe!.destroyed) await sleep(1);
      }
      return !last!.destroyed;
    },
  };
}

async function leaveEarly(body: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of body) break;
}

test('fetch: leaving the loop cancels the body, unless preventCancel says not to', async (t) => {
  const { url, isHeld } = await endlessServer(t);
  const ended = await fetch(url);
  await leaveEarly(ended.body!);
  assert.equal(await isHeld(), false);

  const ac = new AbortController();
  t.after(() => ac.abort());
  const kept = await fetch(url, { signal: ac.signal });
  await leaveEarly(kept.body!.values({ preventCancel: true }));
  assert.equal(await isHeld(), true);
});

test('fetch: a reader that is only released leaves the response open', async (t) => {
  const { url, isHeld } = await endlessServer(t);
  const ac = new AbortController();
  t.after(() => ac.abort());
  const res = await fetch(url, { signal: ac.signal });
  const reader = res.body!.getReader();
  await reader.read();
  reader.releaseLock();
  assert.equal(await isHeld(), true);
  await res.body!.cancel();
  assert.equal(await isHeld(), false);
});

test('node:http: leaving the loop destroys the stream, unless destroyOnReturn says not to', async (t) => {
  const { url, isHeld } = await endlessServer(t);
  const request = async (): Promise<http.IncomingMessage> => {
    const [res] = (await once(http.get(url, { agent: false }), 'response')) as [http.IncomingMessage];
    return res;
  };
  await leaveEarly(await request());
  assert.equal(await isHeld(), false);

  const kept = await request();
  t.after(() => kept.destroy());
  await leaveEarly(kept.iterator({ destroyOnReturn: false }));
  assert.equal(await isHeld(), true);
});

test('node:http: a listener for the end alone waits for ever', async (t) => {
  const { url, isHeld } = await endlessServer(t);
  const [res] = (await once(http.get(url, { agent: false }), 'response')) as [http.IncomingMessage];
  t.after(() => res.destroy());
  res.on('end', () => assert.fail('it never ends')).setEncoding('utf8');
  assert.equal(await isHeld(), true);
});

test('undici: leaving the loop destroys the stream', { skip: process.versions.node.startsWith('20.') ? 'undici 8 needs Node 22' : false }, async (t) => {
  const { request } = await import('undici');
  const { url, isHeld } = await endlessServer(t);
  const { body } = await request(url);
  await leaveEarly(body);
  assert.equal(await isHeld(), false);
});

test('watertight: leaving the loop closes the body, one read does not', async (t) => {
  const { url, isHeld } = await endlessServer(t);
  await leaveEarly((await get(url)).body);
  assert.equal(await isHeld(), false);

  const { body } = await get(url);
  await body.read(10);
  assert.equal(await isHeld(), true);
  await body.close();
  assert.equal(await isHeld(), false);
});
