/** Recorded profiles, damaged in ways that are the same in every run: a profile or a ProfileError comes of it, and nothing else. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { diffProfiles, groupStacks, parseProfile, parseProfileStream, ProfileError, type Profile } from 'watertight/pprof';
import { SeededRandom } from '../../fixtures/seeded-random.js';
import { crashes, recordings } from './recordings.js';

const CODES = new Set(['ERR_PROFILE_FORM', 'ERR_PROFILE_SYNTAX', 'ERR_PROFILE_TRUNCATED', 'ERR_PROFILE_GZIP', 'ERR_PROFILE_LIMIT']);
/** Hostile lines and numbers, for splicing. */
const HOSTILE = ['goroutine 1 [', 'goroutine 99999999999999999999 [select]:\n', '('.repeat(500), ')\n'.repeat(50), '\t\n', '\0', '\r\n\r\n', 'created by ', ' in goroutine 1', '...9 frames elided...\n', '[originating from goroutine 1]:\n', '# labels: {"a":"', '999999999999999 @\n', '#\t0x', '\xff\xfe', '\x80'.repeat(12), ':', '+0x1 ', '{}{}{}'].map((text) => Buffer.from(text, 'latin1'));

const originals = [...recordings.flatMap(({ forms }) => [forms[0], gunzipSync(forms[0]), forms[1], forms[2]]), ...crashes.map(({ bytes }) => bytes)];

function damaged(random: SeededRandom, original: Buffer): Buffer {
  const at = random.below(original.length + 1);
  const upTo = Math.min(original.length, at + random.below(200));
  switch (random.below(7)) {
    case 0:
      return original.subarray(0, at);
    case 1: {
      const bytes = Buffer.from(original);
      for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      return bytes;
    }
    case 2: // twice
      return Buffer.concat([original.subarray(0, upTo), original.subarray(at)]);
    case 3: // a part missing
      return Buffer.concat([original.subarray(0, at), original.subarray(upTo)]);
    case 4:
      return Buffer.concat([original.subarray(0, at), HOSTILE[random.below(HOSTILE.length)], original.subarray(at)]);
    case 5: {
      const other = originals[random.below(originals.length)];
      return Buffer.concat([original.subarray(0, at), other.subarray(random.below(other.length))]);
    }
    default:
      return Buffer.concat([original.subarray(0, at), random.bytes(random.below(50)), original.subarray(upTo)]);
  }
}

function consistent(profile: Profile): void {
  for (const sample of profile.samples) {
    assert.equal(sample.values.length, profile.sampleTypes.length);
    for (const frame of sample.frames) {
      assert.equal(typeof frame.function, 'string');
      assert.ok(Number.isFinite(frame.line), String(frame.line));
    }
    assert.ok(sample.values.every(Number.isFinite) && sample.waitMs >= 0);
  }
  assert.ok(groupStacks(profile).length <= profile.samples.length);
  assert.equal(diffProfiles(profile, profile).delta, 0);
}

function outcome(parse: () => Profile, bytes: Buffer, what: string): Profile | string {
  try {
    const profile = parse();
    consistent(profile);
    return profile;
  } catch (error) {
    if (!(error instanceof ProfileError)) throw new Error(`${what}: ${JSON.stringify(bytes.toString('latin1'))}`, { cause: error });
    assert.ok(CODES.has(error.code), `${what}: ${error.code}`);
    // Of gzip, positions are in what is unpacked.
    assert.ok(error.position >= 0 && (bytes[0] === 0x1f || error.position <= bytes.length), `${what}: ${error.message}`);
    return `${error.code} ${error.message}`;
  }
}

test('20,000 damaged profiles: a profile or an error with its position', () => {
  const random = new SeededRandom(20_261_121);
  let read = 0;
  const errors = new Map<string, number>();
  for (let round = 0; round < 20_000; round++) {
    let bytes = originals[random.below(originals.length)];
    for (let times = random.below(3); times >= 0; times--) bytes = damaged(random, bytes.length === 0 ? originals[0] : bytes);
    const result = outcome(() => parseProfile(bytes), bytes, `round ${round}`);
    if (typeof result !== 'string') read++;
    else errors.set(result.split(' ')[0], (errors.get(result.split(' ')[0]) ?? 0) + 1);
  }
  // Neither everything is refused nor is everything taken, and every error can be had.
  assert.ok(read > 1000 && read < 15_000, `${read} were read`);
  for (const code of ['ERR_PROFILE_FORM', 'ERR_PROFILE_SYNTAX', 'ERR_PROFILE_TRUNCATED', 'ERR_PROFILE_GZIP']) assert.ok((errors.get(code) ?? 0) > 20, `${code}: ${errors.get(code)}`);
});

test('damaged profiles in pieces: the same profile, or an error of the same code', async () => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 1000; round++) {
    const bytes = damaged(random, originals[random.below(originals.length)]);
    const whole = outcome(() => parseProfile(bytes), bytes, `round ${round}`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + random.below(3000);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    const streamed = await parseProfileStream(pieces).catch((error: unknown) => {
      assert.ok(error instanceof ProfileError, `round ${round}: ${String(error)}`);
      return `${error.code} ${error.message}`;
    });
    // A broken gzip is noticed sooner or later, after some of it has been read.
    if (bytes[0] === 0x1f) assert.equal(typeof streamed, typeof whole, `round ${round}`);
    else assert.deepEqual(streamed, whole, `round ${round}`);
  }
});

test('long inputs of one kind of line take time in proportion to their length', () => {
  const begun = 'goroutine 1 [running]:\n';
  const count = 'goroutine profile: total 1\n1 @ 0x1\n';
  const kinds: [string, string][] = [
    ['', 'goroutine 1 gp='], ['', 'goroutine 1 [ labels:{"'], ['', 'goroutine 1 [a, b'], [begun, ')\n'], [begun, 'f()\n\ta.go:1\n'], [begun, '(((('], [begun, 'f()\n\t:::: '],
    [begun, 'created by 9'], [begun, '...1 frames elided...\n'], [count, '#\t0x1\t+0x1+0x1'], [count, '# labels: {"\\'], [count, '#\t0x1\tf+0x1 a:1\n'], [count, '# labels: {"a":"b"}\n'], [count, '1 @ 0x1 '],
    ['', '\n'], ['', 'x'], ['', 'goroutine 1 [running]:\n'], ['', '\x12\x80'], ['', '\x0a\x00'], ['', '\x22\x02\x08\x01'], ['', '2\x00'],
  ];
  for (const [head, line] of kinds) {
    const [less, more] = [2 ** 20 - 100, 2 ** 22].map((size) => {
      const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(size, line, 'latin1')]);
      const before = process.cpuUsage();
      outcome(() => parseProfile(bytes), bytes, `${JSON.stringify(line)} to ${size} bytes`);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    // Four times the length in sixteen times the time would be quadratic; below 100 ms, it would be noise.
    assert.ok(more < 100 || more / less < 10, `${JSON.stringify(line)}: ${less} ms, and ${more} ms for four times the length`);
  }
});
