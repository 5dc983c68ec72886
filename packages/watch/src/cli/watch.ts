/**
 * `watertight watch`: scrapes services, says which of them leak, and since when, how fast and by which line.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { FleetWatch, Monitor, type TargetReport } from '../monitor/index.js';
import { ConfigError, ConfigFile, parseTarget, PrometheusApi, PrometheusFleet, ScrapeError, TargetError, type Target, type TargetSettings } from '../scrape/index.js';
import { History, StoreError } from '../store/index.js';
import { formatTargets } from './target-table.js';
import { UsageError } from './usage-error.js';
import { USUAL_PORT, watchUntilInterrupted, type WatchingOptions } from './watching.js';

interface WatchOptions extends Omit<WatchingOptions, 'interval' | 'config' | 'fleet'> {
  readonly interval?: number;
  readonly config?: string;
  readonly prometheus?: string;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly db?: string;
  readonly token?: string;
  readonly limit?: number;
}

/** Looks of `--once`: a profile proves something only beside others. */
const LOOKS = 8;
/** Ms between scrapes, unless something else is said. */
const INTERVAL = 10_000;
/** Ms between looks of `--once`, unless the interval is shorter. */
const LOOK_INTERVAL = 1000;

export function addWatch(program: Command): void {
  program
    .command('watch')
    .summary('watch services, Go or Node, and say which leak')
    .description(
      'Scrapes each service\'s /debug/pprof (Go: import _ "net/http/pprof"; Node: WATERTIGHT_PPROF=6060 and\n' +
        '--import watertight/register), keeps what it sees, and says which of them leak, since when, how fast and why.',
    )
    .argument('[url...]', 'services: http://127.0.0.1:6060, or host:port')
    .option('--config <file>', 'services and settings from a YAML file, which is read again when it changes')
    .option('--prometheus <url>', 'instead of scraping, ask this Prometheus for the counts of every process that it knows')
    .option('--once', `look ${LOOKS} times, say what there is, and exit`)
    .option('--json', 'with --once: print everything as JSON')
    .option('--db <file>', 'keep the history in this file (default: in memory only)')
    .option('--interval <ms>', `between scrapes of one service (default: ${INTERVAL})`, readMilliseconds)
    .option('--token <token>', 'what the services, or the Prometheus, want as a bearer token', process.env.WATERTIGHT_TOKEN)
    .option('--limit <n>', 'a count that must not be met: reports say when it will be', readCount)
    .option('--port <n>', `where the dashboard is (default: ${USUAL_PORT}, or another if that is taken; 0: any)`, readPort)
    .option('--host <address>', 'on which address; another than loopback needs a token', '127.0.0.1')
    .option('--dashboard-token <token>', 'what a browser must have: open /?token=... once', process.env.WATERTIGHT_DASHBOARD_TOKEN)
    .action(watch);
}

async function watch(urls: readonly string[], options: WatchOptions): Promise<void> {
  if (options.json === true && options.once !== true) throw new UsageError('--json goes with --once');
  const { token, limit, prometheus } = options;
  const given = { ...(token !== undefined && { token }), ...(limit !== undefined && { limit }) };
  const own = readTargets(urls, given);
  const file = options.config === undefined ? null : new ConfigFile(options.config, given);
  const list = file === null ? null : asUsage(() => file.load());
  const listed = list?.targets ?? [];
  if (prometheus !== undefined && own.length + listed.length > 0) throw new UsageError('--prometheus asks for every process that it knows: services of their own do not go with it');
  if (prometheus === undefined && own.length === 0 && file === null) throw new UsageError('nothing to watch: name services (watertight watch http://127.0.0.1:6060), a file that does (--config), or a --prometheus');
  if (prometheus === undefined && own.length + listed.length === 0 && options.once === true) throw new UsageError(`${options.config} has no targets`);
  const fleet = prometheus === undefined ? null : asUsage(() => new PrometheusFleet(new PrometheusApi(prometheus, token === undefined ? {} : { token }), limit ?? null));
  const port = options.port ?? list?.port ?? undefined;
  const { config: _file, ...rest } = options;
  const settings: WatchingOptions = {
    ...rest,
    interval: options.interval ?? list?.interval ?? INTERVAL,
    ...(file !== null && list !== null && { config: { file, list } }),
    ...(port !== undefined && { port }),
    ...(fleet !== null && { fleet }),
  };
  const history = asUsage(() => new History(options.db ?? list?.db ?? ':memory:'));
  try {
    if (options.once !== true) await watchUntilInterrupted(own, history, settings);
    else print(await (fleet === null ? lookOnce([...own, ...listed], history, settings.interval) : lookAtFleet(fleet, history)), options.json === true);
  } finally {
    history.close();
  }
}

function print(reports: readonly TargetReport[], json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify({ targets: reports }, null, 2)}\n` : formatTargets(reports));
}

/** What Prometheus has kept says enough for one look. */
async function lookAtFleet(fleet: PrometheusFleet, history: History): Promise<TargetReport[]> {
  const monitor = new Monitor(history, { sourceOf: (target) => fleet.sourceOf(target) });
  const watch = new FleetWatch(fleet, monitor, () => undefined);
  try {
    await watch.look();
    return monitor.reports();
  } catch (cause) {
    if (cause instanceof ScrapeError) throw new UsageError(cause.message, { cause });
    throw cause;
  } finally {
    await watch.stop();
    await monitor.stop();
  }
}

/** A few looks close to each other, and what the history knows. */
async function lookOnce(targets: readonly Target[], history: History, interval: number): Promise<TargetReport[]> {
  const pause = Math.min(interval, LOOK_INTERVAL);
  // The looks' profiles are what is asked for; the detector's clock stays that of the interval.
  const monitor = new Monitor(history, { interval: Math.max(interval, 10_000), profileInterval: 1 });
  try {
    monitor.setTargets(targets);
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0) await sleep(pause);
      await monitor.scrapeAll();
      if (monitor.reports().every(({ up }) => !up)) break;
    }
    return monitor.reports();
  } finally {
    await monitor.stop();
  }
}

function readTargets(urls: readonly string[], given: TargetSettings): Target[] {
  return asUsage(() => urls.map((url) => parseTarget(url, given)));
}

/** What is wrong with what was given is the command line's fault. */
function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof TargetError || cause instanceof ConfigError || cause instanceof StoreError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function readMilliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 50 || value > 86_400_000) throw new InvalidArgumentError('It is a number of milliseconds from 50 to a day.');
  return Math.round(value);
}

function readPort(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('It is a port, from 0 to 65535.');
  return value;
}

function readCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return value;
}
