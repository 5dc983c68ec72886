/**
 * Owns the table of what other clients do with every kind of body: each API with each kind, against a server that
 * tells what has come. CommonJS, because a program in it loads nothing of Node that it does not ask for.
 */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- what this file is for
import http = require('node:http');
// eslint-disable-next-line @typescript-eslint/no-require-imports
import stream = require('node:stream');

interface Sent {
  readonly method: string;
  readonly body?: unknown;
  readonly duplex?: 'half';
}

/** What the versions of undici have in common. Of the one in Node, only the last two can be reached. */
interface Undici {
  FormData?: new () => FormData;
  request?(url: string, sent: Sent): Promise<{ statusCode: number; body: { text(): Promise<string> } }>;
  stream?(url: string, sent: Sent, factory: () => stream.Writable): Promise<unknown>;
  pipeline?(url: string, sent: Sent, handler: (answer: { body: stream.Readable }) => stream.Readable): stream.Duplex;
  upgrade?(url: string, how: object): Promise<{ socket: stream.Duplex }>;
  connect?(how: object): Promise<{ socket: stream.Duplex; statusCode: number }>;
  fetch(url: string, sent: Sent): Promise<Response>;
  getGlobalDispatcher(): { dispatch(options: object, handler: object): boolean };
}

const TEXT = 'some text that is sent';

/** A body of each kind, made anew for each request. Those of undici's own classes are in {@link ownForms}. */
const KINDS: Record<string, () => unknown> = {
  nothing: () => undefined,
  null: () => null,
  string: () => TEXT,
  Buffer: () => Buffer.from(TEXT),
  Uint8Array: () => new TextEncoder().encode(TEXT),
  ArrayBuffer: () => new TextEncoder().encode(TEXT).buffer,
  Blob: () => new Blob([TEXT], { type: 'text/x' }),
  URLSearchParams: () => new URLSearchParams({ a: '1', b: TEXT }),
  Readable: () => stream.Readable.from([TEXT.slice(0, 5), TEXT.slice(5)]),
  generator: () => pieces(),
  'sync generator': () => syncPieces(),
  'async iterable': () => ({ [Symbol.asyncIterator]: pieces }),
  ReadableStream: () => new Blob([TEXT]).stream(),
};

async function* pieces(): AsyncGenerator<Buffer> {
  for (const piece of syncPieces()) {
    await new Promise(setImmediate);
    yield piece;
  }
}

function* syncPieces(): Generator<Buffer> {
  yield Buffer.from(TEXT.slice(0, 5));
  yield Buffer.from(TEXT.slice(5));
}

function form(FormDataClass: new () => FormData): FormData {
  const fields = new FormDataClass();
  fields.set('text', TEXT);
  fields.set('file', new Blob(['abc']), 'abc.txt');
  return fields;
}

/** Touches nothing of the platform's classes, unless `global` is asked for. */
function kindsOf(undici: Undici, global: boolean): Record<string, () => unknown> {
  if (global) return { 'global FormData': () => form(FormData) };
  const { FormData: own } = undici;
  return own === undefined ? KINDS : { ...KINDS, FormData: () => form(own) };
}

async function textOf(body: AsyncIterable<unknown> | null | undefined): Promise<string> {
  let text = '';
  for await (const chunk of body ?? []) text += String(chunk);
  return text;
}

/** Handlers of undici's `dispatch`, in the form of versions 6 and 7 and in that of 7 and 8; both are kept by the program only. */
function oldHandler(settle: (result: unknown) => void, fail: (error: unknown) => void): object {
  let status = 0;
  const chunks: Buffer[] = [];
  return {
    onConnect: () => undefined,
    onHeaders: (code: number) => {
      status = code;
      return true;
    },
    onData: (chunk: Buffer) => chunks.push(chunk) > 0,
    onComplete: () => settle([status, Buffer.concat(chunks).toString()]),
    onError: fail,
    onUpgrade: (code: number, _headers: unknown, socket: stream.Duplex) => {
      socket.destroy();
      settle([code, 'upgraded']);
    },
  };
}

function newHandler(settle: (result: unknown) => void, fail: (error: unknown) => void): object {
  let status = 0;
  const chunks: Buffer[] = [];
  return {
    onRequestStart: () => undefined,
    onResponseStart: (_controller: unknown, code: number) => {
      status = code;
    },
    onResponseData: (_controller: unknown, chunk: Buffer) => void chunks.push(chunk),
    onResponseEnd: () => settle([status, Buffer.concat(chunks).toString()]),
    onResponseError: (_controller: unknown, error: unknown) => fail(error),
    onRequestUpgrade: (_controller: unknown, code: number, _headers: unknown, socket: stream.Duplex) => {
      socket.destroy();
      settle([code, 'upgraded']);
    },
  };
}

const methodFor = (body: unknown): string => (body === undefined || body === null ? 'GET' : 'POST');

type Call = (undici: Undici, origin: string, body: unknown) => Promise<unknown>;

function dispatched(makeHandler: typeof oldHandler, extra: object = {}): Call {
  return (undici, origin, body) =>
    new Promise((settle, fail) => {
      const dispatcher = undici.getGlobalDispatcher();
      dispatcher.dispatch({ origin, path: '/', method: methodFor(body), body, ...extra }, makeHandler(settle, fail));
    });
}

