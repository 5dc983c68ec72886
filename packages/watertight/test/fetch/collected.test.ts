/** Garbage collection: what the program has let go is collected, what it still reads is not, and a clone does not need the other. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { site } from './site.js';

type Fetch = typeof globalThis.fetch;

const SIZE = 1 << 18;

async function large(net: Loopback): Promise<{ url: string; fetch: Fetch }> {
  const server = await net.serve({ onRequest: (request) => request.reply(Buffer.alloc(SIZE, 'x')) });
  return { url: server.origin, fetch: (await site(net)).fetch };
}

async function collect(): Promise<void> {
  for (let i = 0; i < 2; i++) {
    await sleep(2);
    globalThis.gc!();
  }
}

/** In functions of their own, so that nothing on the stack of the test keeps the response. */
const KEPT: readonly (readonly [string, (fetch: Fetch, url: string) => Promise<() => Promise<number>>])[] = [
  ['the stream of a response', async (fetch, url) => {
    const { body } = await fetch(url);
    return () => new Response(body).arrayBuffer().then(({ byteLength }) => byteLength);
  }],
  ['a reader, after its first read', async (fetch, url) => {
    const reader = (await fetch(url)).body!.getReader();
    let length = ((await reader.read()).value as Uint8Array).length;
    return async () => {
      for (let step = await reader.read(); !step.done; step = await reader.read()) length += (step.value as Uint8Array).length;
      return length;
    };
  }],
  ['an iterator', async (fetch, url) => {
    const chunks = (await fetch(url)).body![Symbol.asyncIterator]();
    return async () => {
      let length = 0;
      for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) length += (chunk as Uint8Array).length;
      return length;
    };
  }],
  ['a read that is waited for', async (fetch, url) => {
    const reading = (await fetch(url)).arrayBuffer();
    return () => reading.then(({ byteLength }) => byteLength);
  }],
  ['a response whose clone was let go', async (fetch, url) => {
    const response = await fetch(url);
    response.clone();
    return () => response.arrayBuffer().then(({ byteLength }) => byteLength);
  }],
  ['a clone whose response was let go', async (fetch, url) => {
    const copy = (await fetch(url)).clone();
    return () => copy.arrayBuffer().then(({ byteLength }) => byteLength);
  }],
  ['a clone of a clone, whose other was cancelled', async (fetch, url) => {
    const response = await fetch(url);
    const copy = response.clone().clone();
    void response.body!.cancel();
    return () => copy.arrayBuffer().then(({ byteLength }) => byteLength);
  }],
  ['a stream that was piped', async (fetch, url) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    (await fetch(url)).body!.pipeTo(writable).catch(() => undefined);
    return () => new Response(readable).arrayBuffer().then(({ byteLength }) => byteLength);
  }],
];

describe('is read to its end, though garbage was collected since:', () => {
  for (const [what, take] of KEPT) {
    test(what, onLoopback(async (net) => {
      const { url, fetch } = await large(net);
      const read = await take(fetch, url);
      await collect();
      assert.equal(await read(), SIZE);
    }));
  }
});

/** Weak references to all that a fetch is made of. */
async function used(fetch: Fetch, url: string, use: (response: Response) => Promise<unknown>): Promise<WeakRef<object>[]> {
  const controller = new AbortController();
  const request = new Request(url, { signal: controller.signal });
  const [response, other] = await Promise.all([fetch(url, { signal: controller.signal }), fetch(request)]);
  await use(response);
  await use(other);
  return [controller, controller.signal, request, response, other].map((each) => new WeakRef(each));
}

describe('is collected with its signal and its request once it was', () => {
  for (const [what, use] of [
    ['read', (response: Response) => response.text()],
    ['iterated', async (response: Response) => {
      for await (const chunk of response.body!) assert.ok(chunk.length > 0);
    }],
    ['cancelled', (response: Response) => response.body!.cancel()],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const { url, fetch } = await large(net);
      // The engine may keep what it saw in the first call.
      await used(fetch, url, use);
      const refs: WeakRef<object>[] = [];
      for (let i = 0; i < 5; i++) refs.push(...await used(fetch, url, use));
      // Something may still be on the stack, or wait for a turn.
      const left = (): number => refs.filter((ref) => ref.deref() !== undefined).length;
      for (let i = 0; i < 20 && left() > 0; i++) await collect();
      assert.equal(left(), 0);
    }));
  }
});
