/**
 * Owns the record of everything that must exist once in a process, such as the live set.
 *
 * A package manager may install this library twice, and a test runner may load it anew for each file, in a
 * realm with its own global object. All copies must use the same set, or one copy does not see the leaks of
 * another. The record is therefore a property of a channel of node:diagnostics_channel: a thread has one
 * channel for each name, shared by all realms. Nothing is published on the channel.
 */
import { channel, type Channel } from 'node:diagnostics_channel';

/** Raise the number when a part of the record changes its shape: copies with different shapes must not share it. */
const NAME = 'watertight.process-record.1';

const RECORD = Symbol.for(NAME);

const anchor: Channel & { [RECORD]?: Map<string, object> } = channel(NAME);

const record = (anchor[RECORD] ??= new Map<string, object>());

// The registry of channels drops a channel that nothing refers to, and then the next copy would begin a record of its
// own. `anchor` does not keep it: the engine gives up a variable of a module that no function uses.
record.set('channel', anchor);

/** The part of the record named `name`; made by the first copy of the library that asks for it. */
export function processWide<T extends object>(name: string, make: () => T): T {
  let part = record.get(name);
  if (part === undefined) record.set(name, (part = make()));
  return part as T;
}
