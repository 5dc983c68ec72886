/**
 * Owns the Prometheus alerting rules that `watertight rules` prints, for places where only a Prometheus may
 * watch.
 *
 * They follow the idea of the detector: a leak shows in the lowest counts and within one process, while a daily
 * rhythm climbs for only part of the day. They have less information than the detector and fire later. Pure.
 */
import { stringify } from 'yaml';

export interface RuleOptions {
  /** The metric that a leak makes grow. Default `go_goroutines`. */
  readonly metric?: string;
  /** Matchers as PromQL has them between the braces: `job="api",env!="dev"`. Default: none. */
  readonly selector?: string;
  /** A count that must not be reached. Default: none. */
  readonly limit?: number;
}

/** An option that can't be put into a rule. */
export class RuleError extends Error {
  readonly code = 'ERR_RULE';

  override get name(): string {
    return 'RuleError';
  }
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const MATCHERS = /^(?:\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*(?:,|$))*\s*$/;

/** A rules file of Prometheus. @throws RuleError */
export function prometheusRules({ metric = 'go_goroutines', selector = '', limit }: RuleOptions = {}): string {
  if (!METRIC.test(metric)) throw new RuleError(`${JSON.stringify(metric)} is no name of a metric: letters, digits, _ and :, such as go_goroutines`);
  if (!MATCHERS.test(selector)) throw new RuleError(`${JSON.stringify(selector)} are no matchers of labels; write them like job="api",env!="dev"`);
  if (limit !== undefined && !(Number.isFinite(limit) && limit > 0)) throw new RuleError(`${limit} is no count that could be met`);
  const document = { groups: [{ name: `watertight_${metric.replaceAll(':', '_')}`, rules: rulesOf(metric, selector.trim(), limit) }] };
  return stringify(document, { lineWidth: 0, blockQuote: 'literal' });
}

/** The labels that tell one process from another. */
const PROCESS = 'on (job, instance)';
const HOUR = 3600;

function rulesOf(metric: string, selector: string, limit: number | undefined): Rule[] {
  const [trough, age, rise] = ['trough', 'age', 'rise'].map((what) => `watertight:${metric}:${what}`) as [string, string, string];
  const selected = (name: string): string => (selector === '' ? name : `${name}{${selector}}`);
  const older = (hours: number): string => `and ${PROCESS} ${age} > ${hours * HOUR}`;
  // Within one process and over a whole day, without the warm-up, nine tenths of the hours climbed. Under a daily rhythm it is half of them.
  const steady = lines(
    `avg_over_time(${rise}[1d]) > 1`,
    `and quantile_over_time(0.1, ${rise}[1d]) > 0`,
    // The process must have been there all day, or the climb of the morning would be all that is seen. Of one that restarts every few hours, six hours are enough.
    `and ${trough} offset 23h`,
    `and count_over_time(${rise}[1d]) > 0.25 * count_over_time(${trough}[1d])`,
    `and 24 * avg_over_time(${rise}[1d]) > 0.2 * min_over_time(${trough}[1d])`,
  );
  const day = `watertight:${metric}:daytrough`;
  return [
    { record: trough, expr: `min_over_time(${selected(metric)}[30m])` },
    { record: age, expr: `time() - ${selected('process_start_time_seconds')}` },
    // Two hours old: both troughs are of this process, and its first half hour is in neither.
    { record: rise, expr: lines(`${trough} - ${trough} offset 1h`, older(2)) },
    { record: day, expr: `min_over_time(${trough}[1d])` },
    alert('ConnectionLeakFast', {
      expr: lines(
        `(${trough} - ${trough} offset 2h) / 2 > 25`,
        `and ${trough} > 3 * ${trough} offset 2h`,
        `and min_over_time(${rise}[1h]) > 0`,
        older(3),
        // A process whose count was as high at this hour yesterday follows its daily rhythm.
        `unless (${trough} <= 1.2 * ${trough} offset 1d ${older(26)})`,
      ),
      summary: 'climbs by {{ $value | humanize }} an hour',
      description: 'Its troughs have climbed without a fall for two hours, to more than three times what they were, within one process.',
    }),
    alert('ConnectionLeak', {
      expr: steady,
      summary: 'climbs by {{ $value | humanize }} an hour',
      description: 'Within its process, or each of its processes, the troughs have climbed in nine tenths of the last day: a rhythm of the day would have fallen for half of it. A restart takes it back, and does not mend it.',
    }),
    alert('ConnectionLeakSlow', {
      expr: lines(
        `(${day} - ${day} offset 3d) / 72 > 0.2`,
        `and ${day} > ${day} offset 1d`,
        `and ${day} offset 1d > ${day} offset 2d`,
        `and ${day} offset 2d > ${day} offset 3d`,
        `and ${day} > 1.1 * ${day} offset 3d`,
        older(4 * 24 + 2),
        // After a quiet weekend the days rise: hence the comparison with the same day a week ago, where the process was there.
        `unless (${day} <= 1.1 * ${day} offset 7d ${older(8 * 24 + 2)})`,
      ),
      summary: 'climbs by {{ $value | humanize }} an hour, day after day',
      description: 'The lowest count of each of the last four days is above that of the day before, within one process.',
    }),
    ...(limit === undefined
      ? []
      : [
          alert('ConnectionLimitWithinADay', {
            expr: lines(`${trough} + 24 * (${steady.replaceAll('\n', '\n  ')}) > ${limit}`),
            summary: `will have met ${limit} within a day: {{ $value | humanize }}`,
            description: `It climbs as a leak does, and ${limit} is less than a day away.`,
          }),
          alert('ConnectionLimitMet', {
            expr: `${trough} >= ${limit}`,
            summary: `has met ${limit}: {{ $value | humanize }}`,
            description: `For half an hour it has not been under ${limit}: this is no burst.`,
          }),
        ]),
  ];
}

function alert(name: string, { expr, summary, description }: { expr: string; summary: string; description: string }): Rule {
  return {
    alert: name,
    expr,
    for: '10m',
    labels: { severity: 'warning' },
    annotations: { summary: `{{ $labels.job }} {{ $labels.instance }} ${summary}`, description },
  };
}

function lines(...parts: readonly string[]): string {
  return parts.join('\n');
}
