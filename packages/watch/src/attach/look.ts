/** Owns a look into a process: what is unread in it at this moment, over a session with its inspector. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundBody, FoundPool, Sifted } from './in-target/look.js';
import type { UnreadBody as SnapshotBody } from '../heap/index.js';
import { OBJECT_GROUP, type InspectorSession, type RemoteObject } from './inspector-session.js';
import type { PauseLog } from './pause.js';
import { readBodies } from './snapshot.js';
import { eachWorker } from './worker-threads.js';

const TEXT = new URL('in-target/look.bundle.cjs', import.meta.url);

/** Between two looks at a body, ms: one that is read at all has moved by then, unless its reader is slow or the server. */
const STANDS_STILL = 250;

export interface UnreadBody extends FoundBody {
  /** Who holds it, in words of the program, from a variable or a function to the response; empty if nobody does; null if that was not looked for. */
  readonly heldBy: readonly string[] | null;
  /** The chain runs through a connection (a socket, an agent, a pool) that the program keeps. */
  readonly throughConnection: boolean;
  /** True if nothing referred to it any more: the collection of garbage before the search has freed it. */
  readonly collected: boolean;
  /** The worker thread that it is in: its id, and its name if it has one; null for the main thread. */
  readonly thread: string | null;
}

export interface Look {
  readonly unread: readonly UnreadBody[];
  /** How many responses are being read. */
  readonly beingRead: number;
  readonly pools: readonly FoundPool[];
  /** Whether the whole heap was searched, not only what open sockets lead to. */
  readonly complete: boolean;
  /** How many worker threads were not looked at, as they did not answer. Of the others only what occupies a connection was looked for. */
  readonly threadsMissed: number;
}

export interface LookOptions {
  /** Whether to ask for a heap snapshot, for who holds what. Default true. */
  readonly wantsHolders?: boolean;
  /** Decides about a pause of so many milliseconds. */
  readonly mayPause: (what: string, estimate: number) => Promise<boolean>;
}

/** Of a body whose holder was not looked for, and of one that the collection before the search has freed; in the main thread. */
const NOT_LOOKED_FOR = { heldBy: null, throughConnection: false, collected: false, thread: null };
const COLLECTED = { ...NOT_LOOKED_FOR, heldBy: [], collected: true };

/** Looks into the process. Nothing of the look stays there. */
export async function look(session: InspectorSession, pauses: PauseLog, options: LookOptions): Promise<Look> {
  const main = await lookAtMain(session, pauses, options);
  const { found, missed } = await eachWorker(session, (worker) => walk(worker));
  const unread = found.flatMap(({ thread, value }) => value.bodies.map((body): UnreadBody => ({ ...body, ...NOT_LOOKED_FOR, thread })));
  return {
    ...main,
    unread: [...main.unread, ...unread],
    beingRead: found.reduce((sum, { value }) => sum + value.beingRead, main.beingRead),
    pools: [...main.pools, ...found.flatMap(({ value }) => value.pools)],
    threadsMissed: missed,
  };
}

/** The walk alone, in a worker thread: a snapshot through it would stop it, too, and nobody was asked for that. */
async function walk(worker: InspectorSession): Promise<Sifted> {
  try {
    const within = await enter(worker);
    return await standing(worker, within, await value<Sifted>(worker, within, WALK));
  } finally {
    await worker.release().catch(() => undefined);
  }
}

type LookAtMain = Omit<Look, 'threadsMissed'>;

async function lookAtMain(session: InspectorSession, pauses: PauseLog, { mayPause, wantsHolders = true }: LookOptions): Promise<LookAtMain> {
  try {
    const within = await enter(session);
    const seen = await standing(session, within, await pauses.measure(session, 'the walk over the sockets', () => value<Sifted>(session, within, WALK)));
    const estimate = await pauses.estimates(session);
    if (wantsHolders && (await mayPause('a heap snapshot, which shows who holds them,', estimate.snapshot))) {
      // Our own references would be among the holders.
      await session.release();
      return withHolders(seen, await readBodies(session, pauses));
    }
    if (!(await mayPause('a search of the whole heap', estimate.search))) return lookOf(seen, [], false);
    const found = await standing(session, within, await search(session, pauses, within));
    return lookOf(found, without(seen.bodies, found.bodies), true);
  } finally {
    await session.release().catch(() => undefined);
  }
}

