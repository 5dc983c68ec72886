/**
 * Owns one task: something that runs on the program's behalf until it ends,
 * what a goroutine is to Go. A task knows what it waits for and who started
 * it; it knows nothing of HTTP.
 */
import { now, toEpoch } from './clock.js';
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';
import { siteOf, type Site, type Trace } from './site.js';

/**
 * What a task is doing, in the words of Go's goroutine profile: `running` (the
 * program's own code), `io wait` (bytes from or to a socket), `select` (another
 * task: the next request, or the reader of a body).
 */
export type TaskState = 'running' | 'io wait' | 'select';

/**
 * What a task is there for: `main` is the program itself, `program` what it
 * started with `go()`, `dial` a connection being made, `connection` one of a
 * connection's two loops, `request` an unfinished request of another client
 * (undici, `fetch`, `node:http`), whose connections keep no loops.
 */
export type TaskKind = 'main' | 'program' | 'dial' | 'connection' | 'request';

/** Labels of a task, as in a profile: host, proto and the like. Never a credential. */
export type TaskLabels = Readonly<Record<string, string>>;

const NO_LABELS: TaskLabels = Object.freeze({});

const ids = processWide('task-ids', () => ({ last: 0 }));

/**
 * A live task. What `tasks()` hands out are the live records: `state`, `since`
 * and `holder` go on changing until the task ends.
 */
export class Task {
  /** Unique in the process, ascending; the main task is 1. */
  readonly id: number = ++ids.last;
  readonly kind: TaskKind;
  readonly name: string;
  readonly labels: TaskLabels;
  /** What holds this task up, when something does: an unfinished response, for a connection's loops. A connection's without one is idle. */
  holder: Holder | null = null;
  private current: TaskState;
  private changedAt: number;
  /** @internal Set again where it is learnt only later whose doing the task is. */
  trace: Trace | null;

  constructor(kind: TaskKind, name: string, state: TaskState, trace: Trace | null, labels?: TaskLabels, startedAt = now()) {
    this.kind = kind;
    this.name = name;
    this.labels = labels ?? NO_LABELS;
    this.current = state;
    this.changedAt = startedAt;
    this.trace = trace;
  }

  /** The call site as it was captured, unformatted. @internal */
  get rawTrace(): Trace | null {
    return this.trace;
  }

  get state(): TaskState {
    return this.current;
  }

  /** Since when the task has been in its state: milliseconds since 1970. */
  get since(): number {
    return toEpoch(this.changedAt);
  }

  /** The line of the program that started the task, or null where it was not recorded. */
  get createdBy(): Site | null {
    return this.trace === null ? null : siteOf(this.trace);
  }

  /** @internal Only the owner of the task calls this; `at` is a reading of the library's clock. */
  setState(state: TaskState, at: number): void {
    this.current = state;
    this.changedAt = at;
  }
}
