/**
 * Owns one moment of the live set: what every profile is made from. It is taken
 * in one go, so that its counts agree; what is slow (call sites, text) is left
 * to those who read it.
 */
import { DEFAULT_SUSPECT_AFTER, now, tasks, toEpoch, verdictOf, type Holder, type Task, type TaskState, type Verdict } from '../tasks/index.js';

/** An unfinished response as it was at that moment. */
export interface HolderRecord {
  readonly holder: Holder;
  /** A task that it holds. */
  readonly task: Task;
  readonly verdict: Verdict;
  readonly status: number;
  readonly bytesRead: number;
  /** -1 where it is not known beforehand. */
  readonly contentLength: number;
  /** Milliseconds since its head came (or, before that, since the request began). */
  readonly heldFor: number;
}

/** A task as it was at that moment. */
export interface TaskRecord {
  readonly task: Task;
  readonly state: TaskState;
  /** How long it has been in that state, ms. */
  readonly waitedFor: number;
  readonly verdict: Verdict;
  readonly holder: HolderRecord | null;
}

export interface Snapshot {
  /** By the clock on the wall, ms since 1970: others compare it with theirs. */
  readonly time: number;
  /** In the order in which they started, the main one first. */
  readonly tasks: readonly TaskRecord[];
  /** Each unfinished response once, whatever the number of its tasks. */
  readonly holders: readonly HolderRecord[];
}

export function takeSnapshot(): Snapshot {
  const at = now();
  const epoch = toEpoch(at);
  const holders = new Map<Holder, HolderRecord>();
  const records = tasks().map((task): TaskRecord => {
    const holder = task.holder === null ? null : recordOf(task.holder, task, at, holders);
    const verdict = holder?.verdict ?? (task.kind === 'connection' ? 'idle' : 'active');
    return { task, state: task.state, waitedFor: Math.max(0, epoch - task.since), verdict, holder };
  });
  return { time: Date.now(), tasks: records, holders: [...holders.values()] };
}

function recordOf(holder: Holder, task: Task, at: number, holders: Map<Holder, HolderRecord>): HolderRecord {
  let record = holders.get(holder);
  if (record === undefined) {
    const { status, bytesRead, contentLength, openedAt } = holder;
    record = { holder, task, verdict: verdictOf(holder, at, DEFAULT_SUSPECT_AFTER), status, bytesRead, contentLength, heldFor: Math.max(0, at - openedAt) };
    holders.set(holder, record);
  }
  return record;
}

/** `host:port`, without a scheme. */
export function hostOf({ origin }: Pick<Holder, 'origin'>): string {
  return origin.slice(origin.indexOf('//') + 2);
}

/** The path alone: no query, whose values may be secret and whose number has no bound. */
export function pathOf({ url, origin }: Pick<Holder, 'origin' | 'url'>): string {
  const path = url.startsWith(origin) ? url.slice(origin.length) : url.replace(/^[a-z+.-]+:\/\/[^/?#]*/i, '');
  const end = path.search(/[?#]/);
  return (end === -1 ? path : path.slice(0, end)) || '/';
}

/** Bytes of the body that its reader has not got: of a body of unknown length, none that we know of. */
export function unreadBytes({ bytesRead, contentLength }: Pick<Holder, 'bytesRead' | 'contentLength'>): number {
  return contentLength < 0 ? 0 : Math.max(0, contentLength - bytesRead);
}
