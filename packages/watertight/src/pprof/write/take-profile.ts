/** Owns taking a profile of this process: now, or as the difference over a while; as data, or in one of Go's forms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { countText } from './count-text.js';
import { encodeProfile } from './encode.js';
import { LongText } from './long-text.js';
import type { ProfileKind } from './profile-kinds.js';
import { goroutineKind, httpbodyKind, leakedKind } from './profile-kinds.js';
import { mainTypeOf, type Profile, type ProfileForm, type Sample, Tally } from '../profile/index.js';
import { Slices } from './slices.js';
import { takeSnapshot } from './snapshot.js';
import { tracebackText } from './traceback-text.js';

/** Which of Go's forms: 0 is gzipped profile.proto, 1 text by stack, 2 text by goroutine. */
export type Debug = 0 | 1 | 2;

/** Options of taking a profile. */
export interface TakeOptions<D extends Debug = Debug> {
  /** Default 0. */
  readonly debug?: D;
  /** Aborted when nobody waits for the profile any more; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Bytes for `debug: 0`, text for 1 and 2. */
export type Taken<D extends Debug> = D extends 0 ? Uint8Array : string;

/**
 * The live tasks in the form of Go's goroutine profile, as `/debug/pprof/goroutine`
 * serves it: bytes for `debug: 0` (`go tool pprof` reads them), text for 1 and 2.
 *
 * It is taken at one moment, but written in slices of some milliseconds: the
 * event loop goes on turning, whatever the number of tasks.
 *
 * Rejects with a TypeError if `debug` is none of the three.
 */
export async function goroutineProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(goroutineKind, options);
}

/**
 * The unfinished responses by the line that holds them. `debug: 0` has three
 * values: how many (`count`), for how long in all (`held`, nanoseconds), and how
 * much of their bodies nobody has read (`unread`, bytes; 0 where the length is
 * not known beforehand). 1 and 2 are the same text, as of all Go's profiles but
 * goroutine.
 *
 * Rejects with a TypeError if `debug` is none of the three.
 */
export async function httpBodyProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(httpbodyKind, options);
}

/**
 * The proven leaks since the process started, by the line that opened them:
 * responses that were garbage-collected unfinished, reclaimed or not. What
 * `goroutineleak` is in Go. 1 and 2 are the same text.
 *
 * Rejects with a TypeError if `debug` is none of the three.
 */
export async function leakedProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(leakedKind, options);
}

async function take<D extends Debug>(kind: ProfileKind, options: TakeOptions<D>): Promise<Taken<D>> {
  if (typeof options !== 'object' || options === null) throw new TypeError(`the options of a profile are an object, not ${options === null ? 'null' : typeof options}`);
  const debug: unknown = options.debug === undefined ? 0 : options.debug;
  if (debug !== 0 && debug !== 1 && debug !== 2) throw new TypeError(`debug is 0 (profile.proto), 1 (text by stack) or 2 (text by goroutine), not ${typeof debug === 'string' ? JSON.stringify(debug) : String(debug)}`);
  const taken = await takeForm(kind, debug, options.signal);
  // The engine keeps a sum of texts as one, and copies it together when it is first looked into: 60 MB need not be copied now.
  return (taken instanceof LongText ? taken.pieces.reduce((text, piece) => text + piece) : taken) as Taken<D>;
}

/** A profile in one of the forms; text as it comes, in pieces. */
export async function takeForm(kind: ProfileKind, debug: Debug, signal?: AbortSignal): Promise<Uint8Array | LongText> {
  const slices = new Slices(signal);
  if (debug === 2 && kind === goroutineKind) return tracebackText(takeSnapshot(), new Tally().stacks, slices);
  const profile = await takeData(kind, debug === 0 ? 'debug=0' : 'debug=1', slices);
  return debug === 0 ? encodeProfile(profile, slices, kind) : countText(profile, slices);
}

/**
 * What came in the `ms` from now on, less what went: encoded, as Go's
 * `?seconds=` gives it. Values may be negative.
 */
export async function takeDelta(kind: ProfileKind, ms: number, signal?: AbortSignal): Promise<Uint8Array> {
  const slices = new Slices(signal);
  const tally = new Tally();
  const began = performance.now();
  await kind.collect(tally, -1, slices);
  // The request that waits keeps the process alive, if anything should.
  await sleep(ms, undefined, { signal, ref: false });
  const time = Date.now();
  const duration = performance.now() - began;
  await kind.collect(tally, 1, slices);
  return encodeProfile(await built(kind, tally, 'debug=0', time, duration, slices), slices, kind);
}

async function takeData(kind: ProfileKind, form: ProfileForm, slices: Slices): Promise<Profile> {
  const tally = new Tally();
  const time = Date.now();
  await kind.collect(tally, 1, slices);
  return built(kind, tally, form, time, 0, slices);
}

/** The profile, not in order: what puts it into a form sees to that. */
async function built({ name, sampleTypes, periodType }: ProfileKind, tally: Tally, form: ProfileForm, time: number, duration: number, slices: Slices): Promise<Profile> {
  const samples: Sample[] = [];
  const totals = sampleTypes.map(() => 0);
  for (const sample of tally.samples()) {
    samples.push(sample);
    for (let i = 0; i < totals.length; i++) totals[i] += sample.values[i];
    if (slices.over) await slices.next();
  }
  return { kind: name, form, sampleTypes, mainType: mainTypeOf(sampleTypes), period: { ...periodType, value: 1 }, time, duration, samples, totals, truncated: false };
}
