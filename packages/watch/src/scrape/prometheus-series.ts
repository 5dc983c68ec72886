/** Owns the meaning of Prometheus series: which belong to one process, what its count is, and when it started. Pure. */
import type { LabelMatchers } from './label-matchers.js';
import type { Series } from './prometheus-api.js';

/** A metric that counts what a leak lets grow. */
export interface CountMetric {
  /** What it is called, by whoever translated it for Prometheus. */
  readonly names: readonly string[];
  readonly platform: 'go' | 'node';
  /** Whether a series of it counts what no other metric of its process counts. Default: all do. */
  readonly counts?: (labels: Readonly<Record<string, string>>) => boolean;
}

/**
 * In the order of preference: a process is counted by the first metric of Go that it has, or else by all of Node's
 * together. A metric of several series a process (by state, by host) counts as their sum.
 */
export const COUNT_METRICS: readonly CountMetric[] = [
  { names: ['go_goroutines'], platform: 'go' },
  // OpenTelemetry's go.goroutine.count, and what its runtime instrumentation had before.
  { names: ['go_goroutine_count', 'go.goroutine.count', 'process_runtime_go_goroutines', 'process.runtime.go.goroutines'], platform: 'go' },
  // The semantic conventions' http.client.open_connections: as OpenTelemetry and prom-client spell it for Prometheus,
  // and as it is where Prometheus 3 takes names as they are. Of our own client only.
  { names: ['http_client_open_connections', 'http.client.open_connections'], platform: 'node' },
  // Of every client that is observed. Those of our own are held by connections, which are counted already.
  { names: ['http_client_active_requests', 'http.client.active_requests'], platform: 'node', counts: (labels) => valueOf(labels, 'client') !== 'watertight' },
];
/** What counts nothing, and is there from a process's first request on. Older versions have requests only if one was under way at a scrape. */
const PRESENCE: CountMetric = { names: ['watertight_oldest_holder_age_seconds', 'watertight_oldest_holder_age', 'watertight.oldest_holder.age'], platform: 'node', counts: () => false };
const START_METRIC = 'process_start_time_seconds';
/** What says of our metrics which lines are at fault: `suspects` now, `proven` since the process started. */
const SITE_METRICS = { suspects: ['watertight_suspects', 'watertight.suspects'], proven: ['watertight_proven_leaks_total', 'watertight_proven_leaks', 'watertight.proven_leaks'] } as const;

const COUNTED = [...COUNT_METRICS.flatMap(({ names }) => names), START_METRIC];

/** All counts in one request: of all processes, or of those whose series have these labels. `now`: with the lines at fault, and with what says that a process is there. */
export function fleetQuery(match: LabelMatchers | null = null, { now = false }: { readonly now?: boolean } = {}): string {
  const names = now ? [...COUNTED, ...PRESENCE.names, ...SITE_METRICS.suspects, ...SITE_METRICS.proven] : COUNTED;
  return `{__name__=~"${names.map((name) => name.replaceAll('.', '[.]')).join('|')}"${match === null ? '' : `,${match.text}`}}`;
}

/** The value of one of our attributes, as prom-client, OpenTelemetry's translation and OpenTelemetry itself spell its name. */
function valueOf(labels: Readonly<Record<string, string>>, attribute: 'client' | 'site'): string | undefined {
  return labels[attribute] ?? labels[`watertight_${attribute}`] ?? labels[`watertight.${attribute}`];
}

/** How many of something a line of the program has, as the label says it: `src/preview.ts:14:23 (fetchPreview)`. */
export interface SiteCount {
  readonly site: string;
  readonly count: number;
}

/** A process as Prometheus knows it, over the times that were asked for. */
export interface ProcessSeries {
  /** The labels that tell it from others, as Prometheus writes a selector: `{instance="h:1",job="api"}`. */
  readonly selector: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform: 'go' | 'node';
  /** Time, s since 1970, and count; oldest first. */
  readonly counts: readonly (readonly [number, number])[];
  /** When the process that ran at a time had started, s since 1970; null where that is not known. */
  readonly startAt: (time: number) => number | null;
  /** Responses at the last time that nobody reads, and those that were collected unread, by line; null where no metric says it. */
  readonly suspects: readonly SiteCount[] | null;
  readonly proven: readonly SiteCount[] | null;
}

/**
 * The processes that an answer to {@link fleetQuery} is about.
 *
 * @param known whether a selector is of a Node process that had a count before; with a start it is there, though it has made no request since
 */
