/**
 * Owns the definition of a scenario, and reading scenarios from JSON.
 *
 * Each mistake in a file is reported with its place and with what would be right. Running a scenario is left to
 * scenario-run.ts.
 */

/** How much of a body is read: nothing, everything, or at most so many bytes. */
export type ReadAmount = 'none' | 'all' | number;

/** `times` requests and what is done with each response. */
export interface RequestStep {
  readonly op: 'request';
  /** Which of the servers: same handlers, different port. */
  readonly host: number;
  readonly path: string;
  readonly method: string;
  readonly times: number;
  /** All at once instead of one after another. */
  readonly parallel: boolean;
  readonly read: ReadAmount;
  /** Close the body afterwards; a response that is not closed stays referenced. */
  readonly close: boolean;
  /** Milliseconds after which the request is cancelled; 0 is never. */
  readonly cancelMs: number;
  /** Bytes sent. */
  readonly body: number;
  readonly connectionClose: boolean;
  /** By https. The server's certificate is not checked. */
  readonly tls: boolean;
  /** Asks for another protocol. */
  readonly upgrade: boolean;
  /** Where a CONNECT leads to, as host:port; '' for any other method. */
  readonly authority: string;
  /** The body is sent in chunks, with a trailer field behind it. */
  readonly trailers: boolean;
}

export interface WaitStep {
  readonly op: 'wait';
  readonly ms: number;
}

/** `closeAll` and `readAll` mean every response kept so far; `count` settles and counts. */
export interface PlainStep {
  readonly op: 'closeIdle' | 'closeAll' | 'readAll' | 'count';
}

export type Step = RequestStep | WaitStep | PlainStep;

/** What goes on top of Go's default transport; what is not here keeps its default. */
export interface ScenarioTransport {
  readonly maxIdleConns?: number;
  readonly maxIdleConnsPerHost?: number;
  readonly maxConnsPerHost?: number;
  readonly idleConnTimeout?: number;
  readonly disableKeepAlives?: boolean;
  readonly disableCompression?: boolean;
  /** The scheme of a proxy, which is the last of the servers. */
  readonly proxy?: string;
  /** The user name for it, which says how it behaves: see proxy.ts. */
  readonly proxyUser?: string;
  /** Asks over https, where both sides speak HTTP/2. */
  readonly http2?: boolean;
}

export interface Scenario {
  /** Which part of the lifecycle it is about; '' if the file does not say. */
  readonly subject: string;
  readonly id: string;
  /** What it shows, in plain words. */
  readonly why: string;
  readonly transport: ScenarioTransport;
  readonly steps: readonly Step[];
  /** What Go counted: one number for each `count` step. */
  readonly counts: readonly number[];
  /** How many requests ended in an error with Go. */
  readonly errors: number;
}

/** How many servers it asks: the highest `host`, and one. */
export function hostsOf({ steps }: Scenario): number {
  return 1 + Math.max(0, ...steps.map((step) => (step.op === 'request' ? step.host : 0)));
}

/** A scenario file that cannot be used. The message says where and what would be right. */
export class ScenarioFileError extends Error {
  override readonly name = 'ScenarioFileError';
  readonly code = 'ERR_SCENARIO_FILE';
}

const OPS = ['request', 'closeIdle', 'closeAll', 'readAll', 'wait', 'count'] as const;

/** The fields of a step and what each holds. Go's recorder writes all of them at every step. */
const STEP_FIELDS = {
  op: 'text',
  host: 'count',
  path: 'text',
  method: 'text',
  times: 'count',
  parallel: 'flag',
  read: 'amount',
  close: 'flag',
  cancelMs: 'count',
  ms: 'count',
  body: 'count',
  connectionClose: 'flag',
  tls: 'flag',
  upgrade: 'flag',
  authority: 'text',
  trailers: 'flag',
} as const;

const TRANSPORT_FIELDS = {
  maxIdleConns: 'count',
  maxIdleConnsPerHost: 'integer',
  maxConnsPerHost: 'count',
  idleConnTimeoutMs: 'count',
  disableKeepAlives: 'flag',
  disableCompression: 'flag',
  proxy: 'text',
  proxyUser: 'text',
  http2: 'flag',
} as const;

const SCENARIO_FIELDS = ['subject', 'id', 'why', 'transport', 'steps', 'counts', 'errors'];

/**
 * Reads scenarios from JSON text; `source` names the text in messages.
 *
 * @throws ScenarioFileError if one cannot be used.
 */
