/** What reads bytes of servers: heads, chunks and whole responses of the corpus, content codings. No result may depend on how they are cut. */

import assert from 'node:assert/strict';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { codingsOf, DecodeError } from '#coding';
import { DEFAULT_LIMITS, ProtocolError, ResponseReader } from '#wire';
import { loadCorpus, totalBytes } from '../corpus/corpus-case.js';
import { furtherCases } from '../fixtures/further-responses.js';
import { readChunks, readHead } from '../wire/reading.js';
import { mutated, piecesOf, withCuts, type FuzzTarget } from './target.js';

const corpus = [...loadCorpus(), ...furtherCases()].filter((each) => totalBytes(each) < 3000 && each.repeats.size === 0).map(({ chunks }) => Buffer.concat(chunks));
const afterHead = corpus.map((bytes) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)).filter((bytes) => bytes.length > 0);

type Cut = { bytes: Buffer; cuts: number[] };

function splitBlind(name: string, samples: readonly Uint8Array[], read: (bytes: Buffer, cuts: readonly number[]) => unknown): FuzzTarget<Cut> {
  return { name, cost: 1, cases: withCuts(mutated(samples)), check: ({ bytes, cuts }) => assert.deepEqual(read(bytes, cuts), read(bytes, [])) };
}

/** What a reader of whole responses makes of the bytes: its last word, and all payload before it. */
function readResponse(method: string): (bytes: Buffer, cuts: readonly number[]) => unknown {
  return (bytes, cuts) => {
    const reader = new ResponseReader(DEFAULT_LIMITS);
    let body = '';
    let headDone = false;
    const sink = {
      interim: () => undefined,
      push: (piece: Buffer, start: number, end: number) => void (body += piece.toString('latin1', start, end)),
      add: (chunk: Uint8Array) => void (body += Buffer.from(chunk).toString('latin1')),
    };
    let taken = 0;
    try {
      for (const part of piecesOf(bytes, cuts)) {
        const piece = Buffer.from(part);
        let pos = 0;
        if (!headDone) {
          pos = reader.readHead(method, piece, 0, piece.length, sink);
          if (pos === -1) {
            taken += piece.length;
            continue;
          }
          headDone = true;
        }
        if (!reader.complete) pos = reader.readBody(piece, pos, piece.length, sink);
        taken += pos;
        if (reader.complete) break;
      }
      return { headDone, complete: reader.complete, status: headDone ? reader.scanner.status : null, framing: reader.framing, body, trailers: reader.trailers, taken: reader.complete ? taken : null };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // How much of the body went out before the fault, depends on when it came.
      return { headDone, refused: error.code };
    }
  };
}

const texts = ['', 'hello', 'hello '.repeat(200), JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ i })))];
const CODED: Record<string, Buffer[]> = {
  gzip: texts.map((text) => gzipSync(text)).concat(Buffer.concat([gzipSync('one'), gzipSync('two')])),
  deflate: texts.flatMap((text) => [deflateSync(text), deflateRawSync(text)]),
  br: texts.map((text) => brotliCompressSync(text)),
};

async function decode(name: string, pieces: readonly Uint8Array[]): Promise<string> {
  let text = '';
  let decoder;
  try {
    const [coding] = codingsOf(name)!;
    decoder = coding.make((bytes) => void (text += Buffer.from(bytes).toString('latin1')));
    for (const piece of pieces) if (piece.length > 0) await decoder.write(piece);
    await decoder.end();
    return `whole ${text}`;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.fault;
  } finally {
    decoder?.stop();
  }
}

export const WIRE_TARGETS: readonly FuzzTarget<Cut>[] = [
  splitBlind('wire: heads', corpus, readHead),
  splitBlind('wire: trailers', afterHead, (bytes, cuts) => readHead(bytes, cuts, DEFAULT_LIMITS, true)),
  splitBlind('wire: chunks', afterHead, readChunks),
  splitBlind('wire: responses', corpus, readResponse('GET')),
  splitBlind('wire: responses to HEAD', corpus, readResponse('HEAD')),
  ...Object.entries(CODED).map(([name, samples]): FuzzTarget<Cut> => ({
    name: `coding: ${name}`,
    cost: 20,
    cases: withCuts(mutated(samples)),
    async check({ bytes, cuts }) {
      assert.equal(await decode(name, piecesOf(bytes, cuts)), await decode(name, [bytes]));
    },
  })),
];
