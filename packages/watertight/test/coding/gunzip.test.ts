/** The decoder of gzip by itself: every header, pieces of every size, and what comes out before a fault. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { DecodeError, Gunzip } from '#coding';
import { SeededRandom } from '../fixtures/seeded-random.js';

interface Outcome {
  readonly output: Buffer;
  readonly error: unknown;
}

/** Decodes `bytes` in pieces of `size`. */
async function decode(bytes: Uint8Array, size = bytes.length || 1): Promise<Outcome> {
  const parts: Uint8Array[] = [];
  const decoder = new Gunzip((part) => parts.push(part));
  let error: unknown = null;
  try {
    for (let at = 0; at < bytes.length; at += size) await decoder.write(bytes.subarray(at, at + size));
    await decoder.end();
  } catch (thrown) {
    error = thrown;
  }
  decoder.stop();
  return { output: Buffer.concat(parts), error };
}

/** A member whose header has the fields of `flags`. */
function member(text: Buffer, flags: number): Buffer {
  const fields = [Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3])];
  if (flags & 4) fields.push(Buffer.from([3, 0, 1, 0, 2]));
  if (flags & 8) fields.push(Buffer.from('name\0'));
  if (flags & 16) fields.push(Buffer.from('a comment\0'));
  if (flags & 2) fields.push(Buffer.from([0, 0]));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(text), 0);
  trailer.writeUInt32LE(text.length, 4);
  return Buffer.concat([...fields, deflateRawSync(text), trailer]);
}

const words = Buffer.from('one two three '.repeat(50));

describe('each header field is skipped, in pieces of any size', () => {
  for (let flags = 0; flags < 32; flags++) {
    test(`flags ${flags}`, async () => {
      for (const size of [1, 2, 7, 1000]) {
        const { output, error } = await decode(Buffer.concat([member(words, flags), member(words, flags), Buffer.alloc(3)]), size);
        assert.equal(error, null);
        assert.ok(output.equals(Buffer.concat([words, words])));
      }
    });
  }
});

test('a member cut anywhere is cut, and what is there comes out', async () => {
  const bytes = gzipSync(words);
  for (let length = 1; length < bytes.length; length++) {
    const { output, error } = await decode(bytes.subarray(0, length));
    assert.ok(error instanceof DecodeError && error.fault === 'cut', `at ${length}: ${String(error)}`);
    assert.ok(words.subarray(0, output.length).equals(output));
  }
  assert.equal((await decode(bytes)).error, null);
});

describe('everything before a fault of the deflate data comes out', () => {
  for (const length of [1, 100, 5000, 40_000]) {
    for (const size of [64, 4096, 1 << 20]) {
      test(`${length} bytes in pieces of ${size}`, async () => {
        const bytes = new SeededRandom(length).bytes(length);
        const good = Buffer.concat([member(Buffer.alloc(0), 0).subarray(0, 10), deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })]);
        const { output, error } = await decode(Buffer.concat([good, Buffer.alloc(50, 0xff)]), size);
        assert.ok(error instanceof DecodeError && error.fault === 'broken');
        assert.ok(output.equals(bytes), `${output.length} bytes`);
      });
    }
  }
});

test('of a fault behind 64 KiB of data no more than 16 KiB are lost', async () => {
  const bytes = new SeededRandom(4).bytes(200_000);
  const good = Buffer.concat([member(Buffer.alloc(0), 0).subarray(0, 10), deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH })]);
  const { output, error } = await decode(Buffer.concat([good, Buffer.alloc(50, 0xff)]), 4096);
  assert.ok(error instanceof DecodeError);
  assert.ok(output.length > bytes.length - 16_384 && bytes.subarray(0, output.length).equals(output), `${output.length} bytes`);
});

for (const [what, bytes] of [
  ['another magic number', [0x1f, 0x8c, 8, 0]],
  ['another method', [0x1f, 0x8b, 7, 0]],
  ['a reserved flag', [0x1f, 0x8b, 8, 0x20]],
  ['a zero byte in front', [0, 0x1f, 0x8b, 8, 0]],
] as const) {
  test(`${what} is no gzip`, async () => {
    const { error } = await decode(Uint8Array.from(bytes));
    assert.ok(error instanceof DecodeError && error.fault === 'broken');
  });
}

test('after stop() a write resolves, and nothing comes out any more', async () => {
  const parts: Uint8Array[] = [];
  const decoder = new Gunzip((part) => parts.push(part));
  const writing = decoder.write(gzipSync(words));
  decoder.stop();
  await writing;
  await decoder.write(gzipSync(words));
  assert.equal(parts.length, 0);
});
