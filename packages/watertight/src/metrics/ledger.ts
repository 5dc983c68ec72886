/**
 * Owns what can't be seen by looking at the live set: when each request and
 * connection began, and how many connections there have been. It listens from
 * its start on; what was under way then is counted as open, but how long it
 * lasts nobody knows, so no duration of it is recorded.
 */
import { listen, preciseNow, tasks, type ActiveRequest, type ActivityListener, type Holder, type Task } from '../tasks/index.js';
import type { Attributes, DistributionKey } from './definition.js';
import { methodOf, outcomeOf, type Outcome } from './outcome.js';
import { SeriesBound } from './series.js';
import type { Servers } from './server.js';

/** Takes a duration, in seconds. */
export type RecordDuration = (metric: DistributionKey, seconds: number, attributes: Attributes) => void;

/** Sets of attributes of request durations: each is 17 series in Prometheus. */
const MAX_OUTCOMES = 500;

const OTHER_OUTCOME: Attributes = Object.freeze({ 'http.request.method': '_OTHER', 'server.address': 'other', 'server.port': 0, 'url.scheme': 'other', 'watertight.client': 'other' });

export class Ledger implements ActivityListener {
  /** Connections by server. */
  readonly opened = new Map<Attributes, number>();
  readonly closed = new Map<Attributes, number>();
  /** When they began: the library's clock, with its fraction. */
  private readonly requests = new Map<ActiveRequest, number>();
  private readonly connections = new Map<Task, number>();
  private readonly foreignRequests = new Map<Task, number>();
  private readonly outcomes = new SeriesBound(MAX_OUTCOMES, OTHER_OUTCOME);
  private readonly unlisten: () => void;
  private warned = false;

  constructor(
    private readonly servers: Servers,
    private readonly record: RecordDuration,
  ) {
    for (const task of tasks()) if (isConnection(task)) increase(this.opened, servers.ofConnection(task));
    this.unlisten = listen(this);
  }

  end(): void {
    this.unlisten();
    this.requests.clear();
    this.connections.clear();
    this.foreignRequests.clear();
  }

  /** Requests that wait for a connection: they are in no live set. */
  *waiting(): Generator<[request: ActiveRequest, startedAt: number]> {
    for (const each of this.requests) if (each[0].holder === null) yield each;
  }

  /** When the requests of these holders began. A holder that is not there began before this did. */
  starts(): Map<Holder, number> {
    const starts = new Map<Holder, number>();
    for (const [{ holder }, startedAt] of this.requests) if (holder !== null) starts.set(holder, startedAt);
    for (const [{ holder }, startedAt] of this.foreignRequests) if (holder !== null) starts.set(holder, startedAt);
    return starts;
  }

  // ---- told by what happens

  taskStarted(task: Task): void {
    if (isConnection(task)) {
      increase(this.opened, this.servers.ofConnection(task));
      this.connections.set(task, preciseNow());
    } else if (task.kind === 'request') this.foreignRequests.set(task, preciseNow());
  }

  taskEnded(task: Task): void {
    if (isConnection(task)) {
      const server = this.servers.ofConnection(task);
      increase(this.closed, server);
      const startedAt = taken(this.connections, task);
      if (startedAt !== undefined) this.report('connectionDuration', startedAt, server);
    } else if (task.kind === 'request') {
      const startedAt = taken(this.foreignRequests, task);
      if (startedAt === undefined || task.holder === null) return;
      const { client, method, origin, status, abandoned } = task.holder;
      this.requestDone(startedAt, client, method, origin, outcomeOf(status, abandoned ? ABANDONED : null));
    }
  }

  requestStarted(request: ActiveRequest): void {
    this.requests.set(request, preciseNow());
  }

  requestEnded(request: ActiveRequest, status: number, error: unknown): void {
    const startedAt = taken(this.requests, request);
    if (startedAt === undefined) return;
    const abandoned = request.holder?.abandoned === true;
    this.requestDone(startedAt, 'watertight', request.method, request.origin, outcomeOf(status, abandoned ? ABANDONED : error));
  }

  private requestDone(startedAt: number, client: string, method: string, origin: string, { status, errorType }: Outcome): void {
    const server = this.servers.of(origin);
    const known = methodOf(method);
    const key = `${client} ${known} ${status} ${errorType} ${server['url.scheme']}://${server['server.address']}:${server['server.port']}`;
    const attributes = this.outcomes.of(key, () => ({
      'http.request.method': known,
      ...(status === 0 ? {} : { 'http.response.status_code': status }),
      ...(errorType === '' ? {} : { 'error.type': errorType }),
      ...server,
      'watertight.client': client,
    }));
    this.report('requestDuration', startedAt, attributes);
  }

  /** What records is not ours: whatever it does, the request goes on. */
  private report(metric: DistributionKey, startedAt: number, attributes: Attributes): void {
    try {
      this.record(metric, Math.max(0, preciseNow() - startedAt) / 1000, attributes);
    } catch (error) {
      if (this.warned) return;
      this.warned = true;
      process.emitWarning(`a duration could not be recorded: ${error instanceof Error ? error.message : String(error)}. Further failures are not logged.`, { type: 'WatertightWarning', code: 'WATERTIGHT_METRICS' });
    }
  }
}

/** What a response that was garbage-collected unfinished ended with. */
const ABANDONED = Object.assign(new Error('garbage-collected unfinished'), { code: 'ABANDONED' });

/** One of a connection's two loops stands for it. */
export function isConnection(task: Task): boolean {
  return task.kind === 'connection' && task.name === 'readLoop';
}

function increase(counts: Map<Attributes, number>, key: Attributes): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The value of a key, which is deleted. */
function taken<K>(values: Map<K, number>, key: K): number | undefined {
  const value = values.get(key);
  values.delete(key);
  return value;
}
