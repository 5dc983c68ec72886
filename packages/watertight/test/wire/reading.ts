/** Feeds bytes to a reader in given pieces, so that every way to cut a message can be held against the others. */

import { ChunkedDecoder, DEFAULT_LIMITS, HeadScanner, ProtocolError, STRICT, type Leniency, type WireLimits } from '#wire';

export interface HeadRead {
  minor: number;
  status: number;
  text: string;
  fieldsAt: number;
  contentLength: number;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  gzip: boolean;
  keepAliveTimeout: number;
  /** How many bytes were the head's. */
  taken: number;
}

export type Reading<T> = T | { refused: string } | 'unfinished';

/** The pieces of `bytes` between the cuts, each in memory of its own that is overwritten after use, as a socket's is. */
export function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  return [...cuts, bytes.length].map((end, i) => Buffer.from(bytes.subarray(cuts[i - 1] ?? 0, end)));
}

/** Every cut into two, and one into single bytes. */
export function everyCut(length: number): number[][] {
  const all = Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
  return [[], ...all.map((cut) => [cut]), all];
}

export function readHead(bytes: Buffer, cuts: readonly number[], limits: WireLimits = DEFAULT_LIMITS, trailers = false, leniency: Leniency = STRICT): Reading<HeadRead> {
  const scanner = new HeadScanner(limits, leniency);
  if (trailers) scanner.resetTrailers();
  let before = 0;
  try {
    for (const piece of pieces(bytes, cuts)) {
      // Not at the start of its buffer: positions are not lengths.
      const shifted = Buffer.concat([Buffer.from('\r\n\r\n!'), piece, Buffer.from('\r\n\r\n')]);
      const next = scanner.feed(shifted, 5, 5 + piece.length);
      const { minor, status, text, fieldsAt, contentLength, chunked, close, keepAlive, gzip, keepAliveTimeout } = scanner;
      shifted.fill('#');
      if (next !== -1) return { minor, status, text, fieldsAt, contentLength, chunked, close, keepAlive, gzip, keepAliveTimeout, taken: before + next - 5 };
      before += piece.length;
    }
    return 'unfinished';
  } catch (error) {
    return refusal(error);
  }
}

export interface BodyRead {
  body: string;
  trailers: string;
  taken: number;
}

export function readChunks(bytes: Buffer, cuts: readonly number[], limits: WireLimits = DEFAULT_LIMITS): Reading<BodyRead> {
  const scanner = new HeadScanner(limits);
  const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
  scanner.feed(head, 0, head.length);
  const decoder = new ChunkedDecoder(scanner);
  let body = '';
  let before = 0;
  try {
    for (const piece of pieces(bytes, cuts)) {
      let pos = 0;
      while (pos < piece.length && !decoder.done) {
        const next = decoder.step(piece, pos, piece.length);
        body += piece.toString('latin1', decoder.dataStart, decoder.dataEnd);
        if (next <= pos) throw new Error(`the decoder took nothing at ${pos}`);
        pos = next;
      }
      piece.fill('#');
      if (decoder.done) return { body, trailers: decoder.trailers, taken: before + pos };
      before += piece.length;
    }
    return 'unfinished';
  } catch (error) {
    return refusal(error);
  }
}

/** Only what the other side broke may be thrown; anything else is our bug and goes on. */
function refusal(error: unknown): { refused: string } {
  if (error instanceof ProtocolError) return { refused: error.code };
  throw error;
}
