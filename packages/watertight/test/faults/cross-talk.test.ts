/** A response belongs to its request, whatever goes wrong beside it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { onLoopback, settle } from '../fixtures/loopback.js';
import { reply, type RawRequest } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const random = new SeededRandom(41);

const POISON = reply('POISON', { fields: ['X-Id: poison'] });

function response(id: string): Buffer {
  const body = `${id}:${'z'.repeat(random.below(3000))}`;
  const fields = [`X-Id: ${id}`];
  switch (random.below(4)) {
    case 0:
      return reply(body, { fields, framing: 'chunked' });
    case 1:
      return reply(gzipSync(body), { fields: [...fields, 'Content-Encoding: gzip'] });
    case 2:
      return Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n'), reply(body, { fields })]);
    default:
      return reply(body, { fields });
  }
}

/** In pieces, after pauses, and one time in ten not to its end or with something behind it. */
async function respond({ connection, target }: RawRequest): Promise<void> {
  const bytes = response(target.slice(1));
  const fault = random.below(20);
  const end = fault === 0 ? random.below(bytes.length) : bytes.length;
  for (let at = 0; at < end; ) {
    const next = Math.min(end, at + 1 + random.below(bytes.length));
    const isLast = next === bytes.length;
    // In one write with the end: only then can a client know that what follows answers nothing.
    const piece = isLast && fault === 1 ? Buffer.concat([bytes.subarray(at), POISON]) : bytes.subarray(at, next);
    if (!(await connection.send(piece))) return;
    at = next;
    if (random.below(3) === 0) await sleep(random.below(5));
  }
  if (fault === 0) connection.reset();
}

test('3,000 requests, 200 at once, random splits, delays, resets and poison: none gets another one’s response', onLoopback(async (loop) => {
  const server = await loop.serve({ onRequest: respond });
  const { client } = loop.client();
  let answered = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let id = next++; id < 3000; id = next++) {
      const controller = new AbortController();
      if (random.below(10) === 0) setTimeout(() => controller.abort(), random.below(8));
      const { value: got } = await settle(client.get(`${server.origin}/${id}`, { signal: controller.signal, timeout: 20_000 }));
      if (!got) continue;
      assert.equal(got.headers.get('x-id'), String(id));
      if (random.below(10) === 0) {
        await got.close();
        continue;
      }
      const { value: text } = await settle(got.text());
      if (text === undefined) continue;
      answered++;
      assert.match(text, new RegExp(`^${id}:z*$`));
    }
  };
  const crossed: unknown[] = [];
  await Promise.all(Array.from({ length: 200 }, () => worker().catch((error: unknown) => crossed.push(error))));
  assert.deepEqual(crossed, []);
  assert.ok(answered > 2000, `${answered} answered`);
}));
