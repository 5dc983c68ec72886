/**
 * Owns the metrics as OpenTelemetry instruments. All values but the durations are read when the SDK collects.
 */
import type { BatchObservableCallback, Histogram, Meter, Observable } from '@opentelemetry/api';
import { processWide } from '../tasks/index.js';
import { DEFINITIONS, type DistributionKey, type MetricDefinition, type ReadKey } from './definition.js';
import { Measurement } from './measurement.js';
import { checkOptions, type Metrics, type MetricsOptions } from './options.js';
import { loadPeer } from './peer.js';

/** The part of OpenTelemetry's `MeterProvider` that is used. */
export interface OtelMeterProvider {
  /** The meter of a library, by the library's name. */
  getMeter(name: string): object;
}

/** The options of `otelMetrics`. */
export interface OtelMetricsOptions extends MetricsOptions {
  /** The provider of the meter. Default: the global one of `@opentelemetry/api`. */
  readonly meterProvider?: OtelMeterProvider;
}

interface OtelApi {
  readonly metrics: { getMeterProvider(): OtelMeterProvider };
}

/** Meters that have the instruments. A provider returns the same meter each time, also to another copy of this library. */
const registered = processWide('otel-meters', () => ({ meters: new WeakSet<object>() }));

/**
 * Makes the instruments of the meter `watertight` and measures from now on. Call it after the SDK has
 * started: instruments made before the global meter provider is set measure nothing, and a warning says so.
 *
 * @throws TypeError for invalid options.
 * @throws Error if no `meterProvider` is given and `@opentelemetry/api` is not installed, or if the meter has
 *   these instruments already.
 */
export function otelMetrics(options: OtelMetricsOptions = {}): Metrics {
  checkOptions('otelMetrics', options);
  const provider = options.meterProvider ?? globalProvider();
  if (typeof (provider as Partial<OtelMeterProvider> | null)?.getMeter !== 'function') {
    throw new TypeError(`meterProvider is a MeterProvider of OpenTelemetry, not ${options.meterProvider === null ? 'null' : typeof options.meterProvider}`);
  }
  const meter = provider.getMeter('watertight') as Meter;
  const isNoop = meter.constructor.name === 'NoopMeter';
  if (isNoop) {
    process.emitWarning('no meter provider is set, so the metrics of otelMetrics() go nowhere; start the SDK first, or pass meterProvider', { type: 'WatertightWarning', code: 'WATERTIGHT_METRICS' });
    return { unregister() {} };
  }
  if (registered.meters.has(meter)) {
    throw new Error('otelMetrics() was called with this meter provider before; call unregister() of what it returned first');
  }

  const histograms: Readonly<Record<DistributionKey, Histogram>> = {
    connectionDuration: histogramOf(meter, DEFINITIONS.connectionDuration),
    requestDuration: histogramOf(meter, DEFINITIONS.requestDuration),
  };
  const observables = (Object.keys(DEFINITIONS) as (keyof typeof DEFINITIONS)[])
    .filter((key): key is ReadKey => DEFINITIONS[key].kind !== 'distribution')
    .map((key) => ({ key, instrument: observableOf(meter, DEFINITIONS[key]) }));
  const measurement = new Measurement(options, (metric, seconds, attributes) => histograms[metric].record(seconds, attributes));
  const observe: BatchObservableCallback = (result) => {
    const reading = measurement.read();
    for (const { key, instrument } of observables) for (const [attributes, value] of reading[key]) result.observe(instrument, value, attributes);
  };
  const instruments = observables.map(({ instrument }) => instrument);
  meter.addBatchObservableCallback(observe, instruments);
  registered.meters.add(meter);

  let ended = false;
  return {
    unregister() {
      if (ended) return;
      ended = true;
      measurement.end();
      meter.removeBatchObservableCallback(observe, instruments);
      registered.meters.delete(meter);
    },
  };
}

function globalProvider(): OtelMeterProvider {
  const { metrics } = loadPeer('@opentelemetry/api', 'otelMetrics', ', or pass meterProvider') as OtelApi;
  return metrics.getMeterProvider();
}

function histogramOf(meter: Meter, { name, description, unit, buckets }: MetricDefinition): Histogram {
  return meter.createHistogram(name, { description, unit, advice: { explicitBucketBoundaries: [...buckets!] } });
}

function observableOf(meter: Meter, { name, kind, description, unit }: MetricDefinition): Observable {
  if (kind === 'total') return meter.createObservableCounter(name, { description, unit });
  if (kind === 'level') return meter.createObservableGauge(name, { description, unit });
  return meter.createObservableUpDownCounter(name, { description, unit });
}
