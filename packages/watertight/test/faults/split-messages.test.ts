/**
 * How TCP cuts a message must not matter: every case of the corpus is cut at every offset, and comes to the
 * same as in one piece. And valid messages with a byte changed come to a response or an error, nothing else.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Client } from 'watertight';
import { loadCorpus, totalBytes, digest, type CorpusCase } from '../corpus/corpus-case.js';
import { furtherCases } from '../fixtures/further-responses.js';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const LARGEST = 200;
const AT_ONCE = 32;
const BATCH = 256;
/** Only a client that hangs ever meets it. */
const GUARD_MS = 20_000;

/** What is compared: not the error's text, which may say how far it came. */
type Result = string;

async function ask(client: Client, url: string, method: string): Promise<Result> {
  try {
    const response = await client.request(url, { method, redirect: 'manual', timeout: GUARD_MS });
    const body = digest(await response.body.readAll());
    return `${response.status} ${body.sha256}`;
  } catch (error) {
    const { name } = error as Error;
    assert.notEqual(name, 'TimeoutError', 'the client hangs');
    return 'refused';
  }
}

/** `/cases/5/17` answers with case 5, cut at 17; every connection serves one request. */
function cutter(cases: CorpusCase[]): (request: RawRequest) => void {
  return ({ target, connection }) => {
    const [, , index, offset] = target.split('/');
    const bytes = Buffer.concat(cases[Number(index)].chunks);
    const at = Number(offset);
    if (at > 0) connection.write(bytes.subarray(0, at));
    setImmediate(() => {
      connection.write(bytes.subarray(at));
      setImmediate(() => connection.finish());
    });
  };
}

async function inParallel<T>(items: T[], each: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const item of queue) await each(item);
  }));
}

/** What is excess, or idle, depends on when it comes; and a reset or a stall is no matter of cuts. */
function dependsOnTime({ id, end, needsDeadline, repeats }: CorpusCase): boolean {
  return repeats.size > 0 || end === 'rst' || needsDeadline || /^reuse\/(idle|excess)-|-poison$/.test(id);
}

function groupsOf(cases: CorpusCase[]): Map<string, CorpusCase[]> {
  const groups = new Map<string, CorpusCase[]>();
  for (const corpusCase of cases) {
    if (dependsOnTime(corpusCase) || totalBytes(corpusCase) > LARGEST) continue;
    const group = corpusCase.id.split('/')[0];
    groups.set(group, [...(groups.get(group) ?? []), corpusCase]);
  }
  return groups;
}

/** As inParallel; the server forgets what it has recorded from batch to batch. */
async function inBatches<T>(server: RawServer, items: T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH) {
    await inParallel(items.slice(at, at + BATCH), each);
    await server.settlesAt(0);
    server.connections.length = 0;
    server.requests.length = 0;
  }
}

describe(`every case of up to ${LARGEST} bytes, cut at every offset, comes to the same as whole`, () => {
  for (const [group, cases] of groupsOf([...loadCorpus(), ...furtherCases()])) {
    test(`the ${cases.length} cases of ${group}`, onLoopback(async (loop) => {
      const server = await loop.serve({ onRequest: cutter(cases) });
      const { client } = loop.client({ disableKeepAlives: true });
      const wholes = new Map<number, Result>();
      await inBatches(server, [...cases.entries()], async ([index, { method }]) => void wholes.set(index, await ask(client, `${server.origin}/cases/${index}/0`, method)));
      const cuts = cases.flatMap((corpusCase, index) => Array.from({ length: totalBytes(corpusCase) - 1 }, (_, i) => ({ corpusCase, index, offset: i + 1 })));
      const differences: string[] = [];
      await inBatches(server, cuts, async ({ corpusCase, index, offset }) => {
        const cut = await ask(client, `${server.origin}/cases/${index}/${offset}`, corpusCase.method);
        const whole = wholes.get(index);
        if (cut !== whole) differences.push(`${corpusCase.id} cut at ${offset}: ${cut}, whole: ${String(whole)}`);
      });
      assert.deepEqual(differences, []);
    }));
  }
});

test('5,000 valid messages with one to three bytes changed: each ends in a response or an error', onLoopback(async (loop) => {
  const random = new SeededRandom(42);
  const valid = loadCorpus().filter((corpusCase) => corpusCase.expect === 'accept' && totalBytes(corpusCase) < 2000 && !dependsOnTime(corpusCase));
  const flipped = Array.from({ length: 5000 }, () => {
    const origin = valid[random.below(valid.length)];
    const bytes = Buffer.concat(origin.chunks);
    for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256);
    return { ...origin, chunks: [bytes] };
  });
  const server = await loop.serve({ onRequest: cutter(flipped) });
  const { client } = loop.client({ disableKeepAlives: true });
  let answered = 0;
  await inBatches(server, [...flipped.entries()], async ([index, { method }]) => {
    if ((await ask(client, `${server.origin}/cases/${index}/0`, method)) !== 'refused') answered++;
  });
  assert.ok(answered > 500 && answered < 5000, `${answered} answered`);
}));

test('bodies come through byte for byte under 300 random chunkings', onLoopback(async (loop) => {
  const random = new SeededRandom(68);
  const bodies = Array.from({ length: 300 }, () => random.bytes(random.below(20_000)));
  const server = await loop.serve({
    onRequest: async ({ target, connection }) => {
      const body = bodies[Number(target.slice(1))];
      connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (let at = 0; at < body.length; ) {
        const size = Math.min(body.length - at, 1 + random.below(3000));
        const chunk = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body.subarray(at, at + size), Buffer.from('\r\n')]);
        const cut = random.below(chunk.length);
        await connection.send(chunk.subarray(0, cut));
        if (random.below(2) === 0) await new Promise(setImmediate);
        await connection.send(chunk.subarray(cut));
        at += size;
      }
      connection.write('0\r\n\r\n');
    },
  });
  const { client } = loop.client();
  await inParallel([...bodies.keys()], async (index) => {
    const response = await client.get(`${server.origin}/${index}`);
    assert.ok(Buffer.from(await response.bytes()).equals(bodies[index]));
  });
}));
