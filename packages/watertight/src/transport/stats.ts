/** Owns the snapshot of a transport's counters, for metrics and for whoever looks for a leak. */

/** Counts of one connect key, or of all. */
export interface ConnCounts {
  /** Pooled connections. */
  readonly idle: number;
  /** Connections that serve a request, pinned ones included. */
  readonly active: number;
  readonly dialling: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

export interface HostStats extends ConnCounts {
  /** `http://host:port`. */
  readonly key: string;
}

/** A copy: it does not change. */
export interface TransportStats extends ConnCounts {
  readonly hosts: readonly HostStats[];
  /** Connections made and ended since the transport was. */
  readonly opened: number;
  readonly closed: number;
}
