/**
 * Owns the snapshot of the live set from which every profile is made. It is taken in one go, so that its
 * counts agree; slow work (call sites, text) is left to its readers.
 *
 * The event loop is blocked meanwhile, so changing values are copied into columns of numbers: the garbage
 * collector would need longer to move 100,000 objects than the whole snapshot takes. Records are made when
 * they are read.
 */
import { DEFAULT_SUSPECT_AFTER, now, tasklessHolders, tasks, toEpoch, verdictOf, type Holder, type Task, type TaskState, type Verdict } from '../../tasks/index.js';

/** An unfinished response at the moment of the snapshot. */
export interface HolderRecord {
  readonly holder: Holder;
  /** One of the tasks that it holds; null if it holds none, as a body that has come in full over HTTP/2. */
  readonly task: Task | null;
  readonly verdict: Verdict;
  readonly status: number;
  readonly bytesRead: number;
  /** -1 if it is not known in advance. */
  readonly contentLength: number;
  /** Milliseconds since the response headers came; before that, since the request began. */
  readonly heldFor: number;
}

/** A task at the moment of the snapshot. */
export interface TaskRecord {
  readonly task: Task;
  readonly state: TaskState;
  /** How long it has been in that state, ms. */
  readonly waitedFor: number;
  readonly verdict: Verdict;
  /** Consecutive tasks with the same holder, such as the loops of a connection, share this object. */
  readonly holder: HolderRecord | null;
}

export interface Snapshot {
  /** System time, ms since 1970, so that others can compare it with theirs. */
  readonly time: number;
  readonly taskCount: number;
  /** The tasks in the order in which they started, the main one first. */
  tasks(): Iterable<TaskRecord>;
  /** Each unfinished response once, even if it has several tasks, in the order of the first of them; then those without a task. */
  holders(): Iterable<HolderRecord>;
}

export function takeSnapshot(): Snapshot {
  return new Columns(tasks(), [...tasklessHolders()]);
}

/** The present number of unfinished responses. */
export function holderCount(): number {
  const seen = new Set<Holder>();
  let last: Holder | null = null;
  for (const { holder } of tasks()) {
    if (holder === null || holder === last) continue;
    last = holder;
    seen.add(holder);
  }
  for (const holder of tasklessHolders()) seen.add(holder);
  return seen.size;
}

const STATES: readonly TaskState[] = ['running', 'io wait', 'select'];
const VERDICTS: readonly Verdict[] = ['idle', 'active', 'suspect', 'proven'];

/** The index that means "no holder". */
const NONE = -1;

class Columns implements Snapshot {
  readonly time = Date.now();
  readonly #states: Uint8Array;
  readonly #waited: Float64Array;
  /** Into the holders' columns. */
  readonly #held: Int32Array;

  /** One after the other as tasks have them: twice, where others come between a holder's tasks. */
  readonly #holders: readonly Holder[];
  readonly #verdicts: Uint8Array;
  readonly #statuses: Uint16Array;
  readonly #bytesRead: Float64Array;
  readonly #contentLengths: Float64Array;
  readonly #heldFor: Float64Array;

  constructor(
    private readonly live: readonly Task[],
    /** Their columns follow those of the holders with tasks. */
    private readonly taskless: readonly Holder[],
  ) {
    const { length } = live;
    const most = length + taskless.length;
    const at = now();
    const epoch = toEpoch(at);
    // Locals: the first profile of a process finds this loop not compiled, and there a field costs a look-up each time.
    const states = (this.#states = new Uint8Array(length));
    const waited = (this.#waited = new Float64Array(length));
    const held = (this.#held = new Int32Array(length).fill(NONE));
    const holders: Holder[] = (this.#holders = []);
    const verdicts = (this.#verdicts = new Uint8Array(most));
    const statuses = (this.#statuses = new Uint16Array(most));
    const bytesRead = (this.#bytesRead = new Float64Array(most));
    const contentLengths = (this.#contentLengths = new Float64Array(most));
    const heldFor = (this.#heldFor = new Float64Array(most));
    let last: Holder | null = null;
    let place = NONE;
    for (let i = 0; i < length; i++) {
      const task = live[i];
      const { holder } = task;
      states[i] = STATES.indexOf(task.state);
      waited[i] = epoch - task.since;
      if (holder === null) continue;
      if (holder !== last) {
        last = holder;
        place = holders.push(holder) - 1;
      }
      held[i] = place;
    }
    for (const holder of taskless) holders.push(holder);
    for (let i = 0; i < holders.length; i++) {
      const holder = holders[i];
      verdicts[i] = VERDICTS.indexOf(verdictOf(holder, at, DEFAULT_SUSPECT_AFTER));
      statuses[i] = holder.status;
      bytesRead[i] = holder.bytesRead;
      contentLengths[i] = holder.contentLength;
      heldFor[i] = at - holder.openedAt;
    }
  }

  get taskCount(): number {
    return this.live.length;
  }

  *tasks(): Generator<TaskRecord, void> {
    let holder: HolderRecord | null = null;
    let place = NONE;
    for (let i = 0; i < this.live.length; i++) {
      const task = this.live[i];
      if (this.#held[i] !== place) {
        place = this.#held[i];
        holder = place === NONE ? null : this.#holderAt(place, task);
      }
      const verdict = holder?.verdict ?? (task.kind === 'connection' ? 'idle' : 'active');
      yield { task, state: STATES[this.#states[i]], waitedFor: Math.max(0, this.#waited[i]), verdict, holder };
    }
  }

  *holders(): Generator<HolderRecord, void> {
    const seen = new Set<Holder>();
    let last = NONE;
    for (let i = 0; i < this.live.length; i++) {
      const place = this.#held[i];
      if (place === NONE || place === last) continue;
      last = place;
      const holder = this.#holders[place];
      if (seen.has(holder)) continue;
      seen.add(holder);
      yield this.#holderAt(place, this.live[i]);
    }
    const { length } = this.#holders;
    for (let place = length - this.taskless.length; place < length; place++) yield this.#holderAt(place, null);
  }

  #holderAt(place: number, task: Task | null): HolderRecord {
    return {
      holder: this.#holders[place],
      task,
      verdict: VERDICTS[this.#verdicts[place]],
      status: this.#statuses[place],
      bytesRead: this.#bytesRead[place],
      contentLength: this.#contentLengths[place],
      heldFor: Math.max(0, this.#heldFor[place]),
    };
  }
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
