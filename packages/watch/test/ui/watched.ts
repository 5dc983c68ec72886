// Services that are watched, with a past: what they answer is chosen, the monitor, its history and the dashboard are real.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Monitor } from '#monitor';
import { parseTarget } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';

/** A service that answers as a Node one does: so many unread bodies, and a few connections at rest. */
export class FakeService {
  private constructor(
    private readonly server: Server,
    readonly url: string,
    readonly state: { unread: number },
  ) {}

  static async start(unread: number): Promise<FakeService> {
    const state = { unread };
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/debug/pprof/goroutine') === true) response.end(profile(state.unread));
      else if (request.url === '/debug/pprof/') response.end(`<table><tr><td>${total(state.unread)}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr></table>`);
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeService(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state);
  }

  async end(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

const total = (unread: number): number => 2 * unread + 3;

function profile(unread: number): string {
  const stack = (count: number, labels: object, loop: string, site: string): string =>
    count === 0 ? '' : `${count} @ 0x1 0x2\n# labels: ${JSON.stringify(labels)}\n#\t0x1\twatertight.(*persistConn).${loop}+0x0\t/app/node_modules/watertight/dist/conn/persist-conn.js:195\n${site}\n`;
  const site = '#\t0x2\tstockOf+0x0\t/app/src/stock.ts:23\n';
  return [
    `goroutine profile: total ${total(unread)}\n`,
    stack(unread, { host: 'warehouse.test', verdict: 'active' }, 'readLoop', site),
    stack(unread, { host: 'warehouse.test' }, 'writeLoop', site),
    stack(1, { host: 'prices.test', verdict: 'idle' }, 'readLoop', ''),
    stack(1, { host: 'prices.test' }, 'writeLoop', ''),
    `1 @ 0x9\n#\t0x9\tmain.main+0x0\t/app/src/main.ts:1\n\n`,
  ].join('');
}

const MINUTE = 60_000;

/** One that leaks and one that does not, seen every five minutes for the last hour; the one that leaks was restarted after ten. */
export class Watched {
  private constructor(
    readonly leaking: FakeService,
    readonly healthy: FakeService,
    readonly monitor: Monitor,
    readonly history: History,
    public dashboard: Dashboard,
  ) {}

  static async start(): Promise<Watched> {
    const leaking = await FakeService.start(0);
    const healthy = await FakeService.start(1);
    const history = new History(':memory:');
    const monitor = new Monitor(history, { interval: MINUTE, profileInterval: 1 });
    monitor.setTargets([parseTarget(healthy.url, { name: 'prices', labels: { team: 'pricing' } }), parseTarget(leaking.url, { name: 'shop', limit: 1000, labels: { team: 'sales, north' } })]);
    const begin = Date.now() - 60 * MINUTE;
    // It leaked before, and that was over.
    const { historyId } = monitor.monitorOf(leaking.url)!;
    history.openIncident(historyId, begin - 30 * MINUTE, {});
    history.closeIncident(historyId, begin - 20 * MINUTE);
    for (let look = 0; look < 12; look++) {
      leaking.state.unread = 5 * look;
      healthy.state.unread = look % 2;
      for (const { url } of [leaking, healthy]) await monitor.monitorOf(url)!.scrape(begin + 5 * look * MINUTE);
    }
    return new Watched(leaking, healthy, monitor, history, await Dashboard.start(monitor, history));
  }

  /** The service scraped anew, with so many unread bodies. */
  async now(service: FakeService, unread: number): Promise<void> {
    service.state.unread = unread;
    await this.monitor.scrapeAll();
  }

  async end(): Promise<void> {
    await this.dashboard.close();
    await this.monitor.stop();
    this.history.close();
    await this.leaking.end();
    await this.healthy.end();
  }
}
