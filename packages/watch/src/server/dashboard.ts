/** Owns the dashboard's server: where it listens, who may use it, and what it serves. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { LabBench, liveScenarios, type Scenario } from '../lab/index.js';
import type { Monitor } from '../monitor/index.js';
import type { History } from '../store/index.js';
import { api } from './api.js';
import { eventStream } from './event-stream.js';
import { gate } from './gate.js';
import { labApi } from './lab-api.js';
import { LiveFeed } from './live-feed.js';
import { onCallApi } from './on-call-api.js';
import { rowMaker } from './overview.js';
import { OwnMetrics } from './own-metrics.js';
import { WatchRecord } from './watch-record.js';

export interface DashboardOptions {
  /** Default 127.0.0.1. Another needs a token. */
  readonly host?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
  readonly token?: string;
  /** What can be watched in the lab. Default: the well-known ones. */
  readonly experiments?: readonly Scenario[];
}

/** The folder in which the build puts the page and what it loads. */
const UI = new URL('../ui/', import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export class Dashboard {
  private constructor(
    private readonly server: Server,
    private readonly feed: LiveFeed,
    private readonly bench: LabBench,
    private readonly record: WatchRecord,
    /** Where it is, for a browser; without the token. */
    readonly url: string,
  ) {}

  /**
   * Serves the dashboard.
   *
   * @throws TypeError for a host other than loopback without a token, and for a token that no header field can have; the system's error where it can't listen.
   */
  static async start(monitor: Monitor, history: History, { host = '127.0.0.1', port = 0, token, experiments }: DashboardOptions = {}): Promise<Dashboard> {
    const remote = host !== '127.0.0.1' && host !== '::1' && host !== 'localhost';
    const feed = new LiveFeed(monitor);
    const bench = new LabBench(experiments ?? liveScenarios());
    const record = new WatchRecord(monitor);
    const metrics = new OwnMetrics(monitor, record);
    const app = new Hono();
    // Before the gate: who asks whether a process is alive has no token, and learns nothing else.
    app.get('/healthz', (context) => {
      const { complaint } = record;
      return context.text(complaint === null ? 'ok\n' : `${complaint}\n`, complaint === null ? 200 : 503, { 'Cache-Control': 'no-store' });
    });
    app.use(gate({ allowRemote: remote, ...(token !== undefined && { token }) }));
    // Strict-Transport-Security would hold for everything else on the host, too, and this is a tool over HTTP.
    app.use(secureHeaders({ strictTransportSecurity: false, contentSecurityPolicy: { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'], frameAncestors: ["'none'"] } }));
    app.route('/api/lab', labApi(bench));
    app.get('/metrics', async (context) => {
      const { text, contentType } = await metrics.text();
      return context.body(text, 200, { 'Content-Type': contentType });
    });
    app.route('/api', onCallApi(monitor));
    const rowOf = rowMaker(history);
    app.route('/api/events', eventStream(monitor, feed, bench, rowOf));
    app.route('/api', api(monitor, history, rowOf));
    app.get('*', async (context) => {
      const file = await uiFile(new URL(context.req.url).pathname);
      if (file === null) return context.text('The dashboard has not been built: npm run build\n', 404);
      return context.body(file.bytes, 200, { 'Content-Type': file.type, 'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache' });
    });
    const server = createAdaptorServer({ fetch: app.fetch }) as Server;
    server.listen(port, host);
    await once(server, 'listening');
    const { port: chosen } = server.address() as AddressInfo;
    return new Dashboard(server, feed, bench, record, `http://${host.includes(':') ? `[${host}]` : host}:${chosen}/`);
  }

  async close(): Promise<void> {
    this.feed.end();
    this.record.close();
    await this.bench.close();
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** The file at a path; for every other path the page itself, whose script reads the address. */
async function uiFile(path: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string; immutable: boolean } | null> {
  const asset = /^\/assets\/([\w.-]+)$/.exec(path)?.[1];
  const name = asset === undefined ? 'index.html' : `assets/${asset}`;
  try {
    return { bytes: new Uint8Array(await readFile(new URL(name, UI))), type: TYPES[extname(name)] ?? 'application/octet-stream', immutable: asset !== undefined };
  } catch {
    return null;
  }
}
