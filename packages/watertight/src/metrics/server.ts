/** Owns servers as attributes: address, port and scheme; the port is present even if it is the scheme's default. */
import type { Task, TaskLabels } from '../tasks/index.js';
import type { Attributes } from './definition.js';
import { SeriesBound } from './series.js';

/** All servers beyond the limit; a port must be a number. */
const OTHER: Attributes = Object.freeze({ 'server.address': 'other', 'server.port': 0, 'url.scheme': 'other' });

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The most origins whose attributes are cached. */
const MAX_PARSED = 1000;

export class Servers {
  private readonly bound: SeriesBound;
  private readonly parsed = new Map<string, Attributes>();
  /** All connections of a host share one object of labels. */
  private readonly byLabels = new WeakMap<TaskLabels, Attributes>();

  constructor(limit: number) {
    this.bound = new SeriesBound(limit, OTHER);
  }

  /** @param origin  scheme, host and port */
  of(origin: string): Attributes {
    let server = this.parsed.get(origin);
    if (server === undefined) {
      const named = serverOf(origin);
      server = this.bound.of(JSON.stringify(named), () => named);
      if (this.parsed.size >= MAX_PARSED) this.parsed.clear();
      this.parsed.set(origin, server);
    }
    return server;
  }

  ofConnection(task: Task): Attributes {
    const { labels } = task;
    let server = this.byLabels.get(labels);
    if (server === undefined) {
      server = this.of(`${labels.scheme}://${labels.host}`);
      this.byLabels.set(labels, server);
    }
    return server;
  }

  get all(): Attributes[] {
    return this.bound.all;
  }
}

/** The server of an origin, without user and password. Pure. */
export function serverOf(origin: string): Attributes {
  try {
    // Of a Unix socket, the conventions want the path, and there is no port.
    const [, scheme, path] = /^(https?):\/\/unix:(\/.*):$/.exec(origin) ?? [];
    if (path !== undefined) return Object.freeze({ 'server.address': decodeURIComponent(path), 'url.scheme': scheme });
    const { protocol, hostname, port } = new URL(origin);
    return Object.freeze({
      'server.address': hostname.replace(/^\[(.*)\]$/, '$1') || 'unknown',
      'server.port': port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port),
      'url.scheme': protocol.slice(0, -1),
    });
  } catch {
    return Object.freeze({ 'server.address': 'unknown', 'server.port': 0, 'url.scheme': 'unknown' });
  }
}
