/** Decides when V8 collects the memory of a large body's chunks: in a cheap collection of the young generation, before it would start a full one. */

import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';

/*
 * V8 counts the memory of buffers, which lies outside of its heap, towards the
 * limit at which it starts a full collection. In a small heap that limit is only
 * some 8 MiB and the size of the young generation away. Chunks die young, but a
 * collection of the young generation comes when that is full, and a chunk takes a
 * hundred bytes of it. V8 starts one as well when 32 MiB of buffers hang on it, or
 * 64 MiB since V8 13 (Node 24); where the limit is nearer, it is full collections
 * that come, some 16 times a gigabyte, and each costs 10 ms of CPU.
 *
 * So where that is seen, the rest of the young generation is filled with what is
 * garbage at once, each time that a few MiB have gone to chunks, and V8 collects
 * it. docs/performance.md has what that costs and saves.
 */

/** How much memory is given to chunks between two looks, in bytes. */
const LOOK_EVERY = 2 << 20;
/** A full collection within so many looks (128 MiB) of the last one comes too soon, */
const TOO_SOON = 64;
/** and so many of them, one after another, come because of the chunks. */
const TOO_MANY = 3;
/** For so many looks (8 GiB) V8 is helped; then it is seen whether it still needs that. */
const HELP_FOR = 4096;

/** One piece of garbage, in bytes: a string is made of it, because nothing else fills memory as fast. */
const PIECE = 32 << 10;
let piece: Buffer | null = null;

let sinceLook = 0;
/** Only a full collection finalises: what is registered, nobody holds. A `WeakRef` that is looked at keeps what it names for the collection under way. */
let fullCollections: FinalizationRegistry<null> | null = null;
let looksSinceFull = Infinity;
let tooSoon = 0;
let looksToHelp = 0;
/** The least memory outside of the heap since the last collection that was brought about. */
let base = Infinity;
let mayGrow = LOOK_EVERY;

/** So many bytes were allocated for chunks that the program will get. */
export function chunkMemoryTaken(bytes: number): void {
  sinceLook += bytes;
  if (sinceLook < LOOK_EVERY) return;
  sinceLook = 0;
  look();
}

function look(): void {
  looksSinceFull++;
  if (fullCollections === null) {
    fullCollections = new FinalizationRegistry(collectedFully);
    fullCollections.register({}, null);
  }
  if (looksToHelp === 0) return;
  looksToHelp--;
  const external = getHeapStatistics().external_memory;
  base = Math.min(base, external);
  if (external - base < mayGrow) return;
  // The collector frees in the background: only the next look shows what is left.
  base = Infinity;
  collectYoungGeneration();
}

function collectedFully(): void {
  tooSoon = looksSinceFull <= TOO_SOON ? tooSoon + 1 : 0;
  if (tooSoon >= TOO_MANY) looksToHelp = HELP_FOR;
  looksSinceFull = 0;
  fullCollections!.register({}, null);
}

function collectYoungGeneration(): void {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (space === undefined) return;
  // The larger the young generation, the farther the limit, and the dearer it is to fill.
  mayGrow = LOOK_EVERY + space.space_size / 8;
  piece ??= Buffer.alloc(PIECE);
  for (let left = space.space_available_size + PIECE; left > 0; left -= PIECE) piece.toString('latin1');
}
