/** Owns a leak as data: what every report, test adapter and tool is made from. */
import { framesOf, now, siteOf, toEpoch, verdictOf, type Holder, type HolderClient, type Resource, type Scope, type Site, type Task, type TaskState, type Trace, type Verdict } from '../tasks/index.js';

/**
 * - `body`: a response that was neither read to its end nor closed (or a request without a response yet)
 * - `connection`: an idle connection, or a dial under way
 * - `task`: a function run with `go()` that has not ended
 * - `resource`: anything else that keeps the process alive
 */
export type LeakKind = 'body' | 'connection' | 'task' | 'resource';

/** The task that a leak holds, as it was. */
export interface LeakTask {
  readonly id: number;
  readonly name: string;
  readonly state: TaskState;
}

/** Plain data: it can be serialised, and does not change. */
export interface Leak {
  readonly kind: LeakKind;
  readonly verdict: Verdict;
  /** The line that opened it; null where it was not recorded. */
  readonly site: Site | null;
  /** The program's and its packages' frames, innermost first; `site` is one of them. */
  readonly stack: readonly Site[];
  /** '' where there is no request. */
  readonly method: string;
  /** No user, no password, query values as `*`; '' where there is no request. */
  readonly url: string;
  /** 0 before the response. */
  readonly status: number;
  readonly bytesRead: number;
  /** -1 where it is not known beforehand. */
  readonly contentLength: number;
  /** Milliseconds since the response's head came (or the task began); for a proven leak, until it was found. */
  readonly heldFor: number;
  /** `http://host:port`; '' where there is none. */
  readonly origin: string;
  readonly client: HolderClient;
  /** Null when the connection has been reclaimed, and for a resource. */
  readonly task: LeakTask | null;
  /** Of a resource: what it is, `timer`, `server` and the like. */
  readonly type?: string;
  /** Of a resource: what tells it from its like, `every 5000 ms`. */
  readonly description?: string;
  /** Of a resource: what ends it. */
  readonly advice?: string;
  /** The scope it was opened in, a test's name; left out where there was none. */
  readonly scope?: string;
}

/** The leak that an unfinished response is. */
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
    ...scopeOf(holder.trace),
  };
}

/** The leak that a task without a holder is. */
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

/** The leak that a resource is. */
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