export function parseScenarios(text: string, source: string): Scenario[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ScenarioFileError(`${source} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(parsed)) throw new ScenarioFileError(`${source} must hold an array of scenarios, not ${nameOf(parsed)}.`);
  if (parsed.length === 0) throw new ScenarioFileError(`${source} holds no scenario.`);
  const seen = new Set<string>();
  return parsed.map((each: unknown, index) => {
    const scenario = readScenario(each, `${source}: scenario ${index + 1}`);
    if (seen.has(scenario.id)) throw new ScenarioFileError(`${source}: two scenarios have the id ${quote(scenario.id)}.`);
    seen.add(scenario.id);
    return scenario;
  });
}

function readScenario(value: unknown, place: string): Scenario {
  if (!isRecord(value)) throw new ScenarioFileError(`${place} must be an object, not ${nameOf(value)}.`);
  const { subject = '', id, why = '', transport = null, steps, counts, errors = 0 } = value;
  if (typeof id !== 'string' || id === '') throw new ScenarioFileError(`${place} needs an id, a text that is not empty.`);
  const here = `${place} (${id})`;
  onlyKnown(value, SCENARIO_FIELDS, here);
  if (typeof subject !== 'string') throw new ScenarioFileError(`${here}: subject must be text, not ${nameOf(subject)}.`);
  if (typeof why !== 'string') throw new ScenarioFileError(`${here}: why must be text, not ${nameOf(why)}.`);
  if (!Array.isArray(steps)) throw new ScenarioFileError(`${here}: steps must be an array, not ${nameOf(steps)}.`);
  const read = steps.map((step: unknown, index) => readStep(step, `${here}, step ${index + 1}`));
  const wanted = read.filter(({ op }) => op === 'count').length;
  if (!Array.isArray(counts) || !counts.every(isCount)) {
    throw new ScenarioFileError(`${here}: counts must be an array of what Go counted, one number for each count step; parity/record.mjs records them.`);
  }
  if (counts.length !== wanted) {
    throw new ScenarioFileError(`${here}: there are ${wanted} count steps but ${counts.length} counts.`);
  }
  if (!isCount(errors)) throw new ScenarioFileError(`${here}: errors must be a number of requests, not ${nameOf(errors)}.`);
  return { subject, id, why, transport: readTransport(transport, here), steps: read, counts, errors };
}

function readTransport(value: unknown, place: string): ScenarioTransport {
  if (value === null) return {};
  if (!isRecord(value)) throw new ScenarioFileError(`${place}: transport must be an object or null, not ${nameOf(value)}.`);
  onlyKnown(value, Object.keys(TRANSPORT_FIELDS), `${place}, transport`);
  const transport: Record<string, number | boolean | string> = {};
  for (const [field, kind] of Object.entries(TRANSPORT_FIELDS)) {
    const given = value[field] ?? null;
    if (given === null) continue;
    const checked = readField(given, kind, `${place}, transport: ${field}`) as number | boolean | string;
    if (checked === '') continue; // how the recorder writes "none"
    if (field !== 'idleConnTimeoutMs') transport[field] = checked;
    else if (checked !== 0) transport.idleConnTimeout = checked; // 0 is how the recorder writes "default"
  }
  return transport;
}

function readStep(value: unknown, place: string): Step {
  if (!isRecord(value)) throw new ScenarioFileError(`${place} must be an object, not ${nameOf(value)}.`);
  onlyKnown(value, Object.keys(STEP_FIELDS), place);
  const fields: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(STEP_FIELDS)) {
    if (value[field] !== undefined) fields[field] = readField(value[field], kind, `${place}: ${field}`);
  }
  const op = OPS.find((known) => known === fields.op);
  if (op === undefined) throw new ScenarioFileError(`${place}: op must be one of ${OPS.join(', ')}, not ${nameOf(value.op)}.`);
  if (op === 'wait') return { op, ms: (fields.ms as number | undefined) ?? 0 };
  if (op !== 'request') return { op };
  const given = fields as Partial<RequestStep>;
  if (!given.path?.startsWith('/')) throw new ScenarioFileError(`${place}: path must start with a /, as in "/bytes/50000".`);
  return {
    op,
    host: given.host ?? 0,
    path: given.path,
    method: given.method || 'GET',
    times: given.times || 1,
    parallel: given.parallel ?? false,
    read: given.read ?? 'none',
    close: given.close ?? false,
    cancelMs: given.cancelMs ?? 0,
    body: given.body ?? 0,
    connectionClose: given.connectionClose ?? false,
    tls: given.tls ?? false,
    upgrade: given.upgrade ?? false,
    authority: given.authority ?? '',
    trailers: given.trailers ?? false,
  };
}

type FieldKind = 'text' | 'flag' | 'count' | 'integer' | 'amount';

function readField(value: unknown, kind: FieldKind, place: string): unknown {
  switch (kind) {
    case 'text':
      if (typeof value === 'string') return value;
      throw new ScenarioFileError(`${place} must be text, not ${nameOf(value)}.`);
    case 'flag':
      if (typeof value === 'boolean') return value;
      throw new ScenarioFileError(`${place} must be true or false, not ${nameOf(value)}.`);
    case 'integer':
      if (Number.isInteger(value)) return value;
      throw new ScenarioFileError(`${place} must be a whole number, not ${nameOf(value)}.`);
    case 'count':
      if (isCount(value)) return value;
      throw new ScenarioFileError(`${place} must be a whole number from 0 on, not ${nameOf(value)}.`);
    case 'amount':
      if (value === '' || value === 'none') return 'none';
      if (value === 'all') return 'all';
      if (isCount(value)) return value;
      if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
      throw new ScenarioFileError(`${place} must be "none", "all" or a number of bytes, not ${nameOf(value)}.`);
  }
}

function onlyKnown(value: Record<string, unknown>, known: readonly string[], place: string): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new ScenarioFileError(`${place}: there is no field ${quote(unknown)}; the fields are ${known.join(', ')}.`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (isRecord(value)) return 'an object';
  return JSON.stringify(value);
}
