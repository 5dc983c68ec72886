/** Owns a look into a process: what is unread in it at this moment, over a session with its inspector. */
import { readFileSync } from 'node:fs';
import type { FoundBody, FoundPool, Sifted } from './in-target/look.js';
import { OBJECT_GROUP, type InspectorSession, type RemoteObject } from './inspector-session.js';
import type { PauseLog } from './pause.js';

const TEXT = new URL('in-target/look.bundle.cjs', import.meta.url);

export interface UnreadBody extends FoundBody {
  /** The references that lead to it, from the program's root to the response; null if that was not looked for. */
  readonly heldBy: readonly string[] | null;
  /** True if nothing referred to it any more: the collection of garbage before the search has freed it. */
  readonly collected: boolean;
}

export interface Look {
  readonly unread: readonly UnreadBody[];
  /** How many responses are being read. */
  readonly beingRead: number;
  readonly pools: readonly FoundPool[];
  /** Whether the whole heap was searched, not only what open sockets lead to. */
  readonly complete: boolean;
}

export interface LookOptions {
  /** Decides about a pause of so many milliseconds. */
  readonly mayPause: (what: string, estimate: number) => Promise<boolean>;
}

/** Looks into the process. Nothing of the look stays there. */
export async function look(session: InspectorSession, pauses: PauseLog, { mayPause }: LookOptions): Promise<Look> {
  try {
    const within = await session.evaluate(wrapped(readFileSync(TEXT, 'utf8')), { byValue: false });
    const seen = await pauses.measure(session, 'the walk over the sockets', () => value<Sifted>(session, within, 'function () { return this.walk(); }'));
    const estimate = await pauses.estimateCollection(session);
    if (!(await mayPause('a search of the whole heap', estimate))) return lookOf(seen, [], false);
    const found = await search(session, pauses, within);
    return lookOf(found, without(seen.bodies, found.bodies), true);
  } finally {
    await session.release().catch(() => undefined);
  }
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

function lookOf({ bodies, beingRead, pools }: Sifted, collected: readonly FoundBody[], complete: boolean): Look {
  const unread = [...bodies.map((body) => ({ ...body, heldBy: null, collected: false })), ...collected.map((body) => ({ ...body, heldBy: [], collected: true }))];
  return { unread, beingRead, pools, complete };
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

function keyOf({ client, url, status }: FoundBody): string {
  return `${client} ${status} ${url}`;
}

async function value<T>(session: InspectorSession, self: RemoteObject, declaration: string, args: readonly object[] = []): Promise<T> {
  return (await session.call(self, declaration, args)).value as T;
}

/** A CommonJS text as an expression that gives its exports. */
export function wrapped(text: string): string {
  return `(() => { const exports = {}; ((require, exports) => {${text}\n})((id) => process.getBuiltinModule(id), exports); return exports; })()\n//# sourceURL=watertight-attach`;
}
