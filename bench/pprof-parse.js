// Measures the speed and the memory of reading profiles.
//
//   node bench/pprof-parse.js [goroutines]        default 1,000,000
//
// debug=2 consists of recorded goroutines with other ids, arguments and waiting times. It is streamed in chunks as
// from a socket and never held whole. debug=1 and debug=0 have a tenth as many goroutines, each with a different
// stack, which is the most expensive case.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
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
  const length = rounds * chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  await measure('debug=2, streamed', length, rounds * blocks, () => parseProfileStream(source));
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
  const proto = protoOf(GOROUTINES / 10);
  await measure('debug=0, all different, not gzipped', proto.length, GOROUTINES / 10, () => parseProfile(proto));
  const packed = gzipSync(proto);
  await measure('debug=0, all different, gzip', proto.length, GOROUTINES / 10, () => parseProfile(packed));
}

console.table(results);
console.log(`Node ${process.version}; peak of the whole process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);

async function measure(what, bytes, goroutines, parse) {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const profile = await parse();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (profile.totals[0] !== goroutines) throw new Error(`${what}: ${profile.totals[0]} goroutines of ${goroutines}`);
  results.push({
    what,
    MB: round(bytes / 1e6),
    goroutines,
    samples: profile.samples.length,
    seconds: round(seconds),
    'MB/s': round(bytes / 1e6 / seconds),
    'MB per CPU second': round(bytes / (user + system)),
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

// Only as much of protobuf as a profile needs, with the field numbers of profile.proto.
function protoOf(stacks) {
  const strings = [''];
  const stringOf = (text) => strings.push(text) - 1;
  const type = Buffer.concat([number(1, stringOf('goroutine')), number(2, stringOf('count'))]);
  const request = stringOf('request');
  const parts = [bytes(1, type)];
  for (let depth = 0; depth < 8; depth++) {
    const file = stringOf(`service/part${depth}/worker.go`);
    for (let n = 0; n < 1000; n++) {
      const id = depth * 1000 + n + 1;
      parts.push(bytes(5, number(1, id), number(2, stringOf(`service/part${depth}.(*worker).step${n}`)), number(4, file)));
      parts.push(bytes(4, number(1, id), number(3, 0x400000 + id), bytes(4, number(1, id), number(2, n))));
    }
  }
  for (let i = 0; i < stacks; i++) {
    const stack = Array.from({ length: 8 }, (_, depth) => varint(depth * 1000 + ((i >> depth) % 1000) + 1));
    parts.push(bytes(2, bytes(1, ...stack), bytes(2, varint(1)), bytes(3, number(1, request), number(2, stringOf(String(i))))));
  }
  return Buffer.concat([...parts, ...strings.map((text) => bytes(6, Buffer.from(text)))]);
}

function varint(value) {
  const out = [];
  for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
  return Buffer.from([...out, value]);
}

function number(field, value) {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field, ...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function round(number) {
  return Math.round(number * 10) / 10;
}
