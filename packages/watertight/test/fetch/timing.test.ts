/** The entry that a fetch leaves in the performance timeline: when there is one, its sizes, and its times in their order. */
import assert from 'node:assert/strict';
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { closedPort } from '../fixtures/closed-port.js';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { redirect, site } from './site.js';

interface Entry extends PerformanceEntry {
  readonly initiatorType: string;
  readonly redirectStart: number;
  readonly redirectEnd: number;
  readonly fetchStart: number;
  readonly domainLookupStart: number;
  readonly domainLookupEnd: number;
  readonly connectStart: number;
  readonly secureConnectionStart: number;
  readonly connectEnd: number;
  readonly requestStart: number;
  readonly responseStart: number;
  readonly responseEnd: number;
  readonly encodedBodySize: number;
  readonly decodedBodySize: number;
  readonly transferSize: number;
  /** Node 20 has none. */
  readonly responseStatus?: number;
}

/** What a fetch adds to the timeline until `act` has settled, however it does. */
async function entriesOf(act: () => Promise<unknown>): Promise<Entry[]> {
  performance.clearResourceTimings();
  await act().catch(() => undefined);
  const entries = performance.getEntriesByType('resource') as unknown as Entry[];
  performance.clearResourceTimings();
  return entries;
}

async function onlyEntryOf(act: () => Promise<unknown>): Promise<Entry> {
  const entries = await entriesOf(act);
  assert.equal(entries.length, 1);
  return entries[0];
}

/** A server whose body never ends. */
async function endless(net: Loopback): Promise<string> {
  const { origin } = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart') });
  return origin;
}

test('a fetch is noted once, for observers too, with the URL that the program gave', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  const heard: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => heard.push(...list.getEntries()));
  observer.observe({ type: 'resource' });
  try {
    const entry = await onlyEntryOf(() => fetch(`${origin}/a?b#c`).then((response) => response.text()));
    assert.deepEqual([entry.name, entry.entryType, entry.initiatorType], [`${origin}/a?b#c`, 'resource', 'fetch']);
    while (heard.length === 0) await new Promise(setImmediate);
    assert.deepEqual(heard, [entry]);
  } finally {
    observer.disconnect();
  }
}));

describe('is noted', () => {
  for (const [what, ask, status] of [
    ['when its body was read', (fetch, { origin }) => fetch(origin).then((response) => response.text()), 200],
    ['when its body was read by iteration', async (fetch, { origin }) => {
      for await (const chunk of (await fetch(origin)).body!) assert.ok(chunk.length > 0);
    }, 200],
    ['when both of a response and its clone were read', (fetch, { origin }) => fetch(origin).then((response) => Promise.all([response.clone().text(), response.text()])), 200],
    ['when its body was checked', (fetch, { origin }) => fetch(origin, { integrity: 'none that is known' }).then((response) => response.text()), 200],
    ['when its head came, where there is no body', (fetch, { origin }) => fetch(origin, { method: 'HEAD' }), 200],
    ['when its redirect was given out and read', (fetch, { origin }) => fetch(redirect(origin, 302, '/there'), { redirect: 'manual' }).then((response) => response.text()), 302],
    ['when its body was cancelled', (fetch, { part }) => fetch(part).then((response) => response.body!.cancel()), 200],
    ['when an iteration over its body was left', async (fetch, { part }) => {
      for await (const chunk of (await fetch(part)).body!) if (chunk.length > 0) break;
    }, 200],
    ['when an abort ended its body', async (fetch, { part }) => {
      const cancel = new AbortController();
      const response = await fetch(part, { signal: cancel.signal });
      cancel.abort();
      const reader = response.body!.getReader();
      for (let i = 0; i < 2; i++) await assert.rejects(reader.read(), { name: 'AbortError' });
    }, 200],
    ['when an abort ended it, and both of the response and its clone are read', async (fetch, { part }) => {
      const cancel = new AbortController();
      const response = await fetch(part, { signal: cancel.signal });
      const copy = response.clone();
      cancel.abort();
      for (const each of [response, copy]) await assert.rejects(each.text(), { name: 'AbortError' });
    }, 200],
    ['when its body broke', (fetch, { broken }) => fetch(broken).then((response) => response.text()), 200],
    ['with the status 0 when a redirect was not wanted', (fetch, { origin }) => fetch(redirect(origin, 302, '/there'), { redirect: 'error' }), 0],
    ['with the status 0 when nobody answered', (fetch, { closed }) => fetch(closed), 0],
  ] as const satisfies readonly (readonly [string, (fetch: typeof globalThis.fetch, urls: Record<'origin' | 'part' | 'broken' | 'closed', string>) => Promise<unknown>, number])[]) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      const closed = `http://127.0.0.1:${await closedPort()}/`;
      const broken = await net.serve({ onRequest: ({ connection }) => {
        connection.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart');
        connection.finish();
      } });
      const part = await endless(net);
      const { responseStatus } = await onlyEntryOf(() => ask(fetch, { origin, part, broken: broken.origin, closed }));
      if (responseStatus !== undefined) assert.equal(responseStatus, status);
    }));
  }
});

