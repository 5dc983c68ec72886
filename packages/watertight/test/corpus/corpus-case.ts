/** One corpus case as the tests use it: what the server sends, and what must come of it. */

import { createHash } from 'node:crypto';
import { readFixture } from '../fixtures/package-root.js';

export type Verdict = 'accept' | 'reject' | 'either';

export interface BodyDigest {
  sha256: string;
  len: number;
}

/** What is allowed. `accept` and `reject` leave no choice; what an `either` yields is checked if it is taken. */
export interface Expectation {
  expect: Verdict;
  status?: number[];
  bodies?: BodyDigest[];
}

export interface CorpusCase extends Expectation {
  id: string;
  why: string;
  method: 'GET' | 'HEAD';
  /** One TCP write each, `gapMs` apart, the chunk of an index written `repeats` times. */
  chunks: Buffer[];
  gapMs: number;
  repeats: ReadonlyMap<number, number>;
  end: 'open' | 'fin' | 'rst';
  /** Whether the connection may or must serve the next request. */
  reuse: boolean | 'either';
  /** The framing is sound, only the content coding is broken: a refusal may keep the connection. */
  reuseAfterRefusal: boolean;
  /** What is allowed where the client does not decode the content coding. */
  raw?: Expectation;
  /** Ends only by the caller's own deadline. */
  needsDeadline: boolean;
  /** Ends only by the caller's own limit on the body. */
  needsBodyCap: boolean;
}

/** A chunk in the fixture: text, one byte per character; or a list in which `[unit, times]` is a run. */
type PackedChunk = string | (string | [unit: string, times: number])[];

interface PackedExpectation {
  expect: Verdict;
  expect_status?: number[];
  expect_bodies?: BodyDigest[];
}

interface PackedCase extends PackedExpectation {
  id: string;
  why: string;
  request_method: 'GET' | 'HEAD';
  chunks: PackedChunk[];
  gap_ms: number;
  repeats?: Record<string, number>;
  close: boolean;
  rst?: boolean;
  reuse: boolean | 'either';
  reuse_after_refusal?: boolean;
  raw?: PackedExpectation;
  needs_deadline?: boolean;
  needs_body_cap?: boolean;
}

function unpackChunk(packed: PackedChunk): Buffer {
  const parts = typeof packed === 'string' ? [packed] : packed;
  const text = parts.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('');
  return Buffer.from(text, 'latin1');
}

function unpackExpectation(packed: PackedExpectation): Expectation {
  return { expect: packed.expect, status: packed.expect_status, bodies: packed.expect_bodies };
}

function unpackCase(packed: PackedCase): CorpusCase {
  return {
    ...unpackExpectation(packed),
    id: packed.id,
    why: packed.why,
    method: packed.request_method,
    chunks: packed.chunks.map(unpackChunk),
    gapMs: packed.gap_ms,
    repeats: new Map(Object.entries(packed.repeats ?? {}).map(([index, times]) => [Number(index), times])),
    end: packed.rst ? 'rst' : packed.close ? 'fin' : 'open',
    reuse: packed.reuse,
    reuseAfterRefusal: packed.reuse_after_refusal ?? false,
    raw: packed.raw && unpackExpectation(packed.raw),
    needsDeadline: packed.needs_deadline ?? false,
    needsBodyCap: packed.needs_body_cap ?? false,
  };
}

/** The cases of `responses.json`. */
export function loadCorpus(): CorpusCase[] {
  return (JSON.parse(readFixture('responses.json')) as PackedCase[]).map(unpackCase);
}

export function digest(body: string | Uint8Array): BodyDigest {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  return { sha256: createHash('sha256').update(bytes).digest('hex'), len: bytes.length };
}

export function totalBytes(corpusCase: CorpusCase): number {
  return corpusCase.chunks.reduce((sum, chunk, index) => sum + chunk.length * (corpusCase.repeats.get(index) ?? 1), 0);
}

/** How the bytes of a case are cut into TCP writes. */
export type Writes = 'as given' | 'whole' | 'byte by byte';

const BYTE_BY_BYTE_LIMIT = 4096;

/** `null` where a case makes no sense when it is cut like that. */
export function withWrites(corpusCase: CorpusCase, writes: Writes): CorpusCase | null {
  if (writes === 'as given') return corpusCase;
  if (corpusCase.repeats.size > 0) return null;
  const whole = Buffer.concat(corpusCase.chunks);
  // What is sent on an idle connection is excess behind a message once the pause before it is gone,
  // and a client may refuse a message with excess bytes behind it.
  const hadPause = corpusCase.id.startsWith('reuse/idle-') && corpusCase.chunks.slice(1).some((chunk) => chunk.length > 0);
  const expect = hadPause ? 'either' : corpusCase.expect;
  if (writes === 'whole') return { ...corpusCase, expect, chunks: [whole] };
  if (whole.length > BYTE_BY_BYTE_LIMIT) return null;
  return { ...corpusCase, expect, chunks: Array.from(whole, (byte) => Buffer.of(byte)), gapMs: 0 };
}