export function processesIn(series: readonly Series[], known: (selector: string) => boolean = () => false): ProcessSeries[] {
  const starts = new Map<string, Series[]>();
  const byMetric = new Map<string, Series[]>();
  for (const one of series) {
    const name = one.labels.__name__ ?? '';
    const place = name === START_METRIC ? starts : byMetric;
    const key = name === START_METRIC ? placeOf(one.labels) : name;
    const known = place.get(key);
    if (known === undefined) place.set(key, [one]);
    else known.push(one);
  }
  const ownerOf = (one: Series, platform: 'go' | 'node'): Owner => {
    const { __name__: _name, ...own } = one.labels;
    const start = starts.get(placeOf(own))?.find(({ labels }) => Object.entries(labels).every(([label, value]) => label === '__name__' || own[label] === value));
    // What the count has beyond the process's own labels is a dimension of it.
    const { __name__: _start, ...labels } = start?.labels ?? (platform === 'go' ? own : { __name__: '', ...pick(own, ['instance', 'job']) });
    return { selector: selectorOf(labels), labels, start };
  };
  const sitesOf = (names: readonly string[]): Map<string, SiteCount[]> => {
    const sites = new Map<string, SiteCount[]>();
    for (const one of names.flatMap((name) => byMetric.get(name) ?? [])) {
      const { selector } = ownerOf(one, 'node');
      const count = one.points.at(-1)?.[1] ?? 0;
      const known = sites.get(selector) ?? [];
      sites.set(selector, known);
      if (count > 0) known.push({ site: valueOf(one.labels, 'site') ?? '', count });
    }
    return sites;
  };
  const [suspects, proven] = [sitesOf(SITE_METRICS.suspects), sitesOf(SITE_METRICS.proven)];
  const found = new Map<string, ProcessSeries>();
  const add = (process: Omit<ProcessSeries, 'suspects' | 'proven'>): void => {
    const { selector } = process;
    found.set(selector, { ...process, suspects: suspects.get(selector) ?? null, proven: proven.get(selector) ?? null });
  };
  const go = COUNT_METRICS.filter(({ platform }) => platform === 'go');
  const node = [...COUNT_METRICS.filter(({ platform }) => platform === 'node'), PRESENCE];
  for (const together of [...go.map((metric) => [metric]), node]) {
    const groups = new Map<string, Owner & { readonly platform: 'go' | 'node'; readonly members: Series[] }>();
    for (const { names, platform, counts } of together) {
      for (const one of names.flatMap((name) => byMetric.get(name) ?? [])) {
        const owner = ownerOf(one, platform);
        const group = groups.get(owner.selector) ?? { ...owner, platform, members: [] };
        groups.set(owner.selector, group);
        // What is counted elsewhere says that the process was there at the time.
        group.members.push(counts?.(one.labels) === false ? { ...one, points: noneAt(one) } : one);
      }
    }
    for (const [selector, { labels, start, platform, members }] of groups) {
      if (found.has(selector)) continue;
      add({ selector, labels, platform, counts: sumOf(members), startAt: stepsOf(start) });
    }
  }
  for (const start of [...starts.values()].flat()) {
    const { __name__: _name, ...labels } = start.labels;
    const selector = selectorOf(labels);
    if (!found.has(selector) && known(selector)) add({ selector, labels, platform: 'node', counts: noneAt(start), startAt: stepsOf(start) });
  }
  return [...found.values()];
}

/** A count of 0 at the times of a series. */
function noneAt({ points }: Series): (readonly [number, number])[] {
  return points.map(([time]) => [time, 0] as const);
}

/** The process that a series is of. */
interface Owner {
  /** As in {@link ProcessSeries}. */
  readonly selector: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly start: Series | undefined;
}

function placeOf({ instance = '', job = '' }: Readonly<Record<string, string>>): string {
  return JSON.stringify([instance, job]);
}

function pick(labels: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])));
}

function selectorOf(labels: Readonly<Record<string, string>>): string {
  const parts = Object.keys(labels).sort().map((name) => `${name}=${JSON.stringify(labels[name])}`);
  return `{${parts.join(',')}}`;
}

function sumOf(members: readonly Series[]): (readonly [number, number])[] {
  const [only] = members;
  if (members.length === 1 && only !== undefined) return [...only.points];
  const sums = new Map<number, number>();
  for (const { points } of members) for (const [time, value] of points) sums.set(time, (sums.get(time) ?? 0) + value);
  return [...sums].sort(([a], [b]) => a - b);
}

/** Both metrics are asked for at the same times, so that a start is known at the very time of a count, or not at all. */
function stepsOf(start: Series | undefined): (time: number) => number | null {
  const byTime = new Map(start?.points);
  return (time) => byTime.get(time) ?? null;
}
