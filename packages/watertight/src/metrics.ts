/** `watertight/metrics`: connections, requests and leaks as metrics, for Prometheus and OpenTelemetry. */
export { otelMetrics, promMetrics } from './metrics/index.js';
export type { Metrics, MetricsOptions, OtelMeterProvider, OtelMetricsOptions, PromMetricsOptions, PromRegister } from './metrics/index.js';
