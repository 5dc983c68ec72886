// How fast profiles are read, and in how much memory:
//
//   node bench/pprof-parse.js [goroutines]        default 1,000,000
//
// debug=2 is made of recorded goroutines with other ids, arguments and waiting times, streamed in
// chunks as they come from a socket; it is never held whole. Debug=1 and debug=0 have one stack
// each for a tenth as many goroutines, all different, which is the dearest that they can be.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Function, Label, Line, Location, Profile, Sample, StringTable, ValueType } from 'pprof-format';
import { parseProfile, parseProfileStream } from 'watertight/pprof';

const GOROUTINES = Number(process.argv[2] ?? 1_000_000);
const CHUNK = 64 * 1024;
const RECORDED = ['unread-body', 'no-header-timeout', 'stuck-tls', 'wait-for-connection', 'mutex', 'chan-receive', 'idle-connections', 'states'];

const results = [];

{
  const { blocks, chunks } = tracebackChunks(20_000);
  const rounds = Math.ceil(GOROUTINES / blocks);
  const source = (function* () {
    for (let round = 0; round < rounds; round++) yield* chunks;
  })();
  const bytes = rounds * chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  await measure('debug=2, streamed', bytes, rounds * blocks, () => parseProfileStream(source));
  const held = Buffer.concat(chunks);
  await measure('debug=2, in one piece', held.length, blocks, () => parseProfile(held));
  const packed = gzipSync(held);
  await measure('debug=2, gzip, streamed', held.length, blocks, () => parseProfileStream(slices(packed)));
}
{
  const text = Buffer.from(countText(GOROUTINES / 10));
  await measure('debug=1, all different', text.length, GOROUTINES / 10, () => parseProfile(text));
}
{
  const proto = Buffer.from(protoOf(GOROUTINES / 10).encode());
  await measure('debug=0, all different, not gzipped', proto.length, GOROUTINES / 10, () => parseProfile(proto));
  const packed = gzipSync(proto);
  await measure('debug=0, all different, gzip', proto.length, GOROUTINES / 10, () => parseProfile(packed));
}

console.table(results);
console.log(`Node ${process.version}; peak of the whole process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);

async function measure(what, bytes, goroutines, parse) {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const profile = await parse();
  const seconds = (performance.now() - start) / 1000;
  if (profile.totals[0] !== goroutines) throw new Error(`${what}: ${profile.totals[0]} goroutines of ${goroutines}`);
  results.push({
    what,
    MB: round(bytes / 1e6),
    goroutines,
    samples: profile.samples.length,
    seconds: round(seconds),
    'MB/s': round(bytes / 1e6 / seconds),
    'RSS grown by, MiB': round((process.memoryUsage.rss() - before) / 2 ** 20),
    'peak RSS so far, MiB': round(process.resourceUsage().maxRSS / 1024),
  });
}

function tracebackChunks(wanted) {
  const goroutines = RECORDED.flatMap((program) =>
    readFileSync(new URL(`../packages/watertight/test/fixtures/profiles/go1.27/${program}/after.debug2.txt`, import.meta.url), 'utf8').trimEnd().split('\n\n'),
  );
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0);
  const blocks = [];
  for (let i = 0; i < wanted; i++) {
    const block = goroutines[random() % goroutines.length]
      .replace(/^goroutine \d+ \[([^\],]*)[^\]]*\]/, (_, state) => `goroutine ${1_000_000 + (random() % 9_000_000)} [${state}${random() % 3 === 0 ? `, ${2 + (random() % 5000)} minutes` : ''}]`)
      .replace(/0x[0-9a-f]{6,}/g, () => `0x${(0xc000000000 + random()).toString(16)}`);
    blocks.push(block, '\n\n');
  }
  return { blocks: wanted, chunks: [...slices(Buffer.from(blocks.join('')))] };
}

function* slices(bytes) {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

function countText(stacks) {
  const records = [`goroutine profile: total ${stacks}\n`];
  for (let i = 0; i < stacks; i++) {
    const frames = [];
    for (let depth = 0; depth < 8; depth++) frames.push(`#\t0x${(0x400000 + depth * 65_536 + ((i >> depth) % 1000)).toString(16)}\tservice/part${depth}.(*worker).step${(i >> depth) % 1000}+0x1d\t\tservice/part${depth}/worker.go:${(i >> depth) % 1000}\n`);
    records.push(`1 @${' 0x43adf6'.repeat(8)}\n# labels: {"request":"${i}"}\n${frames.join('')}\n`);
  }
  return records.join('');
}

function protoOf(stacks) {
  const stringTable = new StringTable();
  const type = new ValueType({ type: stringTable.dedup('goroutine'), unit: stringTable.dedup('count') });
  const request = stringTable.dedup('request');
  const functions = [];
  const locations = [];
  for (let depth = 0; depth < 8; depth++) {
    const filename = stringTable.dedup(`service/part${depth}/worker.go`);
    for (let n = 0; n < 1000; n++) {
      const id = functions.length + 1;
      functions.push(new Function({ id, name: stringTable.dedup(`service/part${depth}.(*worker).step${n}`), filename }));
      locations.push(new Location({ id, address: 0x400000 + id, line: [new Line({ functionId: id, line: n })] }));
    }
  }
  const samples = [];
  for (let i = 0; i < stacks; i++) {
    samples.push(
      new Sample({
        locationId: Array.from({ length: 8 }, (_, depth) => depth * 1000 + ((i >> depth) % 1000) + 1),
        value: [1],
        label: [new Label({ key: request, str: stringTable.dedup(String(i)) })],
      }),
    );
  }
  return new Profile({ sampleType: [type], sample: samples, location: locations, function: functions, stringTable, periodType: type, period: 1 });
}

function round(number) {
  return Math.round(number * 10) / 10;
}
