/**
 * Owns what is sent to Pyroscope's `POST /ingest` for one profile: the query, and a form with the profile.
 *
 * Of a request with `format=pprof`, Pyroscope reads the body as the profile itself. So there is no `format`: it reads a
 * form, which can say how the values are called, when the Content-Type is that of one
 * (pkg/ingester/pyroscope/ingest_handler.go, pkg/og/convert/pprof/profile.go). Its clients for Go send the same.
 */
import type { ProfileKind } from '../write/index.js';

/** The name of the client, by which Pyroscope tells the language. */
const SPY = 'nodespy';

/** Of clients that sample, for a second. Every one sends it; of these profiles it means nothing. */
const SAMPLE_RATE = 100;

export interface IngestRequest {
  /** With `?`. */
  readonly query: string;
  readonly contentType: string;
  readonly body: readonly Uint8Array[];
}

/**
 * @param series  the name of the application and its tags
 * @param from  when the time began for which the profile stands, ms since 1970
 * @param until  when it ended
 */
export function ingestRequest(kind: Pick<ProfileKind, 'name' | 'sampleTypes'>, profile: Uint8Array, series: string, from: number, until: number): IngestRequest {
  const query = new URLSearchParams({
    name: series,
    from: String(Math.floor(from / 1000)),
    until: String(Math.ceil(until / 1000)),
    spyName: SPY,
    sampleRate: String(SAMPLE_RATE),
    units: kind.name === 'goroutine' ? 'goroutines' : 'objects',
    aggregationType: 'average',
  });
  const boundary = `watertight-${process.getBuiltinModule('node:crypto').randomUUID()}`;
  const part = (name: string, file: string, type: string): string => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${file}"\r\nContent-Type: ${type}\r\n\r\n`;
  return {
    query: `?${query.toString()}`,
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: [
      Buffer.from(part('profile', 'profile.pprof', 'application/octet-stream')),
      profile,
      Buffer.from(`\r\n${part('sample_type_config', 'sample_type_config.json', 'application/json')}${JSON.stringify(sampleTypeConfig(kind))}\r\n--${boundary}--\r\n`),
    ],
  };
}

/**
 * Pyroscope calls a profile after the display names of its values. Goroutines have the name that its client for Go
 * gives them, so that both are one type of profile there; the others are called as at /debug/pprof.
 */
function sampleTypeConfig({ name, sampleTypes }: Pick<ProfileKind, 'name' | 'sampleTypes'>): Record<string, object> {
  const display = name === 'goroutine' ? 'goroutines' : name;
  return Object.fromEntries(sampleTypes.map(({ type, unit }) => [type, { units: name === 'goroutine' ? 'goroutines' : unit === 'count' ? 'objects' : unit, 'display-name': display, aggregation: 'average' }]));
}
