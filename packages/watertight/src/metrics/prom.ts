/**
 * Owns the metrics as metrics of `prom-client`. Gauges and counters are computed when the registry is read;
 * only durations are recorded when they end.
 */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { DEFINITIONS, LABELS, type Attributes, type MetricDefinition, type ReadKey } from './definition.js';
import { Measurement } from './measurement.js';
import { checkOptions, type Metrics, type MetricsOptions } from './options.js';
import { loadPeer } from './peer.js';
import type { Reading } from './reading.js';

/** The part of prom-client's `Registry` that is used. */
export interface PromRegister {
  /** Adds a metric. */
  registerMetric(metric: never): void;
  /** The metric of that name, if there is one. */
  getSingleMetric(name: string): object | undefined;
  /** Removes a metric, when the metrics are stopped. */
  removeSingleMetric(name: string): void;
}

/** The options of `promMetrics`. */
export interface PromMetricsOptions extends MetricsOptions {
  /** The registry to which the metrics are added. Default: `register` of prom-client. */
  readonly register?: PromRegister;
}

interface PromClient {
  readonly register: Registry;
  readonly Counter: new (configuration: object) => Counter;
  readonly Gauge: new (configuration: object) => Gauge;
  readonly Histogram: new (configuration: object) => Histogram;
}

const registered = new WeakMap<object, Metrics>();

/**
 * Adds the metrics to a registry of `prom-client` (15 or later, an optional peer dependency) and measures
 * from now on.
 *
 * @throws TypeError for invalid options.
 * @throws Error if prom-client is not installed, or if the registry has a metric with one of these names, for
 *   example from an earlier call. Nothing is registered then.
 */
export function promMetrics(options: PromMetricsOptions = {}): Metrics {
  checkOptions('promMetrics', options);
  const client = loadPeer('prom-client', 'promMetrics', '') as PromClient;
  const register: PromRegister = options.register ?? client.register;
  checkRegister(register);
  checkNames(register);
  // A cleared registry does not tell its metrics that they were removed.
  registered.get(register)?.unregister();

  const histograms = { connectionDuration: histogram('connectionDuration'), requestDuration: histogram('requestDuration') };
  function histogram(key: 'connectionDuration' | 'requestDuration'): Histogram {
    return new client.Histogram({ ...configurationOf(DEFINITIONS[key]), buckets: [...DEFINITIONS[key].buckets] });
  }
  const measurement = new Measurement(options, (metric, seconds, attributes) => histograms[metric].observe(labelsOf(attributes), seconds));

  // A registry reads all of its metrics at once, and their values must agree.
  let current: Reading | null = null;
  const read = (): Reading => {
    if (current === null) {
      current = measurement.read();
      queueMicrotask(() => (current = null));
    }
    return current;
  };
  const made: object[] = Object.values(histograms);
  const names = new Map<string, object>([
    [DEFINITIONS.connectionDuration.promName, histograms.connectionDuration],
    [DEFINITIONS.requestDuration.promName, histograms.requestDuration],
  ]);
  for (const key of READ_KEYS) {
    const definition = DEFINITIONS[key];
    const kind = definition.kind === 'total' ? client.Counter : client.Gauge;
    const metric: Counter | Gauge = new kind({
      ...configurationOf(definition),
      collect: () => {
        metric.reset();
        for (const [attributes, value] of read()[key]) metric.inc(labelsOf(attributes), value);
      },
    });
    made.push(metric);
    names.set(definition.promName, metric);
  }
  for (const metric of made) register.registerMetric(metric as never);

  const metrics: Metrics = {
    unregister() {
      measurement.end();
      for (const [name, metric] of names) if (register.getSingleMetric(name) === metric) register.removeSingleMetric(name);
      if (registered.get(register) === metrics) registered.delete(register);
    },
  };
  registered.set(register, metrics);
  return metrics;
}

const READ_KEYS = (Object.keys(DEFINITIONS) as (keyof typeof DEFINITIONS)[]).filter((key): key is ReadKey => DEFINITIONS[key].kind !== 'distribution');

function configurationOf(definition: MetricDefinition): object {
  // All are registered at the end, in this registry only.
  return { name: definition.promName, help: definition.description, labelNames: definition.attributes.map((name) => LABELS[name]), registers: [] };
}

/** Labels by attributes; the sets of attributes are few and long-lived. */
const labelSets = new WeakMap<Attributes, Record<string, string | number>>();

function labelsOf(attributes: Attributes): Record<string, string | number> {
  const known = labelSets.get(attributes);
  if (known !== undefined) return known;
  const labels: Record<string, string | number> = {};
  for (const name of Object.keys(attributes) as (keyof typeof LABELS)[]) labels[LABELS[name]] = attributes[name]!;
  labelSets.set(attributes, labels);
  return labels;
}

function checkRegister(register: unknown): void {
  const { registerMetric, getSingleMetric } = (register ?? {}) as Partial<PromRegister>;
  if (typeof registerMetric !== 'function' || typeof getSingleMetric !== 'function') {
    throw new TypeError(`register is a Registry of prom-client, not ${register === null ? 'null' : typeof register}`);
  }
}

function checkNames(register: PromRegister): void {
  for (const { promName } of Object.values(DEFINITIONS)) {
    if (register.getSingleMetric(promName) === undefined) continue;
    const why = registered.has(register) ? 'promMetrics() was called with this registry before; call unregister() of what it returned first' : 'the registry has another metric of that name; pass another registry';
    throw new Error(`${promName} is registered already: ${why}`);
  }
}
