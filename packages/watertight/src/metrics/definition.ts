/**
 * Owns the definition of every metric: name, unit, description, attributes and buckets, for OpenTelemetry and
 * for Prometheus. Names are those of OpenTelemetry's semantic conventions for HTTP clients, where these have
 * one.
 */

/** The name of an attribute in OpenTelemetry. */
export type AttributeName = keyof typeof LABELS;

/** The attributes of a series. Numbers are integers. */
export type Attributes = Readonly<Partial<Record<AttributeName, string | number>>>;

/** The name of each attribute as a label in Prometheus. */
export const LABELS = {
  'http.connection.state': 'state',
  'http.request.method': 'method',
  'http.response.status_code': 'status_code',
  'error.type': 'error_type',
  'server.address': 'server_address',
  'server.port': 'server_port',
  'url.scheme': 'url_scheme',
  'watertight.client': 'client',
  'watertight.site': 'site',
} as const;

/** `sum` rises and falls and may be added up over processes; `level` rises and falls and may not be added up; `total` only rises. */
export type MetricKind = 'sum' | 'level' | 'total' | 'distribution';

export interface MetricDefinition {
  /** The name in OpenTelemetry. */
  readonly name: string;
  /** The name in Prometheus. */
  readonly promName: string;
  readonly kind: MetricKind;
  /** The unit, as a code of UCUM. */
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly AttributeName[];
  /** Upper bounds of a distribution's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

const SERVER = ['server.address', 'server.port', 'url.scheme'] as const;

export const DEFINITIONS = {
  openConnections: {
    name: 'http.client.open_connections',
    promName: 'http_client_open_connections',
    kind: 'sum',
    unit: '{connection}',
    description: "Open connections of watertight's own client: active ones serve a request or are held by an unfinished response, idle ones are pooled.",
    attributes: ['http.connection.state', ...SERVER],
  },
  connectionDuration: {
    name: 'http.client.connection.duration',
    promName: 'http_client_connection_duration_seconds',
    kind: 'distribution',
    unit: 's',
    description: "How long connections of watertight's own client were open; recorded when they end.",
    attributes: SERVER,
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
  },
  activeRequests: {
    name: 'http.client.active_requests',
    promName: 'http_client_active_requests',
    kind: 'sum',
    unit: '{request}',
    description: 'Requests that are not finished: waiting for a connection or for a response, or with a response that was neither read to its end nor closed.',
    attributes: ['http.request.method', ...SERVER, 'watertight.client'],
  },
  requestDuration: {
    name: 'http.client.request.duration',
    promName: 'http_client_request_duration_seconds',
    kind: 'distribution',
    unit: 's',
    description: 'From the start of a request to the end of its response: its body read to the end, closed, failed or cancelled. Recorded then.',
    attributes: ['http.request.method', 'http.response.status_code', 'error.type', ...SERVER, 'watertight.client'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
  opened: {
    name: 'watertight.connections.opened',
    promName: 'watertight_connections_opened_total',
    kind: 'total',
    unit: '{connection}',
    description: "Connections that watertight's own client has opened, those open when measuring began included.",
    attributes: SERVER,
  },
  closed: {
    name: 'watertight.connections.closed',
    promName: 'watertight_connections_closed_total',
    kind: 'total',
    unit: '{connection}',
    description: "Connections of watertight's own client that have ended.",
    attributes: SERVER,
  },
  oldestHolder: {
    name: 'watertight.oldest_holder.age',
    promName: 'watertight_oldest_holder_age_seconds',
    kind: 'level',
    unit: 's',
    description: 'Age of the oldest request that is not finished, as http.client.active_requests counts them; 0 if there is none.',
    attributes: SERVER,
  },
  suspects: {
    name: 'watertight.suspects',
    promName: 'watertight_suspects',
    kind: 'sum',
    unit: '{response}',
    description: 'Unfinished responses that nobody has read from for 10 s, by the line that made the request; the lines with the most, the rest as "other".',
    attributes: ['watertight.site'],
  },
  provenLeaks: {
    name: 'watertight.proven_leaks',
    promName: 'watertight_proven_leaks_total',
    kind: 'total',
    unit: '{response}',
    description: 'Responses garbage-collected unfinished since the process started, by the line that made the request; the first lines found, the rest as "other".',
    attributes: ['watertight.site'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricKey = keyof typeof DEFINITIONS;

/** The metrics whose values are recorded when an event ends, not read at a moment. */
export type DistributionKey = 'connectionDuration' | 'requestDuration';

export type ReadKey = Exclude<MetricKey, DistributionKey>;
