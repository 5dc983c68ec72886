/** Owns the meaning of Prometheus series: which belong to one process, what its count is, and when it started. Pure. */
import type { LabelMatchers } from './label-matchers.js';
import type { Series } from './prometheus-api.js';

/** A metric that counts what a leak lets grow. */
export interface CountMetric {
  /** What it is called, by whoever translated it for Prometheus. */
  readonly names: readonly string[];
  readonly platform: 'go' | 'node';
}

/**
 * In the order of preference: the first metric that a process has is used.
 * A metric of several series a process (by state, by host) counts as their sum.
 */
export const COUNT_METRICS: readonly CountMetric[] = [
  { names: ['go_goroutines'], platform: 'go' },
  // OpenTelemetry's go.goroutine.count, and what its runtime instrumentation had before.
  { names: ['go_goroutine_count', 'go.goroutine.count', 'process_runtime_go_goroutines', 'process.runtime.go.goroutines'], platform: 'go' },
  // The semantic conventions' http.client.open_connections: as OpenTelemetry and prom-client spell it for Prometheus,
  // and as it is where Prometheus 3 takes names as they are.
  { names: ['http_client_open_connections', 'http.client.open_connections'], platform: 'node' },
];
const START_METRIC = 'process_start_time_seconds';

const ASKED = [...COUNT_METRICS.flatMap(({ names }) => names), START_METRIC].map((name) => name.replaceAll('.', '[.]')).join('|');

/** All of them in one request: of all processes, or of those whose series have these labels. */
export function fleetQuery(match: LabelMatchers | null = null): string {
  return `{__name__=~"${ASKED}"${match === null ? '' : `,${match.text}`}}`;
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
}

/** The processes that an answer to {@link fleetQuery} is about. */
export function processesIn(series: readonly Series[]): ProcessSeries[] {
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
  const found = new Map<string, ProcessSeries>();
  for (const { names, platform } of COUNT_METRICS) {
    const groups = new Map<string, { labels: Record<string, string>; start: Series | undefined; members: Series[] }>();
    for (const one of names.flatMap((name) => byMetric.get(name) ?? [])) {
      const { __name__: _name, ...own } = one.labels;
      const start = starts.get(placeOf(own))?.find(({ labels }) => Object.entries(labels).every(([label, value]) => label === '__name__' || own[label] === value));
      // What the count has beyond the process's own labels is a dimension of it.
      const { __name__: _start, ...labels } = start?.labels ?? (platform === 'go' ? own : { __name__: '', ...pick(own, ['instance', 'job']) });
      const selector = selectorOf(labels);
      const group = groups.get(selector);
      if (group === undefined) groups.set(selector, { labels, start, members: [one] });
      else group.members.push(one);
    }
    for (const [selector, { labels, start, members }] of groups) {
      if (!found.has(selector)) found.set(selector, { selector, labels, platform, counts: sumOf(members), startAt: stepsOf(start) });
    }
  }
  return [...found.values()];
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
