/** Owns the requests to a Prometheus, or to what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics): instant and range queries. */
import { Transport, type Client } from 'watertight';
import type { PrometheusTls } from './prometheus-settings.js';
import { scrapeClient } from './scrape-client.js';
import { ScrapeError, requestError } from './scrape-error.js';
import { parseTarget } from './target.js';

/** A series: its labels, and its points, oldest first. Times in seconds since 1970. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface PrometheusOptions {
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string;
  /** Sent with every request, `X-Scope-OrgID` for example. One called `authorization` goes before the token. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: PrometheusTls;
  /** For a whole answer, ms. Default 30,000. */
  readonly timeout?: number;
}

/** Prometheus refuses a range of more points a series. */
export const MOST_POINTS = 11_000;
/** Bytes of an answer. */
const MOST_BYTES = 256 * 2 ** 20;
/** What is read of an answer that says what went wrong. */
const ERROR_BYTES = 2 ** 16;

export class PrometheusApi {
  /** The server, without credentials and query. */
  readonly url: string;
  private readonly base: string;
  private readonly headers: Readonly<Record<string, string>>;
  private readonly timeout: number;
  private readonly transport: Transport;
  private readonly client: Client;

  /** @throws TargetError if it is no http or https address. */
  constructor(address: string, options: PrometheusOptions = {}) {
    const { url, headers, address: full } = parseTarget(address, options.token === undefined ? {} : { token: options.token });
    this.url = url.replace(/\/+$/, '');
    this.headers = { ...headers, ...options.headers };
    // An address of the API itself, or of its pages, means the server.
    const base = new URL(full);
    base.pathname = base.pathname.replace(/(?:\/debug\/pprof)?\/$/, '').replace(/\/(?:api\/v1(?:\/query(?:_range)?)?|graph|query)$/, '');
    this.base = base.href;
    this.timeout = options.timeout ?? 30_000;
    this.transport = new Transport({ maxIdleConnsPerHost: 1, ...(options.tls !== undefined && { tls: options.tls }) });
    this.client = scrapeClient(this.transport);
  }

  /** What an expression gives at a time, s. @throws ScrapeError */
  query(expression: string, time: number): Promise<Series[]> {
    return this.ask('query', { query: expression, time: String(time) });
  }

  /** What it gives from `start` to `end`, s, at each `step`: at most {@link MOST_POINTS} of them. @throws ScrapeError */
  range(expression: string, start: number, end: number, step: number): Promise<Series[]> {
    return this.ask('query_range', { query: expression, start: String(start), end: String(end), step: String(step) });
  }

  async close(): Promise<void> {
    await this.transport.close();
  }

  private async ask(path: string, query: Readonly<Record<string, string>>): Promise<Series[]> {
    const url = new URL(this.base);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v1/${path}`;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      await using response = await this.client.get(url.href, { headers: this.headers, timeout: this.timeout });
      if (response.status !== 200) throw this.refused(response.status, Buffer.from(await response.body.readAll(ERROR_BYTES)).toString());
      return seriesOf(JSON.parse(Buffer.from(await response.body.readAll(MOST_BYTES)).toString()));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof AnswerError) throw new ScrapeError('rubbish', `${this.url} does not answer as Prometheus's HTTP API does: ${error.message}`, { cause: error });
      const failure = requestError(error, this.url);
      if (!/certificate/i.test(failure.message)) throw failure;
      throw new ScrapeError(failure.failure, `${failure.message}; name the authority that signed it in the configuration file, as prometheus: { tls: { ca_file } }`, { cause: error });
    }
  }

  private refused(status: number, text: string): ScrapeError {
    if (status === 401 || status === 403) return new ScrapeError('unauthorized', `${this.url} answers ${status}: give WATERTIGHT_PROMETHEUS_TOKEN, or in the configuration file prometheus: { token_file } or { basic_auth }`);
    if (status === 404) return new ScrapeError('missing', `${this.url} answers 404: there is no HTTP API of Prometheus there (/api/v1/query)`);
    return new ScrapeError('failed', `${this.url} answers ${status}${said(text)}`);
  }
}

class AnswerError extends Error {}

/** What Prometheus itself says of an error: `{ status: "error", errorType, error }`. */
function said(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    return typeof error === 'string' ? `: ${error.replace(/\s+/g, ' ').slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

/** The series of an answer: a matrix's, or a vector's with one point each. Values that are no number (NaN, +Inf) are left out. */
function seriesOf(answer: unknown): Series[] {
  const { status, data } = (answer ?? {}) as { status?: unknown; data?: { resultType?: unknown; result?: unknown } };
  if (status !== 'success' || !Array.isArray(data?.result)) throw new AnswerError('there is no { status: "success", data: { result: [] } }');
  return (data.result as unknown[]).map((entry) => {
    const { metric, value, values } = (entry ?? {}) as { metric?: unknown; value?: unknown; values?: unknown };
    const raw = Array.isArray(values) ? (values as unknown[]) : [value];
    if (typeof metric !== 'object' || metric === null) throw new AnswerError('a series has no labels');
    const labels = Object.fromEntries(Object.entries(metric).map(([name, text]) => [name, String(text)]));
    return { labels, points: raw.map(pointOf).filter(([, number]) => Number.isFinite(number)) };
  });
}

function pointOf(point: unknown): [number, number] {
  if (!Array.isArray(point) || typeof point[0] !== 'number' || typeof point[1] !== 'string') throw new AnswerError('a point is no [time, "value"]');
  return [point[0], Number(point[1])];
}
