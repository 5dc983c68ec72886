// What `watertight heap` costs: reads a generated heap snapshot, and prints the time and the peak of resident memory.
//
//   node scripts/heap-cost.mjs [MEGABYTES]           default: 200
//   node scripts/heap-cost.mjs --keep FILE [MB]      leaves the snapshot in FILE, to compare with other readers
//
// The snapshot is like that of a service whose cache grows: arrays of objects with a few properties and strings of their
// own, written as V8 writes them. It is written to a temporary file, for the time of the disk is part of the reading.
import { spawnSync } from 'node:child_process';
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { keep: { type: 'string' }, measure: { type: 'string' } }, allowPositionals: true });

/** Bytes of the text of one entry of the cache, about. */
const ENTRY = 223;

function generate(file, megabytes) {
  const entries = Math.round((megabytes * 1e6) / ENTRY);
  const out = openSync(file, 'w');
  let piece = '';
  const write = (text) => {
    piece += text;
    if (piece.length > 1 << 20) flush();
  };
  const flush = () => {
    writeSync(out, piece);
    piece = '';
  };
  // A root, the cache, its elements; and for each entry an object, an array, and two strings.
  const nodes = 3 + entries * 4;
  const edges = 2 + entries + entries * 4;
  const types = { node: '["hidden","array","string","object","code","closure","regexp","number","native","synthetic"]', edge: '["context","element","property","internal","hidden","shortcut","weak"]' };
  write(`{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count","detachedness"],"node_types":[${types.node},"string","number","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[${types.edge},"string_or_number","node"],"location_fields":["object_index","script_id","line","column"]},"node_count":${nodes},"edge_count":${edges}},\n"nodes":[9,0,1,0,1,0\n,3,1,3,32,1,0\n,1,0,5,${entries * 8},${entries},0\n`);
  for (let i = 0; i < entries; i++) {
    const id = 7 + i * 8;
    write(`,3,2,${id},56,3,0\n,3,3,${id + 2},32,1,0\n,2,${8 + i * 2},${id + 4},32,0,0\n,2,${9 + i * 2},${id + 6},40,0,0\n`);
  }
  write(`],\n"edges":[2,4,6\n,3,5,12\n`);
  for (let i = 0; i < entries; i++) write(`,1,${i},${(3 + i * 4) * 6}\n`);
  for (let i = 0; i < entries; i++) {
    const at = (3 + i * 4) * 6;
    write(`,2,6,${at + 6}\n,2,7,${at + 12}\n,2,4,${at + 18}\n,1,0,${at + 12}\n`);
  }
  write(`],\n"locations":[],\n"strings":["","Map","Entry","Array","cache","table","list","key"`);
  for (let i = 0; i < entries; i++) write(`,\n"key-${i}",\n"https://service.example/items/${i}?page=1"`);
  write(']}\n');
  flush();
  closeSync(out);
}

async function measure(file) {
  const { readSnapshot, unreadBodies } = await import('../packages/watch/dist/heap/index.js');
  const before = process.resourceUsage().maxRSS;
  const start = performance.now();
  const snapshot = await readSnapshot(createReadStream(file, { highWaterMark: 1 << 20 }));
  const read = performance.now();
  unreadBodies(snapshot);
  const found = performance.now();
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const { size } = statSync(file);
  const bytes = maxRSS * 1024;
  console.log(`${(size / 1e6).toFixed(0)} MB, ${snapshot.nodeCount} objects, ${snapshot.edgeCount} references`);
  console.log(`read in ${((read - start) / 1000).toFixed(1)} s (${(size / 1e3 / (read - start)).toFixed(0)} MB/s), searched in ${((found - read) / 1000).toFixed(1)} s; ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} s of CPU in all`);
  console.log(`peak of resident memory ${(bytes / 1e6).toFixed(0)} MB, ${(bytes / size).toFixed(2)} times the file; ${(before / 1000).toFixed(0)} MB before`);
}

if (values.measure !== undefined) {
  await measure(values.measure);
} else {
  const room = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'heap-cost-')) : null;
  const file = values.keep ?? join(room, 'generated.heapsnapshot');
  try {
    generate(file, Number(positionals[0] ?? 200));
    // In a process of its own, whose memory is only that of the reader.
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--measure', file], { stdio: 'inherit' });
  } finally {
    if (room !== null) rmSync(room, { recursive: true });
  }
}
