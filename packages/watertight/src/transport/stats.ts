/** Owns the form of a transport's statistics: how many connections and requests there are, in all and by host. */

/** Numbers of connections and of requests, of one host or of all. */
export interface ConnCounts {
  /** Connections in the idle pool. */
  readonly idle: number;
  /** Connections that serve a request, those with an unfinished response included. */
  readonly active: number;
  /** Dials under way. */
  readonly dialling: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

/** The same of one host. */
export interface HostStats extends ConnCounts {
  /**
   * `http://host:port`, and `as NAME` behind it where requests asked TLS for a name of their own; `https://host:port
   * through http://proxy:port` where connections go through a proxy, and `http://* through http://proxy:port` for the
   * requests that a proxy forwards to any host; `http://unix:/path/to.sock:` for a URL of a Unix socket, and ` over
   * /path/to.sock` behind the key with the option `socketPath`. It has no credentials.
   */
  readonly key: string;
}

/** The state of a transport at one moment: a copy, which does not change. */
export interface TransportStats extends ConnCounts {
  readonly hosts: readonly HostStats[];
  /** Connections made since the transport was made. */
  readonly opened: number;
  /** Those of them that have ended. */
  readonly closed: number;
}