/** What a thread is asked through: the functions of `in-target`, which it gets. */
async function enter(session: InspectorSession): Promise<RemoteObject> {
  return session.evaluate(wrapped(readFileSync(TEXT, 'utf8')), { byValue: false });
}

const WALK = 'function () { return this.walk(); }';

/** Without those that are being read after all. */
async function standing(session: InspectorSession, within: RemoteObject, { bodies, beingRead, pools }: Sifted): Promise<Sifted> {
  if (bodies.length === 0) return { bodies, beingRead, pools };
  await sleep(STANDS_STILL);
  const still = await value<readonly boolean[]>(session, within, 'function () { return this.still(); }');
  const unread = bodies.filter((_, index) => still[index]);
  return { bodies: unread, beingRead: beingRead + bodies.length - unread.length, pools };
}

async function search(session: InspectorSession, pauses: PauseLog, within: RemoteObject): Promise<Sifted> {
  const prototypes = await session.elements(await session.call(within, 'function () { return this.prototypes(); }', [], { byValue: false }));
  const found: RemoteObject[] = [];
  for (const { objectId } of prototypes) {
    const { objects } = await pauses.measure(session, 'the search of the heap', () => session.send<{ objects: RemoteObject }>('Runtime.queryObjects', { prototypeObjectId: objectId, objectGroup: OBJECT_GROUP }));
    found.push(objects);
  }
  const [emitters, ...ofFetch] = found;
  const args = [emitters, ...prototypes.slice(1).flatMap((prototype, index) => [prototype, ofFetch[index]])].map(({ objectId }) => ({ objectId }));
  return pauses.measure(session, 'the reading of what was found', () =>
    value<Sifted>(session, within, 'function (emitters, ...rest) { const pairs = []; for (let i = 0; i < rest.length; i += 2) pairs.push([rest[i], rest[i + 1]]); return this.sift(emitters, ...pairs); }', args),
  );
}

function lookOf({ bodies, beingRead, pools }: Sifted, collected: readonly FoundBody[], complete: boolean): LookAtMain {
  return { unread: [...bodies.map((body) => ({ ...body, ...NOT_LOOKED_FOR })), ...collected.map((body) => ({ ...body, ...COLLECTED }))], beingRead, pools, complete };
}

/** What the snapshot shows, and of each what only the live program tells. */
function withHolders({ bodies, ...rest }: Sifted, found: readonly SnapshotBody[]): LookAtMain {
  const live = [...bodies];
  const unread = found.map(({ client, url, status, buffered, heldBy, throughConnection }): UnreadBody => {
    const shown = { client, url: url ?? '', status: status ?? 0 };
    const at = live.findIndex((body) => keyOf(body) === keyOf(shown));
    const [seen] = at === -1 ? [undefined] : live.splice(at, 1);
    return { method: seen?.method ?? '', ...shown, buffered: seen?.buffered ?? buffered, age: seen?.age ?? null, pinned: seen !== undefined, heldBy, throughConnection, collected: false, thread: null };
  });
  return { ...rest, unread: [...unread, ...live.map((body) => ({ ...body, ...COLLECTED }))], complete: true };
}

/** Those of `before` that are not in `after`; a body is known by its request, as the objects are gone. */
function without(before: readonly FoundBody[], after: readonly FoundBody[]): readonly FoundBody[] {
  const left = after.map(keyOf);
  return before.filter((body) => {
    const at = left.indexOf(keyOf(body));
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}

function keyOf({ client, url, status }: Pick<FoundBody, 'client' | 'url' | 'status'>): string {
  return `${client} ${status} ${url}`;
}

async function value<T>(session: InspectorSession, self: RemoteObject, declaration: string, args: readonly object[] = []): Promise<T> {
  return (await session.call(self, declaration, args)).value as T;
}

/** A CommonJS text as an expression that gives its exports. Its sources are modules, which are strict. */
function wrapped(text: string): string {
  return `(() => { 'use strict'; const exports = {}; ((require, exports) => {${text}\n})((id) => process.getBuiltinModule(id), exports); return exports; })()`;
}
