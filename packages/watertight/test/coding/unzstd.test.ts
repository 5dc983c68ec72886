/** The decoder of zstd by itself: frames of every shape, in pieces of every size. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as zlib from 'node:zlib';
import { codingsOf, DecodeError } from '#coding';
import { SeededRandom } from '../fixtures/seeded-random.js';

type Compress = (bytes: Uint8Array, options?: object) => Buffer;

const { zstdCompressSync: compress, constants } = zlib as unknown as { zstdCompressSync: Compress | undefined; constants: Record<string, number> };
const [coding] = codingsOf('zstd')!;

async function decode(bytes: Uint8Array, size = bytes.length || 1): Promise<{ output: Buffer; error: unknown }> {
  const parts: Uint8Array[] = [];
  const decoder = coding.make((part) => parts.push(part));
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

/** A frame that decodes to nothing (RFC 8878 section 3.1.2). */
function skippable(content: Uint8Array): Buffer {
  const head = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

describe('zstd', { skip: compress === undefined ? 'this Node has no zstd' : false }, () => {
  const words = Buffer.from('one two three '.repeat(50));
  const noise = new SeededRandom(6).bytes(300_000);

  const frames: [what: string, make: () => Buffer, decoded: () => Buffer][] = [
    ['a frame', () => compress!(words), () => words],
    ['an empty frame', () => compress!(Buffer.alloc(0)), () => Buffer.alloc(0)],
    ['a frame of many blocks', () => compress!(noise), () => noise],
    ['a frame of repeated bytes', () => compress!(Buffer.alloc(500_000)), () => Buffer.alloc(500_000)],
    ['a frame with a checksum', () => compress!(words, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }), () => words],
    ['a frame without its length', () => compress!(words, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }), () => words],
    ['two frames', () => Buffer.concat([compress!(words), compress!(noise)]), () => Buffer.concat([words, noise])],
    ['a frame between skippable ones', () => Buffer.concat([skippable(words), compress!(words), skippable(Buffer.alloc(0))]), () => words],
    ['a frame and bytes that are none', () => Buffer.concat([compress!(words), Buffer.from('something')]), () => words],
    ['a frame and the start of another', () => Buffer.concat([compress!(words), Buffer.from([0x28, 0xb5])]), () => words],
  ];
  for (const [what, make, decoded] of frames) {
    test(`${what} is decoded, in pieces of any size`, async () => {
      const bytes = make();
      for (const size of [1, 7, 4096, bytes.length]) {
        if (size < 4096 && bytes.length > 10_000) continue;
        const { output, error } = await decode(bytes, size);
        assert.equal(error, null, `in pieces of ${size}`);
        assert.ok(decoded().equals(output), `in pieces of ${size}`);
      }
    });
  }

  test('cut anywhere it is cut', async () => {
    const bytes = Buffer.concat([skippable(Buffer.from('hello')), compress!(words, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })]);
    for (let length = 1; length < bytes.length; length++) {
      // What ends behind a skippable frame is whole, and so is what follows it while it could be anything.
      if (length >= 13 && length < 17) continue;
      const { error } = await decode(bytes.subarray(0, length));
      assert.ok(error instanceof DecodeError && error.fault === 'cut', `at ${length}: ${String(error)}`);
    }
  });

  for (const [what, bytes] of [
    ['other data', Buffer.from('hello')],
    ['a reserved block', Buffer.concat([compress === undefined ? Buffer.alloc(6) : compress(words).subarray(0, 6), Buffer.from([0xff, 0xff, 0xff, ...Buffer.alloc(100)])])],
  ] as const) {
    test(`${what} is broken`, async () => {
      const { error } = await decode(bytes);
      assert.ok(error instanceof DecodeError, String(error));
    });
  }

  test('a window of more than 8 MiB is refused: it would be the memory of the decoder', async () => {
    // Magic number, no length, a window of 2^31 bytes (RFC 8878 section 3.1.1.1.2), one empty block.
    const { error } = await decode(Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00]));
    assert.ok(error instanceof DecodeError && error.fault === 'broken', String(error));
  });
});
