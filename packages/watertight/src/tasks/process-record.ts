/**
 * Owns the one record of what there is one of in a process: the live set, the scopes, how closely is watched.
 *
 * A package manager may install this library twice, and a test runner may load it anew for each file, in a realm with
 * a global object of its own. All copies must count in the same set, or the leaks of one are unseen by another. So the
 * record hangs on what all of them share: a channel of node:diagnostics_channel, which is one for each name in each
 * thread, whatever the realm. Nothing is published on it.
 */
import { channel, type Channel } from 'node:diagnostics_channel';

/** The number is raised when something in the record changes its shape: copies of different shape keep apart. */
const NAME = 'watertight.process-record.1';

const RECORD = Symbol.for(NAME);

/** Held for good: the registry of channels forgets one that nobody refers to. */
const anchor: Channel & { [RECORD]?: Map<string, object> } = channel(NAME);

const record = (anchor[RECORD] ??= new Map<string, object>());

/** What this thread has under this name; the first copy of the library that asks makes it. */
export function processWide<T extends object>(name: string, make: () => T): T {
  let part = record.get(name);
  if (part === undefined) record.set(name, (part = make()));
  return part as T;
}
