/** debug=0: what an independent encoder writes, and bytes that no encoder would. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Function as ProtoFunction, Label, Line, Location, Profile as ProtoProfile, Sample, StringTable, ValueType } from 'pprof-format';
import { parseProfile, ProfileError } from 'watertight/pprof';
import { recordings } from './recordings.js';

test('reads what another decoder reads, of every recording', () => {
  for (const { forms: [packed], version, program } of recordings) {
    const theirs = ProtoProfile.decode(gunzipSync(packed));
    const ours = parseProfile(packed);
    const { strings } = theirs.stringTable;
    const functions = new Map(theirs.function.map((entry) => [entry.id, entry]));
    const locations = new Map(theirs.location.map((entry) => [entry.id, entry.line.map((line) => `${strings[Number(functions.get(line.functionId)?.name)]} ${strings[Number(functions.get(line.functionId)?.filename)]}:${line.line}`)]));
    const lines = (stack: string[], labels: string[], value: unknown): string => [...stack, ...labels.sort(), String(value)].join('\n');
    const expected = new Map<string, number>();
    for (const sample of theirs.sample) {
      const key = lines(sample.locationId.flatMap((id) => locations.get(id) ?? ['?']), sample.label.map((label) => `${strings[Number(label.key)]}=${strings[Number(label.str)]}`), '');
      expected.set(key, (expected.get(key) ?? 0) + Number(sample.value[0]));
    }
    const found = new Map(ours.samples.map((sample) => [
      lines(sample.frames.map((frame) => `${frame.function} ${frame.file}:${frame.line}`), Object.entries(sample.labels).map(([key, value]) => `${key}=${value}`), ''),
      sample.values[0],
    ]));
    assert.deepEqual([...found].sort(), [...expected].sort(), `${version} ${program}`);
    assert.equal(ours.time, Math.round(Number(theirs.timeNanos) / 1e6));
  }
});

function encoded(change: (parts: { table: StringTable; sample: Sample[]; location: Location[]; function: ProtoFunction[] }) => object = () => ({})): Buffer {
  const table = new StringTable();
  const type = new ValueType({ type: table.dedup('goroutine'), unit: table.dedup('count') });
  const held = new ValueType({ type: table.dedup('held'), unit: table.dedup('nanoseconds') });
  const functions = [new ProtoFunction({ id: 1, name: table.dedup('main.f'), filename: table.dedup('a.go') }), new ProtoFunction({ id: 2, systemName: table.dedup('main.inlined') })];
  const location = [
    new Location({ id: 1, address: 0x10, line: [new Line({ functionId: 2, line: 3 }), new Line({ functionId: 1, line: 4 })] }),
    new Location({ id: 2n ** 63n, address: 2n ** 64n - 1n }),
  ];
  const sample = [
    new Sample({ locationId: [1, 2n ** 63n], value: [2, -(2n ** 53n)], label: [new Label({ key: table.dedup('host'), str: table.dedup('a') }), new Label({ key: table.dedup('size'), num: 512, numUnit: table.dedup('bytes') })] }),
    new Sample({ locationId: [], value: [1, 5] }),
  ];
  const parts = { table, sample, location, function: functions };
  return Buffer.from(new ProtoProfile({ sampleType: [type, held], sample, location, function: functions, stringTable: table, periodType: type, period: 1, timeNanos: 1_700_000_000_000_000_000n, durationNanos: 30_000_000_000, defaultSampleType: type.type, ...change(parts) }).encode());
}

test('inlined calls, addresses without a name, several values, labels of both kinds, no stack', () => {
  for (const bytes of [encoded(), gzipSync(encoded())]) {
    const profile = parseProfile(bytes);
    assert.deepEqual(profile.samples.map(({ values, frames, labels }) => ({ values, frames, labels: { ...labels } })), [
      {
        values: [2, -(2 ** 53)],
        frames: [
          { function: 'main.inlined', file: '', line: 3, address: '0x10' },
          { function: 'main.f', file: 'a.go', line: 4, address: '0x10' },
          { function: '', file: '', line: 0, address: '0xffffffffffffffff' },
        ],
        labels: { host: 'a', size: '512 bytes' },
      },
      { values: [1, 5], frames: [], labels: {} },
    ]);
    assert.deepEqual([profile.kind, profile.time, profile.duration, profile.mainType, profile.totals], ['goroutine', 1_700_000_000_000, 30_000, 0, [3, 5 - 2 ** 53]]);
  }
});

test('which value is meant: the one that the profile names, or else the last, as in Go', () => {
  const mainOf = (name: string): number => parseProfile(encoded(({ table }) => ({ defaultSampleType: table.dedup(name) }))).mainType;
  assert.deepEqual(['goroutine', 'held', '', 'nothing like it'].map(mainOf), [0, 1, 1, 1]);
});

test('what samples refer to must be there', () => {
  const cases: [Parameters<typeof encoded>[0], RegExp][] = [
    [() => ({ location: [] }), /no location with the id 1 /],
    [() => ({ function: [] }), /no function with the id 2 /],
    [() => ({ sampleType: [] }), /no sample type/],
    [() => ({ sample: [new Sample({ value: [1] })] }), /fewer values than the profile has sample types/],
    [() => ({ sample: [new Sample({ value: [1, 2, 3] })] }), /more values than/],
    [() => ({ sample: [new Sample({ value: [1, 2], label: [new Label({ key: 999, str: 1 })] })] }), /String 999 is meant, but the table has/],
    [() => ({ location: [new Location({ address: 1 })] }), /A location has no id/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => parseProfile(encoded(change)), (error) => {
      assert.ok(error instanceof ProfileError);
      assert.equal(error.code, 'ERR_PROFILE_SYNTAX');
      assert.match(error.message, message);
      assert.ok(error.position >= 0 && error.line === 0);
      return true;
    });
  }
});

test('bytes that are cut off, too long or of no known type have a position', () => {
  const whole = encoded(() => ({ defaultSampleType: 0 }));
  const { samples } = parseProfile(whole);
  let complete = 0;
  for (let length = 1; length < whole.length; length++) {
    try {
      assert.deepEqual(parseProfile(whole.subarray(0, length)).samples, samples, `${length} bytes`);
      complete++;
    } catch (error) {
      assert.ok(error instanceof ProfileError, String(error));
      assert.ok(error.position >= 0 && error.position <= length, `${length} bytes: ${error.message}`);
    }
  }
  assert.ok(complete <= 4, 'only the time, the duration and the period can be missing unnoticed, since they may be');
  const cases: [number[], string, number][] = [
    [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 'ERR_PROFILE_TRUNCATED', 1], // a field of 2^64-1 bytes
    [[0x0a, ...Array<number>(11).fill(0x80), 0x01], 'ERR_PROFILE_SYNTAX', 1], // a number of 12 bytes
    [[0x0b, 0x00], 'ERR_PROFILE_SYNTAX', 1], // a group
    [[0x00, 0x00], 'ERR_PROFILE_SYNTAX', 0], // field 0
    [[0x4d, 0x00, 0x01], 'ERR_PROFILE_SYNTAX', 1], // the time as fixed32
  ];
  for (const [bytes, code, position] of cases) {
    assert.throws(() => parseProfile(Uint8Array.from(bytes)), (error) => {
      assert.ok(error instanceof ProfileError);
      assert.deepEqual([error.code, error.position], [code, position], error.message);
      return true;
    });
  }
});

test('a number of a million bytes is refused at once', () => {
  const bytes = Buffer.alloc(2 ** 24, 0x80);
  bytes[0] = 0x12;
  assert.throws(() => parseProfile(bytes), { code: 'ERR_PROFILE_SYNTAX' });
});

test('a small profile that stands for endless stacks is refused', () => {
  const bytes = (frames: number, references: number, samples: number): Buffer =>
    encoded(() => ({
      location: [new Location({ id: 1, line: Array.from({ length: frames }, (_, line) => new Line({ functionId: 1, line })) })],
      sample: Array.from({ length: samples }, () => new Sample({ locationId: Array<number>(references).fill(1), value: [1, 1] })),
    }));
  assert.throws(() => parseProfile(bytes(1000, 1000, 1)), { code: 'ERR_PROFILE_LIMIT', message: /more than 10000 frames/ });
  assert.throws(() => parseProfile(bytes(10_000, 1, 10_001)), { code: 'ERR_PROFILE_LIMIT', message: /frames altogether/ });
  assert.equal(parseProfile(bytes(10_000, 1, 2)).samples[0].frames.length, 10_000);
});

test('a few bytes that mean a long text, again and again, take no time or are refused', () => {
  const long = 'x'.repeat(2 ** 20);
  const labelled = encoded(({ table }) => {
    const key = table.dedup(long);
    return { sample: Array.from({ length: 50_000 }, (_, i) => new Sample({ value: [1, 1], label: [new Label({ key, num: 1 + (i % 2) })] })) };
  });
  assert.deepEqual(parseProfile(labelled).totals, [50_000, 50_000]);
  const numbered = encoded(({ table }) => {
    const key = table.dedup(long);
    return { sample: Array.from({ length: 50_000 }, (_, i) => new Sample({ value: [1, 1], label: [new Label({ key, num: i + 1 })] })) };
  });
  assert.throws(() => parseProfile(numbered), { code: 'ERR_PROFILE_LIMIT' });
  const files = encoded(({ table }) => ({
    function: [new ProtoFunction({ id: 1, name: 1, filename: table.dedup(long) })],
    location: [new Location({ id: 1, line: Array.from({ length: 9000 }, () => new Line({ functionId: 1, line: 1 })) })],
    sample: [new Sample({ locationId: [1], value: [1, 1] })],
  }));
  assert.throws(() => parseProfile(files), { code: 'ERR_PROFILE_LIMIT' });
});
