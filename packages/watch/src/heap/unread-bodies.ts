/** Owns the list of the unread bodies in a snapshot, whichever client they belong to. */
import { FETCH_VOCABULARY, fetchBodies } from './fetch-bodies.js';
import type { BodyClient, FoundBody } from './found-body.js';
import { HeapObjects, OWN_VOCABULARY } from './heap-objects.js';
import { holdersOf } from './holders.js';
import { MOVED_VOCABULARY, movedBodies } from './moved-bodies.js';
import { NODE_HTTP_VOCABULARY, nodeHttpBodies } from './node-http-bodies.js';
import type { Snapshot } from './snapshot.js';
import { UNDICI_VOCABULARY, undiciBodies } from './undici-bodies.js';
import { BYTES_VOCABULARY } from './waiting-bytes.js';
import { WATERTIGHT_VOCABULARY, watertightBodies } from './watertight-bodies.js';

/** A response whose body has not been read to its end, closed or destroyed. */
export interface UnreadBody {
  /** axios and got stand on `node:http`. */
  readonly client: BodyClient;
  /** Without credentials, query values replaced by `*`; null: the snapshot does not have it. */
  readonly url: string | null;
  /** null: the snapshot does not have it. */
  readonly status: number | null;
  /** Bytes that wait to be read; in a snapshot without numbers, those of the memory that they lie in. */
  readonly buffered: number;
  /** Who holds it, in words of the program, from a variable or a function to the response; empty: nobody of the program does. */
  readonly heldBy: string[];
  /** The chain runs through a connection (a socket, an agent, a pool) that the program keeps, by which it can end the response, but not read it. */
  readonly throughConnection: boolean;
  /** Nobody of the program can reach it any more, only its own connection does: nothing will release it. */
  readonly proven: boolean;
  /** V8's number of the response (or of its body), the same in each snapshot of one process. */
  readonly id: number;
}

const VOCABULARY = new Set([...OWN_VOCABULARY, ...BYTES_VOCABULARY, ...NODE_HTTP_VOCABULARY, ...MOVED_VOCABULARY, ...FETCH_VOCABULARY, ...UNDICI_VOCABULARY, ...WATERTIGHT_VOCABULARY]);

/** Whether the snapshot is of a Node process: its scripts have names like `node:http`. */
export function isOfNode(snapshot: Snapshot): boolean {
  return snapshot.strings.matching(/^node:internal\//).includes(1);
}

/** Finds the unread bodies: of node:http, `fetch`, undici and this library, in the order of their ids. */
export function unreadBodies(snapshot: Snapshot): UnreadBody[] {
  const objects = new HeapObjects(snapshot, VOCABULARY);
  const messages = nodeHttpBodies(objects);
  const moved = movedBodies(objects, new Set(messages.flatMap(({ handles }) => handles)));
  const found: FoundBody[] = [...messages, ...moved, ...fetchBodies(objects), ...undiciBodies(objects), ...watertightBodies(objects)];
  const holders = holdersOf(snapshot, found);
  return found
    .map(({ client, url, status, buffered, handles, plumbing }, index) => {
      const { heldBy, throughConnection } = holders[index];
      return { client, url, status, buffered, heldBy, throughConnection, proven: heldBy.length === 0, id: snapshot.nodeId(handles[0] ?? plumbing[0]) };
    })
    .sort((a, b) => a.id - b.id);
}
