/**
 * Owns the facts that the live set does not have: when each request and connection began, and how many
 * connections there have been. It records events from its start on. Connections and requests that began
 * earlier are counted as open, but have no known duration, so none is recorded.
 */
import { listen, messageOf, preciseNow, tasks, type ActiveRequest, type ActivityListener, type Holder, type Task } from '../tasks/index.js';
import type { Attributes, DistributionKey } from './definition.js';
import { methodOf, outcomeOf, type Outcome } from './outcome.js';
import { OTHER_REQUESTS, RequestSets } from './request-sets.js';
import { SeriesBound } from './series.js';
import type { Servers } from './server.js';

/** Records a duration, in seconds. */
export type RecordDuration = (metric: DistributionKey, seconds: number, attributes: Attributes) => void;

/** The most sets of attributes of request durations; each set is 17 series in Prometheus. */
const MAX_OUTCOMES = 500;

export class Ledger implements ActivityListener {
  /** The number of connections by server. */
  readonly opened = new Map<Attributes, number>();
  readonly closed = new Map<Attributes, number>();
  readonly requestSets = new RequestSets();
  /** Start times by {@link preciseNow}. */
  private readonly requests = new Map<ActiveRequest, number>();
  private readonly connections = new Map<Task, number>();
  private readonly foreignRequests = new Map<Task, number>();
  private readonly outcomes = new SeriesBound(MAX_OUTCOMES, OTHER_REQUESTS);
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

  /** The requests that wait for a connection, which are not in the live set. */
  *waiting(): Generator<[request: ActiveRequest, startedAt: number]> {
    for (const each of this.requests) if (each[0].holder === null) yield each;
  }

  /** The start times of requests by holder. A holder that is missing began before this ledger. */
  starts(): Map<Holder, number> {
    const starts = new Map<Holder, number>();
    for (const [{ holder }, startedAt] of this.requests) if (holder !== null) starts.set(holder, startedAt);
    for (const [{ holder }, startedAt] of this.foreignRequests) if (holder !== null) starts.set(holder, startedAt);
    return starts;
  }

  // ---- events

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
    const attributes = this.outcomes.of(key, () => {
      // Most requests end between two readings. Their series is 0 from then on: a process without one looks gone.
      this.requestSets.of(client, known, server);
      return {
        'http.request.method': known,
        ...(status === 0 ? {} : { 'http.response.status_code': status }),
        ...(errorType === '' ? {} : { 'error.type': errorType }),
        ...server,
        'watertight.client': client,
      };
    });
    this.report('requestDuration', startedAt, attributes);
  }

  /** `record` is not code of this library; whatever it throws, the request continues. */
  private report(metric: DistributionKey, startedAt: number, attributes: Attributes): void {
    try {
      this.record(metric, Math.max(0, preciseNow() - startedAt) / 1000, attributes);
    } catch (error) {
      if (this.warned) return;
      this.warned = true;
      process.emitWarning(`a duration could not be recorded: ${messageOf(error)}. Further failures are not logged.`, { type: 'WatertightWarning', code: 'WATERTIGHT_METRICS' });
    }
  }
}

/** The error with which a response ended that was garbage-collected unfinished. */
const ABANDONED = Object.assign(new Error('garbage-collected unfinished'), { code: 'ABANDONED' });

/** The read loop stands for both loops of a connection. */
export function isConnection(task: Task): boolean {
  return task.kind === 'connection' && task.name === 'readLoop';
}

function increase(counts: Map<Attributes, number>, key: Attributes): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Removes a key and returns its value. */
function taken<K>(values: Map<K, number>, key: K): number | undefined {
  const value = values.get(key);
  values.delete(key);
  return value;
}
