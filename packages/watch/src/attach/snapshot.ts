/** Owns the heap snapshot of a process that is looked into: it is read as it comes, and never whole in memory. */
import { EventEmitter, on } from 'node:events';
import { readSnapshot, unreadBodies, type UnreadBody } from '../heap/index.js';
import type { InspectorSession } from './inspector-session.js';
import type { PauseLog } from './pause.js';

/** Takes a snapshot, and finds the unread bodies in it and who holds each. */
export async function readBodies(session: InspectorSession, pauses: PauseLog): Promise<readonly UnreadBody[]> {
  const pieces = new EventEmitter();
  const ended = new AbortController();
  session.listen('HeapProfiler.addHeapSnapshotChunk', ({ chunk }: { chunk: string }) => pieces.emit('chunk', Buffer.from(chunk)));
  try {
    const chunks = on(pieces, 'chunk', { close: ['end'], signal: ended.signal });
    const read = readSnapshot(bytes(chunks));
    const taken = pauses
      .measure(session, 'the heap snapshot', () => session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false, captureNumericValue: true }))
      .then(
        () => pieces.emit('end'),
        (error: unknown) => ended.abort(error),
      );
    const [snapshot] = await Promise.all([read, taken]);
    return unreadBodies(snapshot);
  } finally {
    session.listen('HeapProfiler.addHeapSnapshotChunk', null);
    await session.send('HeapProfiler.disable').catch(() => undefined);
  }
}

async function* bytes(events: AsyncIterable<unknown[]>): AsyncGenerator<Uint8Array> {
  for await (const [chunk] of events) yield chunk as Uint8Array;
}
