// The services in the picture of the dashboard, with a day that they have behind them: what they answer is written
// down here, the scraper, the monitor, its history and the dashboard are real. Clocks stand still, so that the
// picture is the same each time.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mock } from 'node:test';
import { Client, Transport } from 'watertight';
import { Monitor } from '#monitor';
import { parseTarget, Scraper, type Target } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';

/** The moment of the picture, on every clock. */
export const NOW = Date.UTC(2026, 2, 5, 15, 0);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const INTERVAL = 5 * MINUTE;
const PAST = 30 * HOUR;
/** The deploy of the shop that brought the leak. */
const DEPLOY = NOW - 7 * HOUR - 12 * MINUTE;

/** So many tasks with this stack. */
interface Stack {
  readonly count: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly frames: readonly string[];
}

/** What a service is, and what it is doing at a moment. */
interface Course {
  readonly name: string;
  readonly platform: 'node' | 'go';
  readonly limit?: number;
  start(at: number): number;
  stacks(at: number, noise: number): Stack[];
}

/** Between 0 in the night and 1 in the afternoon. */
const daylight = (at: number): number => (1 - Math.cos(((at % (24 * HOUR)) / (24 * HOUR) - 1 / 8) * 2 * Math.PI)) / 2;

/** Connections of a Node service: a loop to read and one to write for each. */
function connections(count: number, host: string, verdict: string, site: string): Stack[] {
  const loop = (name: string): string => `watertight.(*persistConn).${name}+0x0\t/app/node_modules/watertight/dist/conn/persist-conn.js:195`;
  const frames = site === '' ? [] : [site];
  return [
    { count, labels: { host, verdict }, frames: [loop('readLoop'), ...frames] },
    { count, labels: { host }, frames: [loop('writeLoop'), ...frames] },
  ];
}

const FLEET: readonly Course[] = [
  {
    name: 'shop',
    platform: 'node',
    limit: 1000,
    start: (at) => (at < DEPLOY ? NOW - 90 * HOUR : DEPLOY),
    stacks: (at, noise) => [
      ...connections(at < DEPLOY ? 0 : Math.round(((at - DEPLOY) / HOUR) * 26), 'warehouse:8080', 'suspect', 'stockOf+0x0\t/app/src/stock.ts:23'),
      { count: Math.round(12 + 30 * daylight(at) + 40 * noise), frames: ['placeOrder+0x0\t/app/src/order.ts:58'] },
      ...connections(5, 'prices:8080', 'idle', ''),
      { count: 1, frames: ['main.main+0x0\t/app/src/main.ts:1'] },
    ],
  },
  {
    name: 'search',
    platform: 'go',
    limit: 5000,
    start: () => NOW - 200 * HOUR,
    stacks: (at, noise) => [
      { count: Math.round(60 + 240 * daylight(at) + 60 * noise), frames: ['internal/poll.runtime_pollWait+0x84\t/usr/local/go/src/runtime/netpoll.go:351', 'net/http.(*conn).serve+0x5b4\t/usr/local/go/src/net/http/server.go:2080'] },
      { count: 12, frames: ['main.(*Index).refresh+0x1c\t/src/index.go:88'] },
    ],
  },
  {
    name: 'prices',
    platform: 'node',
    start: () => NOW - 60 * HOUR,
    stacks: (_at, noise) => [...connections(Math.round(3 + 3 * noise), 'rates:8080', 'active', 'rateOf+0x0\t/app/src/rates.ts:17'), ...connections(4, 'rates:8080', 'idle', ''), { count: 1, frames: ['main.main+0x0\t/app/src/main.ts:1'] }],
  },
];

/** Numbers from 0 to 1 without order, the same each time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the services: answers what its course says of the present moment. */
class PicturedService {
  readonly target: Target;
  private at = 0;
  private stacks: readonly Stack[] = [];
  private readonly noise: () => number;

  private constructor(
    private readonly course: Course,
    private readonly server: Server,
    seed: number,
  ) {
    this.noise = numbers(seed);
    this.target = parseTarget(`http://${course.name}:6060`, { name: course.name, ...(course.limit !== undefined && { limit: course.limit }) });
  }

