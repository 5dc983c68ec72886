/** Owns `watertight watch`: it reads the options, then watches once or until it is ended (watching.ts). */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { FleetWatch, Monitor, type TargetReport } from '../monitor/index.js';
import { ConfigError, ConfigFile, LabelMatchers, MatcherError, parseWatched, PrometheusApi, PrometheusFleet, ScrapeError, TargetError, type Target, type TargetList, type TargetSettings } from '../scrape/index.js';
import { History, StoreError } from '../store/index.js';
import { readPort, USUAL_PORT } from './dashboard-port.js';
import { complain, print, printJson } from './output.js';
import { formatTargets } from './target-table.js';
import { UsageError } from './usage-error.js';
import { LOOK_INTERVAL as INSPECTOR_INTERVAL, sourcesOf, watchUntilInterrupted, type WatchingOptions } from './watching.js';

interface WatchOptions extends Omit<WatchingOptions, 'interval' | 'config' | 'fleet'> {
  readonly interval?: number;
  readonly config?: string;
  readonly prometheus?: string;
  readonly match?: string;
  readonly once?: boolean;
  readonly json?: boolean;
  readonly db?: string;
  readonly token?: string;
  readonly limit?: number;
}

/** The bearer token for a Prometheus. It is no option, because every process of the machine can read a command line. */
const PROMETHEUS_TOKEN = 'WATERTIGHT_PROMETHEUS_TOKEN';
/** How many profiles `--once` takes: a single one proves nothing, since unread bodies may be in flight. */
const LOOKS = 8;
/** Ms between scrapes, unless something else is said. */
const INTERVAL = 10_000;
/** Ms between the profiles of `--once`, unless the interval is shorter. */
const LOOK_INTERVAL = 1000;

export function addWatch(program: Command): void {
  program
    .command('watch')
    .summary('watch services, Go or Node, and say which leak')
    .description(
      'Scrapes each service\'s /debug/pprof (Go: import _ "net/http/pprof"; Node: WATERTIGHT_PPROF=6060 and\n' +
        '--import watertight/register), keeps what it sees, and says which of them leak, since when, how fast and why.',
    )
    .argument('[url...]', 'services: http://127.0.0.1:6060, host:port, or the inspector of a Node without profiles: inspect://127.0.0.1:9229')
    .option('--config <file>', 'services and settings from a YAML file, which is read again when it changes')
    .option('--prometheus <url>', 'ask this Prometheus for the counts of every process that it knows')
    .option('--match <labels>', 'with --prometheus: only processes whose series have these labels: {job="api",env!~"dev|test"}')
    .option('--once', `look ${LOOKS} times, print a report and exit`)
    .option('--json', 'with --once: print everything as JSON')
    .option('--db <file>', 'keep the history in this file (default: in memory only)')
    .option('--interval <ms>', `time between two scrapes of one service (default: ${INTERVAL})`, readMilliseconds)
    .option('--look-interval <ms>', `time between two looks into one process through its inspector (default: ${INSPECTOR_INTERVAL})`, readMilliseconds)
    .addOption(new Option('--token <token>', 'bearer token for the services; for a Prometheus, set WATERTIGHT_PROMETHEUS_TOKEN').env('WATERTIGHT_TOKEN'))
    .option('--limit <n>', 'a count that a service must not reach: reports say when it will', readCount)
    .option('--port <n>', `port of the dashboard (default: ${USUAL_PORT}, or another if that is taken; 0: any)`, readPort)
    .option('--host <address>', 'address of the dashboard; any but loopback needs --dashboard-token', '127.0.0.1')
    .addOption(new Option('--dashboard-token <token>', 'token that a browser must have: open /?token=... once').env('WATERTIGHT_DASHBOARD_TOKEN'))
    .action(watch);
}

async function watch(urls: readonly string[], options: WatchOptions): Promise<void> {
  if (options.json === true && options.once !== true) throw new UsageError('--json goes with --once');
  const { token, limit } = options;
  const given = { ...(token !== undefined && { token }), ...(limit !== undefined && { limit }) };
  const own = readTargets(urls, given);
  const file = options.config === undefined ? null : new ConfigFile(options.config, given);
  const list = file === null ? null : asUsage(() => file.load());
  const listed = list?.targets ?? [];
  const fleet = asUsage(() => fleetOf(options, list, own.length + listed.length === 0));
  if (fleet === null && own.length === 0 && file === null) throw new UsageError('nothing to watch: name services (watertight watch http://127.0.0.1:6060), a file that does (--config watch.yml), or a Prometheus (--prometheus http://127.0.0.1:9090)');
  if (fleet === null && own.length + listed.length === 0 && options.once === true) throw new UsageError(`${options.config} has no targets`);
  const port = options.port ?? list?.port ?? undefined;
  const { config: _file, ...rest } = options;
  const settings: WatchingOptions = {
    ...rest,
    interval: options.interval ?? list?.interval ?? INTERVAL,
    ...(file !== null && list !== null && { config: { file, list } }),
    ...(port !== undefined && { port }),
    ...(fleet !== null && { fleet }),
  };
  const history = asUsage(() => new History(options.db ?? list?.db ?? ':memory:', { sole: true }));
  try {
    if (options.once !== true) await watchUntilInterrupted(own, history, settings);
    else show(await lookOnce([...own, ...listed], fleet, history, settings.interval), options.json === true);
  } finally {
    history.close();
  }
}

