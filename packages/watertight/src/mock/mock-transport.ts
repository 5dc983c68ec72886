/** Owns the transport for tests: its servers are a function of the program, and its connections are in memory. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Transport, type DialTarget, type TransportOptions } from '../transport/index.js';
import { Headers, RequestError, show } from '../wire/index.js';
import { memoryPair } from './memory-pair.js';

/** A request that came, with its whole body. */
export interface MockRequest {
  readonly method: string;
  /** Absolute, without fragment. */
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** The body as UTF-8. */
  readonly text: string;
}

/** A reply. A bare string or bytes are the body of a 200. */
export interface MockReply {
  /** Default: 200. */
  readonly status?: number;
  /** Default: the usual phrase of the status. */
  readonly statusText?: string;
  /** Default: none. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Default: empty. A stream or an iterable comes piece by piece. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array> | Iterable<Uint8Array> | null;
  /** Instead of a body: it is sent as JSON, with that type. */
  readonly json?: unknown;
}

/** Answers a request. What it throws breaks the connection, with that as the cause of the request's error. */
export type MockAnswer = (request: MockRequest) => MockReply | string | Uint8Array | PromiseLike<MockReply | string | Uint8Array>;

/**
 * A transport without a network. Nothing is patched: a client gets it instead of
 * another transport. The rest is real, from the parser to the pool, so a body that
 * a test forgets to read is a leak with its line, as over a network.
 *
 * ```ts
 * const transport = new MockTransport(({ url }) => ({ json: { url } }));
 * const client = new Client({ transport });
 * ```
 *
 * It takes the options of a Transport, except those that dial. There is no proxy, whatever the environment says.
 *
 * @throws RequestError (`ERR_INVALID_OPTION`) if `answer` is no function, TransportError as Transport
 */
export class MockTransport extends Transport {
  /** The requests that came, in order. */
  readonly requests: MockRequest[] = [];
  private readonly server: Server;
  private readonly answer: MockAnswer;

  constructor(answer: MockAnswer, options: Omit<TransportOptions, 'dial' | 'dialTls' | 'lookup' | 'proxy' | 'proxyConnectHeaders' | 'socketPath' | 'localAddress' | 'family' | 'autoSelectFamilyAttemptTimeout'> = {}) {
    if (typeof answer !== 'function') throw new RequestError('ERR_INVALID_OPTION', `a MockTransport takes a function that answers a request, not ${show(answer)}`);
    const connectTo = (scheme: string) => (_target: DialTarget): Duplex => {
      const [client, server] = memoryPair();
      schemes.set(server, scheme);
      // What breaks it is the client's to report.
      server.on('error', () => undefined);
      this.server.emit('connection', server);
      return client;
    };
    super({ ...options, proxy: null, dial: connectTo('http'), dialTls: connectTo('https') });
    this.answer = answer;
    this.server = process.getBuiltinModule('node:http').createServer({ keepAliveTimeout: 0 }, (request, response) => void this.serve(request, response));
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = incoming;
    try {
      const request = await received(incoming);
      this.requests.push(request);
      await send(await this.answer(request), response, request.method);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Which scheme a connection is for: to the server they are all alike. */
const schemes = new WeakMap<Duplex, string>();

async function received(incoming: IncomingMessage): Promise<MockRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (let i = 0; i < incoming.rawHeaders.length; i += 2) headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1]);
  return { method: incoming.method!, url: `${schemes.get(incoming.socket)}://${incoming.headers.host}${incoming.url}`, headers, body, text: body.toString('utf8') };
}

async function send(given: MockReply | string | Uint8Array, response: ServerResponse, method: string): Promise<void> {
  const reply: MockReply = typeof given === 'string' || given instanceof Uint8Array ? { body: given } : given;
  if (typeof reply !== 'object' || (reply as unknown) === null) throw new RequestError('ERR_INVALID_OPTION', `the function of the MockTransport gave ${show(given)}; a reply is a string, bytes or an object such as { status, headers, body }`);
  const { status = 200, statusText, headers = {}, json } = reply;
  const body = json === undefined ? (reply.body ?? '') : JSON.stringify(json);
  response.sendDate = false;
  response.statusCode = status;
  if (statusText !== undefined) response.statusMessage = statusText;
  if (json !== undefined) response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body === 'string' || body instanceof Uint8Array) {
    response.end(body);
    return;
  }
  // The head does not wait for the first piece.
  response.flushHeaders();
  if (method === 'HEAD') response.end();
  else await pipeline(Readable.from(body), response);
}
