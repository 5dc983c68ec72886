/** A site for tests of fetch: it redirects, encodes and echoes as its URL says; and a fetch over connections of the test's own. */
import * as zlib from 'node:zlib';
import { createFetch } from 'watertight';
import type { Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';

export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly body: string;
  /** Name and value as they came. */
  readonly fields: readonly (readonly [string, string])[];
}

type Encode = (bytes: Uint8Array) => Uint8Array;

const zstd = (zlib as typeof zlib & { zstdCompressSync?: Encode }).zstdCompressSync;

export const ENCODERS: Readonly<Record<string, Encode>> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  deflate: zlib.deflateSync,
  'raw deflate': zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
  ...(zstd === undefined ? {} : { zstd }),
};

/** Answers `/redirect?status=302&to=/echo`, `/chain?left=3`, `/encoded?as=gzip,br&text=…`; everything else is echoed as JSON. */
export async function answer(request: RawRequest): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.target, 'http://any');
  const body = String(await request.body);
  if (pathname === '/redirect') {
    const policy = query.get('policy');
    request.reply('moved', { status: `${query.get('status')} Moved`, fields: [`Location: ${query.get('to')}`, ...(policy === null ? [] : [`Referrer-Policy: ${policy}`])] });
  } else if (pathname === '/chain') {
    const left = Number(query.get('left'));
    if (left === 0) request.reply('arrived');
    else request.reply('', { status: '302 Found', fields: [`Location: /chain?left=${left - 1}`] });
  } else if (pathname === '/encoded') {
    const codings = query.get('as')!.split(',');
    const bytes = codings.reduce<Uint8Array>((from, name) => ENCODERS[name.toLowerCase()](from), Buffer.from(query.get('text') ?? 'hello'));
    request.reply(Buffer.from(bytes.subarray(0, bytes.length - Number(query.get('cut') ?? 0))), { fields: [`Content-Encoding: ${codings.join(', ').replace('raw deflate', 'deflate')}`] });
  } else {
    const fields = request.lines.slice(1).map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
    const echo: Echo = { method: request.method, target: request.target, body, fields };
    request.reply(request.method === 'HEAD' ? '' : JSON.stringify(echo), { fields: ['Content-Type: application/json', 'Set-Cookie: a=1', 'Set-Cookie: b=2'] });
  }
}

export async function site(net: Loopback): Promise<{ origin: string; server: RawServer; fetch: typeof globalThis.fetch }> {
  const server = await net.serve({ onRequest: answer });
  return { origin: server.origin, server, fetch: createFetch({ transport: net.client().transport }) };
}

export async function echoOf(response: Response | Promise<Response>): Promise<Echo> {
  return (await (await response).json()) as Echo;
}

/** The value of a field of the echoed request; undefined if it did not come. */
export function field({ fields }: Echo, name: string): string | undefined {
  return fields.find(([each]) => each.toLowerCase() === name)?.[1];
}

export function redirect(origin: string, status: number, to: string, more = ''): string {
  return `${origin}/redirect?status=${status}&to=${encodeURIComponent(to)}${more}`;
}
