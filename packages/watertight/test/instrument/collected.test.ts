/**
 * What the garbage collector proves of other clients' responses, half-read ones included, and where it can't:
 * while the server has not finished, a connection of node:http holds its response, and a fetch its stream.
 */

import assert from 'node:assert/strict';
import http, { type IncomingMessage } from 'node:http';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import 'watertight/leak';
import { provenLeaks, tasks, type ProvenLeak } from '#tasks';
import { BIG, FormServer } from '../fixtures/form-server.js';
import { until } from '../fixtures/until.js';
import { loadUndici, type Undici } from './undici-version.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
afterEach(async () => {
  server.dropAll();
  // Pooled connections are to be seen closed before the next request.
  await sleep(20);
});
after(() => server.stop());

/** Runs `leak`, drops whatever it made, and waits for the proof; undefined if there is none after `patience` collections. */
async function proofOf(leak: (origin: string) => Promise<unknown>, patience = 400): Promise<ProvenLeak | undefined> {
  const known = new Set(provenLeaks());
  await (async () => {
    await leak(server.origin);
  })();
  for (let i = 0; i < patience; i++) {
    await sleep(12);
    globalThis.gc!();
    const found = provenLeaks().find((each) => !known.has(each) && each.url.startsWith(server.origin));
    if (found !== undefined) return found;
  }
  return undefined;
}

function assertProven(proof: ProvenLeak | undefined, { bytesRead, reclaimed }: { bytesRead: number | 'some'; reclaimed: boolean }): void {
  assert.ok(proof !== undefined, 'not proven');
  assert.equal(proof.reclaimed, reclaimed, 'reclaimed');
  assert.ok(proof.trace !== null);
  if (bytesRead === 'some') assert.ok(proof.bytesRead > 0 && proof.bytesRead < BIG, `${proof.bytesRead} bytes read`);
  else assert.equal(proof.bytesRead, bytesRead);
}

const live = (): number => tasks().filter(({ kind, holder }) => kind === 'request' && holder?.origin === server.origin).length;

describe('fetch', () => {
  test('a response of 5 bytes that was dropped unread is proven, and over', async () => {
    const count = live();
    assertProven(await proofOf((origin) => fetch(`${origin}/small`)), { bytesRead: 0, reclaimed: true });
    assert.equal(live(), count);
  });

  test('a response of 1 MiB that was dropped unread is proven, and over, for fetch itself gives it up then', async () => {
    assertProven(await proofOf((origin) => fetch(`${origin}/big`)), { bytesRead: 0, reclaimed: true });
  });

  test('a locked body of 5 bytes that was dropped is proven', async () => {
    assertProven(await proofOf(async (origin) => (await fetch(`${origin}/small`)).body!.getReader()), { bytesRead: 0, reclaimed: true });
  });

  test('a response that somebody holds is not, nor one whose reader somebody holds', async () => {
    const response = await fetch(`${server.origin}/small`);
    const reader = (await fetch(`${server.origin}/small`)).body!.getReader();
    assert.equal(await proofOf(async () => undefined, 10), undefined);
    await response.text();
    await reader.cancel();
  });

  test('one that is being read is not, though its promise is all that is held', async () => {
    let text = '';
    void fetch(`${server.origin}/slow`).then((response) => response.text()).then((value) => (text = value));
    assert.equal(await proofOf(async () => undefined, 15), undefined);
    assert.equal(text, 'slow');
  });
});

describe('node:http', () => {
  test('a response that came in full is proven once its connection is gone', async () => {
    assertProven(await proofOf(async (origin) => {
      await new Promise<void>((resolve) => http.get(`${origin}/small`, { agent: new http.Agent({ keepAlive: false }) }, () => resolve()));
      // Its five bytes came with its head, or right behind it.
      await sleep(60);
      server.dropAll();
    }), { bytesRead: 0, reclaimed: true });
  });

  test('while its socket is there, nobody can tell whether it is held', async () => {
    assert.equal(await proofOf(async (origin) => {
      const response = await new Promise<IncomingMessage>((resolve) => http.get(`${origin}/big`, resolve));
      response.on('error', () => undefined);
    }, 10), undefined);
  });
});

