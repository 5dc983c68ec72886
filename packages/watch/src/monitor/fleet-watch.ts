/** Owns the watch over the processes that a Prometheus scrapes: it asks for all counts at once and has every target judged by them. */
import { ScrapeError, type PrometheusFleet } from '../scrape/index.js';
import type { Monitor } from './monitor.js';

export class FleetWatch {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;
  private loaded = false;

  constructor(
    private readonly fleet: PrometheusFleet,
    private readonly monitor: Monitor,
    /** Called once when the Prometheus can't be asked, and with null when it can be again. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** One request for all, and a verdict on each. @throws ScrapeError also where the Prometheus knows nothing that can be watched (`missing`). */
  async look(at = Date.now()): Promise<void> {
    if (!this.loaded) {
      await this.fleet.load(at);
      this.loaded = true;
    }
    try {
      await this.fleet.refresh(at);
    } finally {
      if (!this.stopped) this.monitor.setTargets(this.fleet.targets(), 'fleet');
      await this.monitor.scrapeAll('fleet');
    }
    if (this.fleet.targets().length === 0) throw new ScrapeError('missing', this.fleet.nothingFound);
  }

  /** Looks at every interval until {@link stop}. */
  start(): void {
    let failed = false;
    const next = (): void => {
      const began = Date.now();
      this.running = this.look(began)
        .then(
          () => {
            if (failed) this.onFailure(null);
            failed = false;
          },
          (error: unknown) => {
            if (!failed && !this.stopped) this.onFailure(error);
            failed = true;
          },
        )
        .finally(() => {
          if (!this.stopped) this.timer = setTimeout(next, Math.max(0, began + this.monitor.interval - Date.now()));
        });
    };
    next();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.fleet.close();
    await this.running;
  }
}
