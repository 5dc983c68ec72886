/** Metrics of connections, requests and leaks, for Prometheus and for OpenTelemetry. */
export { DEFINITIONS, LABELS, type MetricDefinition } from './definition.js';
export type { Metrics, MetricsOptions } from './options.js';
export { otelMetrics, type OtelMeterProvider, type OtelMetricsOptions } from './otel.js';
export { promMetrics, type PromMetricsOptions, type PromRegister } from './prom.js';
export { serverOf } from './server.js';
export { siteLabel, topSites } from './site-label.js';
export { methodOf, outcomeOf } from './outcome.js';
