/** The sending of a streamed body beside everything else that the event loop has to do. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';

/** So many chunks of a byte fit into the buffers of the system: nothing but the pump itself can make it pause. */
const MOST = 150_000;

/** A source that is always ready. */
class Ready {
  sent = 0;

  constructor(private readonly begun: () => void = () => {}) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const chunk = Buffer.from('.');
    while (this.sent < MOST) {
      if (this.sent++ === 0) this.begun();
      yield chunk;
    }
  }
}

describe('an upload of small chunks that are always ready', () => {
  test('is ended by an abort before its source ends', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume() });
    const { client } = net.client();
    const cancel = new AbortController();
    const source = new Ready(() => setTimeout(() => cancel.abort('enough'), 10));
    await assert.rejects(client.post(server.origin, source, { signal: cancel.signal }), (reason) => reason === 'enough');
    assert.ok(source.sent > 0 && source.sent < MOST, `${source.sent} chunks went out`);
  }));

  test('is ended by its limit on time before its source ends', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume() });
    const { client } = net.client();
    const source = new Ready();
    await assert.rejects(client.post(server.origin, source, { timeout: 10 }), { code: 'ERR_TIMEOUT', phase: /sending|dialling/ });
    assert.ok(source.sent < MOST, `${source.sent} chunks went out`);
  }));

  test('shares the time of a turn with all other uploads', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume() });
    const { client } = net.client();
    const sources = Array.from({ length: 20 }, () => new Ready());
    const cancel = new AbortController();
    const ends = sources.map((source) => assert.rejects(client.post(server.origin, source, { signal: cancel.signal }), (reason) => reason === 'enough'));
    // All of them send before the first of many turns has passed: no upload waits for another.
    let turns = 0;
    await new Promise<void>((resolve) => {
      const next = (): void => {
        turns++;
        if (sources.every(({ sent }) => sent > 0) && turns > 5) resolve();
        else setImmediate(next);
      };
      next();
    });
    cancel.abort('enough');
    await Promise.all(ends);
    for (const { sent } of sources) assert.ok(sent < MOST, `${sent} chunks went out`);
  }));
});

test('chunks of no bytes do not stop the event loop', onLoopback(async (net) => {
  const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.resume() });
  const { client } = net.client();
  let chunks = 0;
  const empty = async function* (): AsyncGenerator<string> {
    while (chunks++ < 1_000_000) yield '';
  };
  const cancel = new AbortController();
  setTimeout(() => cancel.abort('enough'), 10);
  await assert.rejects(client.post(server.origin, empty(), { signal: cancel.signal }), (reason) => reason === 'enough');
  assert.ok(chunks < 1_000_000);
}));