const APIS: Record<string, Call> = {
  request: async (undici, origin, body) => {
    const response = await undici.request!(origin, { method: methodFor(body), body });
    return [response.statusCode, await response.body.text()];
  },
  stream: async (undici, origin, body) => {
    const chunks: Buffer[] = [];
    const into = new stream.Writable({ 
      write: (chunk: Buffer, _encoding, done) => {
        chunks.push(chunk);
        done();
      },
    });
    await undici.stream!(origin, { method: methodFor(body), body }, () => into);
    return Buffer.concat(chunks).toString();
  },
  pipeline: async (undici, origin, body) => {
    const duplex = undici.pipeline!(origin, { method: 'POST' }, ({ body: answer }) => answer);
    try {
      if (body instanceof stream.Readable) body.pipe(duplex);
      else duplex.end(body);
    } catch (error) {
      duplex.on('error', () => undefined).destroy();
      throw error;
    }
    return textOf(duplex);
  },
  fetch: async (undici, origin, body) => {
    const response = await undici.fetch(origin, { method: methodFor(body), body, duplex: 'half' });
    return [response.status, await response.text()];
  },
  'dispatch, old handler': dispatched(oldHandler),
  'dispatch, new handler': dispatched(newHandler),
};

/** Those that have no body. */
const BODILESS: Record<string, Call> = {
  upgrade: async (undici, origin) => {
    const { socket } = await undici.upgrade!(origin, { protocol: 'x' });
    socket.destroy();
    return 'upgraded';
  },
  connect: async (undici, origin) => {
    const { socket, statusCode } = await undici.connect!({ origin, path: 'example.com:80' });
    socket.destroy();
    return statusCode;
  },
  'dispatch of an upgrade, old handler': dispatched(oldHandler, { upgrade: 'x' }),
  'dispatch of an upgrade, new handler': dispatched(newHandler, { upgrade: 'x' }),
};

/** Node's own client: the kinds that a stream takes. */
async function overNodeHttp(origin: string, kind: string): Promise<unknown> {
  const body = KINDS[kind]() as string | Buffer | stream.Readable | undefined;
  const response = await new Promise<http.IncomingMessage>((answered, fail) => {
    const request = http.request(origin, { method: methodFor(body) }, answered).on('error', fail);
    if (body instanceof stream.Readable) body.pipe(request);
    else request.end(body);
  });
  return [response.statusCode, await textOf(response)];
}

/**
 * Node 24 loads its own undici for an ES module, and then some forms are never sent, with and without the observation.
 * They are given up when no other has settled for so many looks in succession; on a busy machine looks are rarer too.
 */
const LOOKS = 20;
const LOOK_MS = 50;

let quietLooks = 0;
const givenUp = new Set<(result: string) => void>();

function look(): void {
  if (++quietLooks < LOOKS) return;
  for (const settle of givenUp) settle('no answer');
}

async function resultOf(call: () => Promise<unknown>): Promise<unknown> {
  let giveUp: (result: string) => void;
  const late = new Promise<string>((settle) => givenUp.add((giveUp = settle)));
  try {
    return await Promise.race([call(), late]);
  } catch (error) {
    const { name, code, message, cause } = error as Error & { code?: string };
    return { name, code, message, cause: cause instanceof Error ? cause.message : cause };
  } finally {
    quietLooks = 0;
    givenUp.delete(giveUp!);
  }
}

/** Answers with what has come; boundaries differ each time. */
function serve(): http.Server {
  const server = http.createServer((request, response) => {
    void textOf(request).then((text) => {
      const { 'content-type': type, 'content-length': length, 'transfer-encoding': coding } = request.headers;
      const boundary = /boundary=(\S+)/.exec(type ?? '')?.[1];
      const plain = JSON.stringify([request.method, type, length, coding, text]);
      response.end(boundary === undefined ? plain : plain.replaceAll(boundary, 'B').replace(/"\d+"/, '"N"'));
    });
  });
  server.on('upgrade', (_request, socket) => socket.on('error', () => undefined).end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'));
  server.on('connect', (_request, socket) => socket.on('error', () => undefined).end('HTTP/1.1 200 OK\r\n\r\n'));
  return server;
}

/** The result of each case by its name, with one copy of undici. */
async function clientMatrix(undici: Undici): Promise<Record<string, unknown>> {
  const server = serve().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const results: Record<string, unknown> = {};
  const looks = setInterval(look, LOOK_MS);
  const note = async (name: string, call: () => Promise<unknown>): Promise<void> => {
    results[name] = await resultOf(call);
  };
  // What touches the platform's classes comes last: it makes Node load its own undici.
  for (const global of [false, true]) {
    const apis = Object.entries(APIS).filter(([api]) => api in undici || api.startsWith('dispatch'));
    const kinds = Object.entries(kindsOf(undici, global));
    await Promise.all(apis.flatMap(([api, call]) => kinds.map(([kind, make]) => note(`${api}, ${kind}`, () => call(undici, origin, make())))));
  }
  for (const [api, call] of Object.entries(BODILESS)) {
    if (api in undici || api.startsWith('dispatch')) await note(api, () => call(undici, origin, undefined));
  }
  for (const kind of ['nothing', 'string', 'Buffer', 'Uint8Array', 'Readable']) await note(`node:http, ${kind}`, () => overNodeHttp(origin, kind));
  clearInterval(looks);
  server.closeAllConnections();
  server.close();
  return results;
}

/** The undici in Node, as far as it can be reached. */
function builtIn(): Undici {
  return {
    fetch: (url, sent) => fetch(url, sent as RequestInit),
    getGlobalDispatcher: () => {
      const all = globalThis as unknown as Record<symbol, ReturnType<Undici['getGlobalDispatcher']>>;
      return all[Symbol.for('undici.globalDispatcher.2')] ?? all[Symbol.for('undici.globalDispatcher.1')];
    },
  };
}

async function print(undici: Undici): Promise<void> {
  const results = await clientMatrix(undici);
  process.stdout.write(JSON.stringify(results));
}

if (require.main === module) {
  const [, , name] = process.argv;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the package that the test names
  void print(name === 'built-in' ? builtIn() : (require(name) as Undici));
}

export = { print, builtIn };