/** What the command line and the file say of a Prometheus; null where neither names one. @throws UsageError, MatcherError, TargetError */
function fleetOf(options: WatchOptions, list: TargetList | null, alone: boolean): PrometheusFleet | null {
  const section = list?.prometheus ?? null;
  const { prometheus, match } = options;
  if (prometheus !== undefined && section !== null && section.url !== null && section.url !== prometheus) {
    throw new UsageError('--prometheus and the file\'s prometheus.url name different servers, and how to get in is for one of them: leave one out');
  }
  const url = prometheus ?? section?.url ?? null;
  if (url === null) {
    if (section !== null) throw new UsageError(`${options.config} says how to ask a Prometheus, and not where it is: give it a url there, or --prometheus`);
    if (match !== undefined) throw new UsageError('--match chooses processes of a Prometheus: it goes with --prometheus');
    return null;
  }
  // The token for services is not sent to the Prometheus, unless there are no services.
  const token = process.env[PROMETHEUS_TOKEN] ?? (alone ? options.token : undefined);
  const tls = section?.tls ?? {};
  if (Object.keys(tls).length > 0 && !/^https:/i.test(url)) throw new UsageError(`${options.config} has prometheus.tls, and the address is not https`);
  const api = new PrometheusApi(url, { ...(token !== undefined && { token }), headers: section?.headers ?? {}, tls });
  return new PrometheusFleet(api, {
    match: match === undefined ? (section?.match ?? null) : LabelMatchers.parse(match),
    limit: options.limit ?? list?.limit ?? null,
    limits: section?.limits ?? [],
  });
}

function show(reports: readonly TargetReport[], json: boolean): void {
  if (json) printJson({ targets: reports });
  else print(formatTargets(reports));
}

/** Judges the targets by the history and a few profiles close to each other. A Prometheus is asked once, since it has kept the past itself. */
async function lookOnce(targets: readonly Target[], fleet: PrometheusFleet | null, history: History, interval: number): Promise<TargetReport[]> {
  const pause = Math.min(interval, LOOK_INTERVAL);
  // A profile at every look; the detector's clock stays that of the usual interval.
  const monitor = new Monitor(history, { interval: Math.max(interval, 10_000), profileInterval: 1, lookInterval: pause, sourceOf: sourcesOf(fleet, 0) });
  try {
    monitor.setTargets(targets);
    if (fleet !== null) await lookAtFleet(fleet, monitor, targets.length === 0);
    for (let look = 0; look < LOOKS && targets.length > 0; look++) {
      if (look > 0) await sleep(pause);
      await monitor.scrapeAll('scraped');
      if (targets.every(({ url }) => monitor.monitorOf(url)?.report().up === false)) break;
    }
    return monitor.reports();
  } finally {
    await monitor.stop();
  }
}

/** Asks the Prometheus. If that fails, services that are watched as well go on. */
async function lookAtFleet(fleet: PrometheusFleet, monitor: Monitor, alone: boolean): Promise<void> {
  const watch = new FleetWatch(fleet, monitor, () => undefined);
  try {
    await watch.look();
  } catch (cause) {
    if (!(cause instanceof ScrapeError)) throw cause;
    // It was asked and has answered: the command line was no mistake, and there is no report.
    if (alone && cause.failure === 'missing') process.exitCode = 1;
    else if (alone) throw new UsageError(cause.message, { cause });
    complain(`watertight: ${cause.message}`);
  } finally {
    await watch.stop();
  }
}

function readTargets(urls: readonly string[], given: TargetSettings): Target[] {
  return asUsage(() => urls.map((url) => parseWatched(url, given)));
}

/** Turns an error of what was given into a mistake of the command line. */
function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof TargetError || cause instanceof MatcherError || cause instanceof ConfigError || cause instanceof StoreError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

function readMilliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 50 || value > 86_400_000) throw new InvalidArgumentError('It is a number of milliseconds from 50 to a day.');
  return Math.round(value);
}

function readCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a whole number from 1 on.');
  return value;
}