  static async start(course: Course, seed: number): Promise<PicturedService> {
    const server = createServer().listen(0, '127.0.0.1');
    const service = new PicturedService(course, server, seed);
    server.on('request', (request, response) => {
      const answer = service.answer(request.url ?? '');
      if (answer === null) response.writeHead(404).end();
      else response.end(answer);
    });
    await once(server, 'listening');
    return service;
  }

  /** Where it really is: the name in `target` is for the picture. */
  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  moveTo(at: number): void {
    // A process that ends takes its connections with it.
    if (this.course.start(at) !== this.course.start(this.at)) this.server.closeAllConnections();
    this.at = at;
    this.stacks = this.course.stacks(at, this.noise()).filter(({ count }) => count > 0);
  }

  async end(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private answer(path: string): string | null {
    const { platform } = this.course;
    const start = this.course.start(this.at);
    const total = this.stacks.reduce((sum, { count }) => sum + count, 0);
    if (path.startsWith('/debug/pprof/goroutine')) {
      return `goroutine profile: total ${total}\n${this.stacks.map(stackText).join('')}`;
    }
    if (path === '/debug/pprof/') {
      const row = (count: number, kind: string): string => `<tr><td>${count}</td><td><a href='${kind}?debug=1'>${kind}</a></td></tr>`;
      return `<table>${row(total, 'goroutine')}${platform === 'node' ? row(0, 'httpbody') : ''}</table>`;
    }
    if (path.startsWith('/debug/watertight') && platform === 'node') return JSON.stringify({ processStart: new Date(start).toISOString(), leaked: { count: 0, groups: [] } });
    if (path === '/metrics' && platform === 'go') return `process_start_time_seconds ${start / 1000}\n`;
    return null;
  }
}

function stackText({ count, labels, frames }: Stack): string {
  const addresses = frames.map((_, index) => ` 0x${index + 1}`).join('');
  const said = labels === undefined ? '' : `# labels: ${JSON.stringify(labels)}\n`;
  return `${count} @${addresses}\n${said}${frames.map((frame, index) => `#\t0x${index + 1}\t${frame}\n`).join('')}\n`;
}

/** The services, their watcher and its dashboard. */
export class PicturedFleet {
  private constructor(
    private readonly services: readonly PicturedService[],
    private readonly monitor: Monitor,
    private readonly history: History,
    private readonly transport: Transport,
    private readonly dashboard: Dashboard,
    private readonly clock: { restore(): void },
  ) {}

  static async start(): Promise<PicturedFleet> {
    const now = mock.method(Date, 'now', () => NOW);
    const services = await Promise.all(FLEET.map((course, index) => PicturedService.start(course, index + 1)));
    const transport = new Transport();
    const client = new Client({ transport });
    const history = new History(':memory:');
    const sourceOf = (target: Target): Scraper => {
      const service = services.find((each) => each.target.profiles === target.profiles)!;
      return new Scraper(parseTarget(service.address), client, 10_000);
    };
    const monitor = new Monitor(history, { interval: INTERVAL, profileInterval: 6 * INTERVAL, sourceOf });
    monitor.setTargets(services.map(({ target }) => target));
    for (let at = NOW - PAST; at <= NOW; at += INTERVAL) {
      for (const service of services) {
        service.moveTo(at);
        await monitor.monitorOf(service.target.url)!.scrape(at);
      }
    }
    return new PicturedFleet(services, monitor, history, transport, await Dashboard.start(monitor, history), now.mock);
  }

  get overview(): string {
    return this.dashboard.url;
  }

  /** The page of the service that leaks. */
  get leaking(): string {
    return `${this.dashboard.url}#/target?url=${encodeURIComponent(this.services[0].target.url)}`;
  }

  async end(): Promise<void> {
    await this.dashboard.close();
    await this.monitor.stop();
    await this.transport.close();
    this.history.close();
    for (const service of this.services) await service.end();
    this.clock.restore();
  }
}
