/** Owns a leak as data; every report, test adapter and tool is made from it. */
import { framesOf, now, siteOf, toEpoch, verdictOf, type Holder, type HolderClient, type Resource, type Scope, type Site, type Task, type TaskState, type Trace, type Verdict } from '../tasks/index.js';

/**
 * - `body`: a response that was neither read to its end nor closed, or a request without a response yet
 * - `connection`: an idle connection, or a dial in progress
 * - `task`: a function run with `go()` that has not ended
 * - `resource`: anything else that keeps the process alive
 */
export type LeakKind = 'body' | 'connection' | 'task' | 'resource';

/** The task that a leak holds, as it was when the leak was found. */
export interface LeakTask {
  readonly id: number;
  readonly name: string;
  readonly state: TaskState;
}

/** One leak, as plain data: it can be serialised, and does not change. */
export interface Leak {
  readonly kind: LeakKind;
  readonly verdict: Verdict;
  /** The line that opened it; null if it was not recorded. */
  readonly site: Site | null;
  /** The frames of the program and its packages, innermost first; `site` is one of them. */
  readonly stack: readonly Site[];
  /** '' if the leak is not a request. */
  readonly method: string;
  /** Without user and password, query values as `*`; '' if the leak is not a request. */
  readonly url: string;
  /** The status of the response; 0 before it has come. */
  readonly status: number;
  readonly bytesRead: number;
  /** Bytes of the whole body; -1 if the length is not known in advance. */
  readonly contentLength: number;
  /** Milliseconds since the response headers came (or the task began); for a proven leak, until it was found. */
  readonly heldFor: number;
  /** `http://host:port`; '' if there is none. */
  readonly origin: string;
  readonly client: HolderClient;
  /** Null if the connection was reclaimed, or handed over by 101 (Switching Protocols), and for a resource. */
  readonly task: LeakTask | null;
  /** Only of a resource: its type, such as `timer` or `server`. */
  readonly type?: string;
  /** Only of a resource: what distinguishes it from others of its type, such as `every 5000 ms`. */
  readonly description?: string;
  /** Only of a resource: what ends it. */
  readonly advice?: string;
  /** True if its connection is a mock's: it holds nothing, and counts only with `mocked: 'fail'`. Absent otherwise. */
  readonly mocked?: true;
  /** The scope in which it was opened, such as a test's name; absent if there was none. */
  readonly scope?: string;
}

/** Describes an unfinished response as a leak. */
export function leakOfHolder(holder: Holder, task: Task | null, at: number, suspectAfter: number): Leak {
  return {
    kind: 'body',
    verdict: verdictOf(holder, at, suspectAfter),
    ...placeOf(holder.trace),
    method: holder.method,
    url: holder.url,
    status: holder.status,
    bytesRead: holder.bytesRead,
    contentLength: holder.contentLength,
    heldFor: Math.max(0, at - holder.openedAt),
    origin: holder.origin,
    client: holder.client,
    task: task === null ? null : { id: task.id, name: task.name, state: task.state },
    ...(holder.mocked === true ? { mocked: true } : {}),
    ...scopeOf(holder.trace),
  };
}

/** Describes a task without a holder as a leak. */
export function leakOfTask(task: Task): Leak {
  const host = task.labels.host;
  return {
    kind: task.kind === 'program' ? 'task' : 'connection',
    verdict: task.kind === 'connection' ? 'idle' : 'active',
    ...placeOf(task.rawTrace),
    method: '',
    url: '',
    status: 0,
    bytesRead: 0,
    contentLength: -1,
    heldFor: Math.max(0, toEpoch(now()) - task.since),
    origin: host === undefined ? '' : `${task.labels.scheme ?? 'http'}://${host}`,
    client: 'watertight',
    task: { id: task.id, name: task.name, state: task.state },
    ...scopeOf(task.rawTrace),
  };
}

/** Describes a resource as a leak. */
export function leakOfResource({ type, description, advice, since, trace }: Resource, at: number): Leak {
  return {
    kind: 'resource',
    verdict: 'active',
    ...placeOf(trace),
    method: '',
    url: '',
    status: 0,
    bytesRead: 0,
    contentLength: -1,
    heldFor: Math.max(0, at - since),
    origin: '',
    client: 'watertight',
    task: null,
    type,
    description,
    advice,
    ...scopeOf(trace),
  };
}

function scopeOf(trace: Trace | null): { scope?: string } {
  const scope: Scope | null = trace?.scope ?? null;
  return scope === null ? {} : { scope: scope.name };
}

function placeOf(trace: Trace | null): { site: Site | null; stack: readonly Site[] } {
  return trace === null ? { site: null, stack: [] } : { site: siteOf(trace), stack: framesOf(trace) };
}
