/**
 * Owns one task: something that runs on behalf of the program until it ends, like a goroutine in Go. A task
 * knows what it waits for and who started it; it knows nothing of HTTP.
 */
import { now, toEpoch } from './clock.js';
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';
import { siteOf, type Site, type Trace } from './site.js';

/**
 * What a task is doing, in the words of Go's goroutine profile: `running` (code of the program), `io wait`
 * (waits for bytes from or to a socket), `select` (waits for another task: for the next request, or for the
 * reader of a body).
 */
export type TaskState = 'running' | 'io wait' | 'select';

/**
 * The purpose of a task: `main` is the program itself, `program` a function that was run with `go()`, `dial`
 * the making of a connection, `connection` one of the two loops of a connection, `request` an unfinished
 * request of another client (undici, `fetch`, `node:http`), whose connections have no such loops.
 */
export type TaskKind = 'main' | 'program' | 'dial' | 'connection' | 'request';

/** Labels of a task, as in a profile: host, protocol and similar. Never a credential. */
export type TaskLabels = Readonly<Record<string, string>>;

const NO_LABELS: TaskLabels = Object.freeze({});

const ids = processWide('task-ids', () => ({ last: 0 }));

/**
 * A live task. `tasks()` returns the live objects: `state`, `since` and `holder` change until the task ends.
 */
export class Task {
  /** Unique in the process, ascending; the main task is 1. */
  readonly id: number = ++ids.last;
  readonly kind: TaskKind;
  readonly name: string;
  readonly labels: TaskLabels;
  /** The unfinished response that keeps the task from ending, or null. A connection's loop without a holder is idle. */
  holder: Holder | null = null;
  private current: TaskState;
  private changedAt: number;
  /** @internal Set again when the request that caused the task becomes known later. */
  trace: Trace | null;

  constructor(kind: TaskKind, name: string, state: TaskState, trace: Trace | null, labels?: TaskLabels, startedAt = now()) {
    this.kind = kind;
    this.name = name;
    this.labels = labels ?? NO_LABELS;
    this.current = state;
    this.changedAt = startedAt;
    this.trace = trace;
  }

  /** @internal The name under which its entry function was declared. */
  get entry(): string {
    return this.name;
  }

  /** The call site as it was captured, unformatted. @internal */
  get rawTrace(): Trace | null {
    return this.trace;
  }

  get state(): TaskState {
    return this.current;
  }

  /** When the task entered its present state: milliseconds since 1970. */
  get since(): number {
    return toEpoch(this.changedAt);
  }

  /** The line of the program that started the task; null if it was not recorded. */
  get createdBy(): Site | null {
    return this.trace === null ? null : siteOf(this.trace);
  }

  /** @internal Only for the owner of the task; `at` is a reading of {@link now}. */
  setState(state: TaskState, at: number): void {
    this.current = state;
    this.changedAt = at;
  }
}
