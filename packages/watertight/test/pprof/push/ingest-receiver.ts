/**
 * Owns a receiver that takes what Pyroscope takes, and refuses what it refuses: `POST /ingest`, whose body is a form
 * unless `format=pprof` is asked for, with the profile as the field `profile`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parseProfile, type Profile } from 'watertight/pprof';

export interface Pushed {
  /** The name of the application, and its tags. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As Pyroscope calls the profile. */
  readonly metric: string;
  readonly profile: Profile;
  readonly bytes: Uint8Array;
}

type Behaviour = (response: ServerResponse, count: number) => void;

const takes: Behaviour = (response) => void response.end();

export class IngestReceiver {
  readonly pushed: Pushed[] = [];
  /** Of each request that is not as it should be. */
  readonly faults: string[] = [];
  /** How many requests came. */
  requests = 0;
  #news: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param behave  how it answers; by default it takes all */
  static async start(behave: Behaviour = takes, tls?: { key: string; cert: string }): Promise<IngestReceiver> {
    const answer: RequestListener = (request, response) => void receiver.#receive(request, response, behave);
    const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new IngestReceiver(server, `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return receiver;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Resolves when this is true, asked after each request. */
  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#news.push(resolve));
  }

  async #receive(request: IncomingMessage, response: ServerResponse, behave: Behaviour): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const pushed = await read(request, Buffer.concat(chunks));
      behave(response, this.requests++);
      if (response.writableEnded && response.statusCode === 200) this.pushed.push(pushed);
    } catch (error) {
      // The other end may have gone.
      if (request.complete) this.faults.push(String(error));
      response.writeHead(400).end();
    }
    for (const tell of this.#news.splice(0)) tell();
  }
}

async function read(request: IncomingMessage, body: Buffer): Promise<Pushed> {
  assert.equal(request.method, 'POST');
  const url = new URL(request.url!, 'http://receiver');
  assert.match(url.pathname, /\/ingest$/);
  const query = url.searchParams;
  const [name, tags] = labelSet(query.get('name') ?? '');
  const from = Number(query.get('from'));
  const until = Number(query.get('until'));
  assert.ok(from > 1e9 && from <= until && until < Date.now() / 1000 + 2, url.search);
  assert.match(query.get('sampleRate') ?? '', /^\d+$/);
  assert.equal(Number(request.headers['content-length']), body.length);
  assert.equal(query.get('format'), null, 'with it, the body is the profile, and not a form');
  const files = await filesIn(body, request.headers['content-type']!);
  assert.deepEqual([...files.keys()], ['profile', 'sample_type_config']);
  const bytes = new Uint8Array(await files.get('profile')!.arrayBuffer());
  const config = JSON.parse(await files.get('sample_type_config')!.text()) as Record<string, { 'display-name': string } | undefined>;
  const profile = parseProfile(bytes);
  assert.ok(profile.time > 0 && profile.samples.length > 0);
  return { name, tags, query, path: url.pathname, headers: request.headers, metric: metricName(profile, config), profile, bytes };
}

/** The files of a form, by a parser that is not ours. */
async function filesIn(body: Buffer, type: string): Promise<Map<string, Blob>> {
  // It is not meant for large forms of strangers, of which there are none here.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return new Map([...form].map(([name, file]) => {
    assert.ok(typeof file !== 'string', name);
    return [name, file];
  }));
}

/** As in pkg/og/convert/pprof/profile.go, for the values that are not of CPU or memory. */
function metricName(profile: Profile, config: Record<string, { 'display-name': string } | undefined>): string {
  let metric = '';
  for (const { type } of profile.sampleTypes) {
    metric = config[type]?.['display-name'] ?? type;
    assert.doesNotMatch(metric, /cpu|alloc_|inuse_|mutex_|block_/);
    if (metric.includes('goroutines')) return 'goroutines';
  }
  return metric;
}

/** As in api/model/labelset: there are no quotes, and no characters that stand for others. */
function labelSet(text: string): [string, Record<string, string>] {
  const match = /^([\w./-]+)\{(.*)\}$/.exec(text);
  assert.ok(match !== null, text);
  const tags: Record<string, string> = {};
  for (const pair of match[2].split(',')) {
    const [name, value, ...more] = pair.split('=');
    assert.ok(/^[a-z_]\w*$/i.test(name) && more.length === 0, text);
    tags[name] = value;
  }
  return [match[1], tags];
}
