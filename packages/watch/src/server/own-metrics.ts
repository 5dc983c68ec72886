/** Owns the metrics of the watcher itself, for a Prometheus: what it watches, its verdicts, its work, and its own process. */
import type { Registry } from 'prom-client';
import type { Monitor } from '../monitor/index.js';
import type { WatchRecord } from './watch-record.js';

/** The answer to a request for `/metrics`. */
export interface MetricsText {
  readonly text: string;
  readonly contentType: string;
}

const VERDICTS = ['leaking', 'healthy', 'unknown'] as const;

export class OwnMetrics {
  private registry: Promise<Registry> | null = null;

  constructor(
    private readonly monitor: Monitor,
    private readonly record: WatchRecord,
  ) {}

  async text(): Promise<MetricsText> {
    this.registry ??= this.register();
    const registry = await this.registry;
    return { text: await registry.metrics(), contentType: registry.contentType };
  }

  /** The library is loaded by the first request: a watcher that nobody scrapes does without. */
  private async register(): Promise<Registry> {
    const { Counter, Gauge, Registry, collectDefaultMetrics } = await import('prom-client');
    const registry = new Registry();
    const registers = [registry];
    const { monitor, record } = this;
    collectDefaultMetrics({ register: registry });
    new Gauge({
      name: 'watertight_watch_targets',
      help: 'Services that are watched, by verdict.',
      labelNames: ['verdict'],
      registers,
      collect() {
        const reports = monitor.reports();
        for (const verdict of VERDICTS) this.set({ verdict }, reports.filter((report) => report.verdict === verdict).length);
      },
    });
    const ofTarget = (name: string, help: string, value: (report: ReturnType<Monitor['reports']>[number]) => number | null): void => {
      new Gauge({
        name,
        help,
        labelNames: ['target', 'name'],
        registers,
        collect() {
          this.reset();
          for (const report of monitor.reports()) {
            const now = value(report);
            if (now !== null) this.set({ target: report.url, name: report.name }, now);
          }
        },
      });
    };
    ofTarget('watertight_watch_up', 'Whether the service answered the last scrape.', ({ up }) => Number(up));
    ofTarget('watertight_watch_leaking', 'Whether the service is judged to leak.', ({ leaking }) => Number(leaking));
    ofTarget('watertight_watch_tasks', 'Goroutines or tasks of the service at the last scrape that gave a count.', ({ count }) => count);
    ofTarget('watertight_watch_growth_per_hour', 'By how many tasks an hour the leak grows; 0 where nothing leaks.', ({ perHour }) => perHour);
    ofTarget('watertight_watch_silenced', 'Whether nobody is told of the leaks of the service, because it is silenced.', ({ silence }) => Number(silence !== undefined));
    ofTarget('watertight_watch_acknowledged', 'Whether somebody has said that they look at the leak of the service.', ({ incident }) => Number(incident?.acknowledged !== undefined));
    new Counter({
      name: 'watertight_watch_scrapes_total',
      help: 'Scrapes since the watcher started, by result.',
      labelNames: ['result'],
      registers,
      collect() {
        this.reset();
        this.inc({ result: 'answered' }, record.answered);
        this.inc({ result: 'failed' }, record.failed);
      },
    });
    return registry;
  }
}
