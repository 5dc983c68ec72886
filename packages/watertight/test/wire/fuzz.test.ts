/** Seeded fuzz of everything that reads bytes: all cuts agree, and whatever comes, only ProtocolErrors go out. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../fixtures/seeded-random.js';
import { readChunks, readHead } from './reading.js';

const HEADS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nX-Folded: a\r\n b\r\n\r\n5\r\n',
  'HTTP/1.0 301 Moved Permanently\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Encoding: gzip\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n',
];

const BODIES = [
  '5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n',
  'a ; x="y"\r\n0123456789\r\n1\r\nz\r\n000;last\r\nX-Sum: 1\r\nY:\r\n folded\r\n\r\nrest',
  '0\r\n\r\n',
];

/** The bytes that mean something, and a few that must not. */
const TELLING = Buffer.from('\r\n\t :;,0159aAfF\0\x7f\x80\xff+-"', 'latin1');

function mutate(random: SeededRandom, text: string): Buffer {
  let bytes = Buffer.from(text, 'latin1');
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(bytes.length);
    const byte = random.below(2) === 0 ? TELLING[random.below(TELLING.length)] : random.below(256);
    switch (random.below(5)) {
      case 0:
        bytes[at] = byte;
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      default: {
        const other = random.below(bytes.length);
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(at, other), Math.max(at, other)), bytes.subarray(at)]);
      }
    }
    if (bytes.length === 0) bytes = Buffer.from('H');
  }
  return bytes;
}

function cutsOf(random: SeededRandom, length: number): number[] {
  return [...new Set(Array.from({ length: random.below(6) }, () => random.below(length + 1)))].sort((a, b) => a - b);
}

describe('fuzz', () => {
  for (const [what, samples, read] of [['heads', HEADS, readHead], ['chunks', BODIES, readChunks]] as const) {
    test(`${what}, mutated and cut at random, read the same from all pieces and throw nothing but ProtocolErrors`, () => {
      const random = new SeededRandom(2024);
      const outcomes = { read: 0, refused: 0, unfinished: 0 };
      for (let round = 0; round < 6000; round++) {
        const bytes = mutate(random, samples[round % samples.length]);
        const whole = read(bytes, []);
        const every = Array.from({ length: bytes.length }, (_, i) => i).slice(1);
        for (const cuts of [cutsOf(random, bytes.length), cutsOf(random, bytes.length), ...(round % 10 === 0 ? [every] : [])]) {
          assert.deepEqual(read(bytes, cuts), whole, `round ${round}: ${JSON.stringify(bytes.toString('latin1'))} cut at ${cuts.join(', ')}`);
        }
        outcomes[whole === 'unfinished' ? 'unfinished' : 'refused' in whole ? 'refused' : 'read']++;
      }
      // Otherwise the mutations say nothing.
      for (const [outcome, count] of Object.entries(outcomes)) assert.ok(count > 100, `${outcome}: ${count}`);
    });

    test(`random bytes are never ${what}, and never an error of ours`, () => {
      const random = new SeededRandom(7);
      for (let round = 0; round < 3000; round++) {
        const bytes = random.bytes(1 + random.below(40));
        const whole = read(bytes, []);
        assert.deepEqual(read(bytes, cutsOf(random, bytes.length)), whole);
      }
    });
  }
});
