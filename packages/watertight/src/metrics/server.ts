/** Owns the names of servers as attributes: address, port and scheme, the port said even where it is the scheme's default. */
import type { Task, TaskLabels } from '../tasks/index.js';
import type { Attributes } from './definition.js';
import { SeriesBound } from './series.js';

/** The servers beyond the limit, taken together; a port must be a number. */
const OTHER: Attributes = Object.freeze({ 'server.address': 'other', 'server.port': 0, 'url.scheme': 'other' });

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** What is remembered of origins that were parsed; a program may have any number. */
const MAX_PARSED = 1000;

export class Servers {
  private readonly bound: SeriesBound;
  private readonly parsed = new Map<string, Attributes>();
  /** A host's connections have their labels in common. */
  private readonly byLabels = new WeakMap<TaskLabels, Attributes>();

  constructor(limit: number) {
    this.bound = new SeriesBound(limit, OTHER);
  }

  /** `origin`: scheme, host and port. */
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

/** The server of an origin, without user and password, which belong to no origin. Pure. */
export function serverOf(origin: string): Attributes {
  try {
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