for (const version of [6, 7, 8] as const) {
  const undici: Undici = await loadUndici(version);
  if (typeof undici === 'string') {
    test(`undici ${version}`, { skip: undici }, () => undefined);
    continue;
  }
  const wrap = (agent: Undici): Undici => new undici.RetryAgent(agent);
  for (const [how, make] of [['', (agent: Undici): Undici => agent], [' behind an interceptor', wrap]] as const) {
    describe(`undici ${version}${how}`, () => {
      let agent: Undici;
      let dispatcher: Undici;
      beforeEach(() => {
        agent = new undici.Agent();
        dispatcher = make(agent);
      });
      afterEach(() => agent.destroy());
      const request = (url: string): Undici => undici.request(url, { dispatcher });

      test('a body of 5 bytes that was dropped unread is proven, and over', async () => {
        assertProven(await proofOf((origin) => request(`${origin}/small`)), { bytesRead: 0, reclaimed: true });
      });

      test('a body of 1 MiB that was dropped unread is proven; its connection stays as it is', async () => {
        const count = live();
        assertProven(await proofOf((origin) => request(`${origin}/big`)), { bytesRead: 0, reclaimed: false });
        assert.equal(live(), count + 1);
        await agent.destroy();
        await sleep(10);
        assert.equal(live(), count, 'it is over when its connection is');
      });

      test('a body that was half read by an iterator is proven', async () => {
        assertProven(await proofOf(async (origin) => {
          const { body } = await request(`${origin}/big`);
          await body[Symbol.asyncIterator]().next();
        }), { bytesRead: 'some', reclaimed: false });
      });

      test('a body that was paused half way is proven', async () => {
        assertProven(await proofOf(async (origin) => {
          const { body } = await request(`${origin}/big`);
          await new Promise<void>((resolve) => body.once('data', () => (body.pause(), resolve())));
        }), { bytesRead: 'some', reclaimed: false });
      });

      test('a body that somebody holds is not proven, and can still be read', async () => {
        const { body } = await request(`${server.origin}/big`);
        assert.equal(await proofOf(async () => undefined, 10), undefined);
        assert.equal((await body.arrayBuffer()).byteLength, BIG);
      });

      test('an iterator that somebody holds goes on where it was', async () => {
        const iterator = (await request(`${server.origin}/big`)).body[Symbol.asyncIterator]();
        let bytes = Number((await iterator.next()).value.length);
        assert.equal(await proofOf(async () => undefined, 10), undefined);
        for (let step = await iterator.next(); step.done !== true; step = await iterator.next()) bytes += Number(step.value.length);
        assert.equal(bytes, BIG);
      });

      test('a body that is only awaited is not proven: text(), an iterator, listeners, a pipe', async () => {
        const seen = ['', '', ''];
        const take = (index: number) => (chunk: unknown): void => void (seen[index] += String(chunk));
        void request(`${server.origin}/slow`).then(({ body }: Undici) => body.text()).then(take(0));
        void (async () => {
          for await (const chunk of (await request(`${server.origin}/slow`)).body) take(1)(chunk);
        })();
        void request(`${server.origin}/slow`).then(({ body }: Undici) => void body.on('data', take(2)));
        assert.equal(await proofOf(async () => undefined, 15), undefined);
        assert.deepEqual(seen, ['slow', 'slow', 'slow']);
      });

      test('a body dropped with a listener for its end is not proven: the listener is still called', async () => {
        let closed = 0;
        assert.equal(await proofOf(async (origin) => {
          const { body } = await request(`${origin}/big`);
          body.on('error', () => closed++);
        }, 10), undefined);
        await agent.destroy();
        await until('the listener is called', () => closed > 0);
        assert.equal(closed, 1);
      });

      test('a signal still aborts what was dropped', async () => {
        const controller = new AbortController();
        const count = live();
        await proofOf(async (origin) => void (await undici.request(`${origin}/big`, { signal: controller.signal, dispatcher })).body.on('error', () => undefined), 5);
        controller.abort();
        await sleep(30);
        assert.equal(live(), count);
      });
    });
  }
}