describe('is not noted', () => {
  for (const [what, ask] of [
    ['before its body was read', (fetch, origin) => fetch(origin)],
    ['when it was aborted before the response', (fetch, origin) => {
      const cancel = new AbortController();
      const pending = fetch(origin, { signal: cancel.signal });
      cancel.abort();
      return pending;
    }],
    ['when it is refused', (fetch, origin) => fetch(origin, { body: 'with GET' })],
    ['when it needs no network', (fetch) => fetch('data:,x').then((response) => response.text())],
  ] as const satisfies readonly (readonly [string, (fetch: typeof globalThis.fetch, origin: string) => Promise<unknown>])[]) {
    test(what, onLoopback(async (net) => {
      const { origin, fetch } = await site(net);
      let response: unknown;
      assert.deepEqual(await entriesOf(async () => {
        response = await ask(fetch, origin);
      }), []);
      if (response instanceof Response) await response.text();
    }));
  }
});

describe('the sizes are', () => {
  test('those of the body, 300 bytes more for the head', onLoopback(async (net) => {
    const { fetch } = await site(net);
    for (const framing of ['length', 'chunked'] as const) {
      const server = await net.serve({ onRequest: (request) => request.reply('hello', { framing }) });
      const { encodedBodySize, decodedBodySize, transferSize } = await onlyEntryOf(() => fetch(server.origin).then((response) => response.text()));
      assert.deepEqual({ encodedBodySize, decodedBodySize, transferSize }, { encodedBodySize: 5, decodedBodySize: 5, transferSize: 305 });
    }
  }));

  test('those before and after decoding', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const text = 'a'.repeat(1000);
    const reads: readonly ((response: Response) => Promise<unknown>)[] = [(response) => response.text(), async (response) => {
      for await (const chunk of response.body!) assert.ok(chunk.length > 0);
    }, async (response) => {
      const reader = response.body!.getReader();
      while (!(await reader.read()).done);
    }];
    for (const read of reads) {
      const { encodedBodySize, decodedBodySize } = await onlyEntryOf(() => fetch(`${origin}/encoded?as=gzip&text=${text}`).then(read));
      assert.equal(decodedBodySize, 1000);
      assert.ok(encodedBodySize > 10 && encodedBodySize < 100, String(encodedBodySize));
    }
  }));

  test('those of all chunks', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const text = 'a'.repeat(300_000);
    const server = await net.serve({ onRequest: (request) => request.reply(gzipSync(text), { fields: ['Content-Encoding: gzip'] }) });
    const { decodedBodySize } = await onlyEntryOf(async () => {
      let chunks = 0;
      for await (const chunk of (await fetch(server.origin)).body!) if (chunk.length > 0) chunks++;
      assert.ok(chunks > 1);
    });
    assert.equal(decodedBodySize, 300_000);
  }));

  test('0 for a response without a body, whatever length it announces', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n') });
    const { encodedBodySize, decodedBodySize } = await onlyEntryOf(() => fetch(server.origin, { method: 'HEAD' }));
    assert.deepEqual([encodedBodySize, decodedBodySize], [0, 0]);
  }));

  test('what was given out of a body that was left early', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const part = await endless(net);
    const { encodedBodySize, decodedBodySize } = await onlyEntryOf(async () => {
      for await (const chunk of (await fetch(part)).body!) if (chunk.length > 0) break;
    });
    assert.deepEqual([encodedBodySize, decodedBodySize], [4, 4]);
  }));
});

describe('the times', () => {
  const ORDER = ['startTime', 'fetchStart', 'domainLookupStart', 'domainLookupEnd', 'connectStart', 'secureConnectionStart', 'connectEnd', 'requestStart', 'responseStart', 'responseEnd'] as const;

  function assertOrder(entry: Entry): void {
    for (const [i, name] of ORDER.entries()) assert.ok(entry[name] > 0 && (i === 0 || entry[name] >= entry[ORDER[i - 1]]), `${name}: ${JSON.stringify(entry)}`);
    assert.equal(entry.duration, entry.responseEnd - entry.startTime);
  }

  test('follow one another; without a redirect both of its times are 0', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const entry = await onlyEntryOf(() => fetch(origin).then((response) => response.text()));
    assertOrder(entry);
    assert.deepEqual([entry.redirectStart, entry.redirectEnd], [0, 0]);
  }));

  test('of redirects lie before those of the last request, and the name is that of the first', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const entry = await onlyEntryOf(() => fetch(`${origin}/chain?left=3#part`).then((response) => response.text()));
    assert.equal(entry.name, `${origin}/chain?left=3#part`);
    assert.equal(entry.redirectStart, entry.startTime);
    assert.ok(entry.redirectEnd > entry.redirectStart && entry.fetchStart >= entry.redirectEnd);
    assertOrder(entry);
  }));

  test('end where a failure was: nothing was answered, so there is no responseStart', onLoopback(async (net) => {
    const { fetch } = await site(net);
    const server = await net.serve({ onRequest: ({ connection }) => connection.finish() });
    const entry = await onlyEntryOf(() => fetch(server.origin, { method: 'POST' }));
    assert.deepEqual([entry.responseStart, entry.encodedBodySize], [0, 0]);
    assert.ok(entry.responseEnd > entry.startTime);
  }));
});
