/** Whole or in pieces, packed or not, text or bytes: one profile. Limits, sources that fail, and what is no profile. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseProfile, parseProfileStream, ProfileError, type ParseOptions } from 'watertight/pprof';
import { read } from './recordings.js';

const CALL = 'main.main()\n\t/app/main.go:12 +0x1d\n';
const bytesOf = (debug: number): Buffer => read('go1.27', 'labels', 'after', debug);

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('in pieces of any size, packed and unpacked, as bytes and as text: the same profile', async () => {
  for (const debug of [0, 1, 2]) {
    const given = bytesOf(debug);
    const plain = debug === 0 ? gunzipSync(given) : given;
    const expected = parseProfile(given);
    const packed = gzipSync(plain);
    assert.deepEqual(parseProfile(plain), expected);
    assert.deepEqual(parseProfile(packed), expected);
    assert.deepEqual(parseProfile(new Uint8Array(plain).buffer), expected);
    if (debug > 0) assert.deepEqual(parseProfile(plain.toString()), expected);
    for (const form of [plain, packed]) {
      for (const size of [1, 7, 64, 1000, form.length]) assert.deepEqual(await parseProfileStream(pieces(form, size)), expected, `debug=${debug}, ${size} bytes a piece`);
    }
  }
});

test('CRLF, a byte order mark, no line end at the end', async () => {
  for (const debug of [1, 2]) {
    const text = bytesOf(debug).toString();
    const expected = parseProfile(text);
    for (const variant of [text.replaceAll('\n', '\r\n'), `\ufeff${text}`, text.trimEnd(), `\n\n${text}\n\n`]) {
      assert.deepEqual(parseProfile(variant), expected);
      assert.deepEqual(await parseProfileStream([variant.slice(0, 100), variant.slice(100)]), expected);
    }
  }
});

test('a file\'s stream and a response\'s body are sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  try {
    await writeFile(join(folder, 'profile'), bytesOf(0));
    assert.deepEqual(await parseProfileStream(createReadStream(join(folder, 'profile'))), parseProfile(bytesOf(0)));
    assert.deepEqual(await parseProfileStream(new Blob([new Uint8Array(bytesOf(2))]).stream()), parseProfile(bytesOf(2)));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a source is closed when the profile is broken, and its own error is passed on', async () => {
  let closed = 0;
  const source = async function* (text: string): AsyncGenerator<string> {
    try {
      for (;;) yield text;
    } finally {
      closed++;
    }
  };
  const broken = 'goroutine 1 [running]:\nbroken\n\n';
  await assert.rejects(parseProfileStream(source(broken)), { code: 'ERR_PROFILE_SYNTAX', line: 3 });
  assert.equal(closed, 1);
  // Of a packed one too, though it goes on for long, and stalls at once.
  const packed = gzipSync(broken + randomBytes(2 ** 20).toString('base64'));
  let taken = 0;
  const stalling = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (const piece of pieces(packed, 40_000)) {
        taken++;
        yield piece;
        if (taken === 2) await new Promise(() => undefined);
      }
    } finally {
      closed++;
    }
  };
  await assert.rejects(parseProfileStream(stalling()), { code: 'ERR_PROFILE_SYNTAX', line: 3 });
  assert.deepEqual([closed, taken], [2, 1]);
  const lost = new Error('connection lost');
  for (const head of [Buffer.from(`goroutine 1 [running]:\n${CALL}`.repeat(100)), gzipSync('goroutine').subarray(0, 15), Buffer.alloc(0)]) {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield head;
      throw lost;
    };
    await assert.rejects(parseProfileStream(failing()), (error) => error === lost);
  }
});

test('goroutines with different waiting times are one sample', async () => {
  const source = function* (): Generator<string> {
    for (let i = 0; i < 100_000; i++) yield `goroutine ${i} [select, ${i} minutes]:\nmain.f(0x${i.toString(16)})\n\ta.go:1 +0x1\n\n`;
  };
  const profile = await parseProfileStream(source());
  assert.deepEqual(profile.samples.map(({ values, waitMs }) => [values, waitMs]), [[[100_000], 99_999 * 60_000]]);
});

test('memory does not grow with the number of goroutines', async () => {
  const chunk = Buffer.from(Array.from({ length: 1000 }, (_, i) => `goroutine ${i} [select, ${i} minutes]:\nmain.f(0x${i.toString(16)})\n\ta.go:${i % 50} +0x1\ncreated by main.main in goroutine ${i}\n\ta.go:1\n`).join('\n') + '\n');
  const repeated = function* (times: number): Generator<Uint8Array> {
    for (let i = 0; i < times; i++) yield chunk;
  };
  const held = async (times: number): Promise<number> => {
    const profile = await parseProfileStream(repeated(times));
    globalThis.gc?.();
    const used = process.memoryUsage().heapUsed;
    assert.equal(profile.totals[0], times * 1000);
    return used;
  };
  await held(10);
  const few = await held(10);
  const many = await held(200);
  assert.ok(many - few < 2 * 2 ** 20, `${few} bytes after 10,000 goroutines, ${many} after 200,000`);
});

test('limits: input, memory, one line, what comes before the first goroutine', async () => {
  const rejects = async (input: string | Buffer, options: ParseOptions, message: RegExp): Promise<void> => {
    const expected = { name: 'ProfileError', code: 'ERR_PROFILE_LIMIT', message };
    assert.throws(() => parseProfile(input, options), expected);
    await assert.rejects(parseProfileStream([input], options), expected);
  };
  const text = `goroutine 1 [running]:\n${CALL}\n`.repeat(10_000);
  await rejects(text, { maxBytes: 100_000 }, /longer than 100000 bytes.*maxBytes/);
  await rejects(gzipSync(text), { maxBytes: 100_000 }, /longer than 100000 bytes.*maxBytes/);
  await rejects(gunzipSync(bytesOf(0)), { maxBytes: 100 }, /longer than 100 bytes.*maxBytes/);
  await rejects(bytesOf(0), { maxHeldBytes: 1000 }, /1000 bytes.*maxHeldBytes/);
  const different = Array.from({ length: 10_000 }, (_, i) => `goroutine 1 [running]:\nmain.f${i}()\n\ta.go:1 +0x1\n`).join('\n');
  await rejects(different, { maxHeldBytes: 2 ** 20 }, /more than 1048576 bytes of memory.*maxHeldBytes/);
  await rejects(`goroutine 1 [running]:\n${'x'.repeat(2 ** 20 + 10)}()\n`, {}, /longer than 1048576 bytes/);
  await rejects(`goroutine 1 [running]:\n${CALL.repeat(10_001)}`, {}, /more than 10000 frames/);
  const log = { code: 'ERR_PROFILE_FORM', message: /begins with "2026 started/ };
  const lines = '2026 started\n'.repeat(100_000);
  assert.throws(() => parseProfile(`${lines}goroutine 1 [running]:\n${CALL}`), log);
  await assert.rejects(
    parseProfileStream(
      (function* () {
        for (;;) yield lines;
      })(),
    ),
    log,
  );
});

test('a zip bomb is stopped at the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(32 * 2 ** 20));
  const options = { maxHeldBytes: 2 ** 20 };
  assert.throws(() => parseProfile(bomb, options), { code: 'ERR_PROFILE_LIMIT' });
  await assert.rejects(parseProfileStream([bomb], options), { code: 'ERR_PROFILE_LIMIT' });
});

test('packed data that is broken or cut off', async () => {
  const packed = bytesOf(0);
  const flipped = Buffer.from(packed);
  flipped[flipped.length >> 1] ^= 0xff;
  for (const [bytes, code] of [[packed.subarray(0, -10), 'ERR_PROFILE_TRUNCATED'], [flipped, 'ERR_PROFILE_GZIP'], [Buffer.from([0x1f, 0x8b]), 'ERR_PROFILE_TRUNCATED']] as const) {
    assert.throws(() => parseProfile(bytes), (error) => error instanceof ProfileError && error.code === code && error.position >= 0 && error.cause instanceof Error);
    await assert.rejects(parseProfileStream(pieces(bytes, 100)), (error) => error instanceof ProfileError && error.code === code && error.position >= 0 && error.cause instanceof Error);
  }
});

test('several compressed members are one profile', async () => {
  const expected = parseProfile(bytesOf(2));
  const text = bytesOf(2);
  const members = Buffer.concat([gzipSync(text.subarray(0, 500)), gzipSync(text.subarray(500))]);
  assert.deepEqual(parseProfile(members), expected);
  for (const size of [100, 10_000]) {
    assert.deepEqual(await parseProfileStream(pieces(members, size)), expected);
  }
});

test('what is neither text nor bytes, and options that are none', async () => {
  for (const wrong of [undefined, null, 5, {}, [1]]) {
    assert.throws(() => parseProfile(wrong as never), { code: 'ERR_PROFILE_INPUT' });
    await assert.rejects(parseProfileStream(wrong as never), { code: 'ERR_PROFILE_INPUT' });
  }
  for (const options of [{ maxBytes: 0 }, { maxHeldBytes: Number.NaN }, { maxBytes: '5' }, { kind: '' }, { kind: 5 }, null]) {
    assert.throws(() => parseProfile(bytesOf(1), options as never), { code: 'ERR_PROFILE_INPUT' });
  }
});

test('a kind that was not wanted is refused, with what it is', async () => {
  for (const form of [0, 1, 2] as const) {
    assert.equal(parseProfile(bytesOf(form), { kind: 'goroutine' }).kind, 'goroutine');
    const expected = { name: 'ProfileError', code: 'ERR_PROFILE_KIND', message: 'This is a profile of the kind "goroutine" ("goroutine/count"); one of "cpu" was wanted.' };
    assert.throws(() => parseProfile(bytesOf(form), { kind: 'cpu' }), expected);
    await assert.rejects(parseProfileStream([bytesOf(form)], { kind: 'cpu' }), expected);
  }
});

test('what the engine and Go write beside profiles is named, however long its first line', async () => {
  const nodes = JSON.stringify({ nodes: Array.from({ length: 50_000 }, (_, id) => ({ id, callFrame: {} })) });
  for (const [input, message] of [
    [nodes, /^This is a profile or snapshot in the engine's own form.*\(line 1, byte 0\)$/],
    ['{"head":{"callFrame":{}}}', /engine's own form/],
    [`go 1.22 trace${'\0'.repeat(2 ** 21)}`, /^This is an execution trace of a Go program, which go tool trace reads/],
  ] as const) {
    assert.throws(() => parseProfile(input), { code: 'ERR_PROFILE_FORM', message });
    await assert.rejects(parseProfileStream(pieces(Buffer.from(input), 40_000)), { code: 'ERR_PROFILE_FORM', message });
  }
});
