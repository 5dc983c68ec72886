/** Owns how many bytes of a response wait in memory: the lengths of its chunks, or, where the snapshot has no numbers, of the memory that they lie in. */
import type { HeapObjects } from './heap-objects.js';

export const BYTES_VOCABULARY: readonly string[] = ['_readableState', 'buffer', 'length', 'head', 'data', 'next', 'backing_store', 'bufferIndex', 'viewed_array_buffer'];

/** More chunks than any stream lets wait. */
const MAX_CHUNKS = 1_000_000;

/** Of a Node stream. */
export function bytesInReadable(objects: HeapObjects, stream: number): number {
  const state = objects.property(stream, '_readableState');
  return objects.numberOf(state, 'length') ?? memoryOf(objects, chunksOf(objects, state));
}

/** The memory that the chunks lie in, each block once. */
export function memoryOf(objects: HeapObjects, chunks: readonly number[]): number {
  const { snapshot } = objects;
  const blocks = new Set<number>();
  for (const chunk of chunks) {
    // A Buffer refers to an ArrayBuffer, and that to its memory, in which other chunks may lie as well.
    const memory = objects.nearest(chunk, 3, (node) => snapshot.nodeType(node) === 'native' && snapshot.nodeName(node) === 'system / JSArrayBufferData');
    blocks.add(memory === -1 ? chunk : memory);
  }
  let bytes = 0;
  for (const block of blocks) bytes += snapshot.nodeSize(block);
  return bytes;
}

function chunksOf(objects: HeapObjects, state: number): number[] {
  const buffer = objects.property(state, 'buffer');
  // Node 20 has a list, later ones an array.
  const head = objects.property(buffer, 'head');
  if (head === -1) return objects.elements(buffer).filter((node) => objects.constant(node) === null);
  const chunks: number[] = [];
  for (let entry = head; objects.constant(entry) === null && chunks.length < MAX_CHUNKS; entry = objects.property(entry, 'next')) {
    const data = objects.property(entry, 'data');
    if (data === -1) break;
    chunks.push(data);
  }
  return chunks;
}
