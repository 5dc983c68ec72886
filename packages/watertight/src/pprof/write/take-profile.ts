/** Owns the taking of a profile of this process, at one moment or as the difference over a time, in one of Go's forms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { countText } from './count-text.js';
import { encodeInSlices } from './encode.js';
import { LongText } from './long-text.js';
import type { ProfileKind } from './profile-kinds.js';
import { goroutineKind, httpbodyKind, leakedKind } from './profile-kinds.js';
import { mainTypeOf, type Profile, type ProfileForm, type Sample, Tally } from '../profile/index.js';
import { Slices } from './slices.js';
import { takeSnapshot } from './snapshot.js';
import { tracebackText } from './traceback-text.js';

/** The form, as in Go: 0 is gzipped profile.proto, 1 text by stack, 2 text by goroutine. */
export type Debug = 0 | 1 | 2;

/** Options of taking a profile. */
export interface TakeOptions<D extends Debug = Debug> {
  /** The form. Default 0. */
  readonly debug?: D;
  /** Aborted when nobody waits for the profile any more; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Bytes for `debug: 0`, text for 1 and 2. */
export type Taken<D extends Debug> = D extends 0 ? Uint8Array : string;

/**
 * Takes a profile of the live tasks in the form of Go's goroutine profile, as `/debug/pprof/goroutine` serves
 * it: bytes for `debug: 0` (for `go tool pprof`), text for 1 and 2.
 *
 * The profile shows one moment, but is written in slices of some milliseconds, so the event loop keeps
 * turning even with many tasks.
 *
 * @throws TypeError if `debug` is not 0, 1 or 2.
 */
export async function goroutineProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(goroutineKind, options);
}

/**
 * Takes a profile of the unfinished responses by the line that holds them. `debug: 0` has three values: their
 * number (`count`), the sum of the times they have been held (`held`, nanoseconds), and the unread bytes of
 * their bodies (`unread`, bytes; 0 if the length is not known in advance). 1 and 2 are the same text, as in
 * all of Go's profiles but goroutine.
 *
 * @throws TypeError if `debug` is not 0, 1 or 2.
 */
export async function httpBodyProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(httpbodyKind, options);
}

/**
 * Takes a profile of the proven leaks since the process started, by the line that opened them, like Go's
 * `goroutineleak`: responses that were garbage-collected unfinished, reclaimed or not. 1 and 2 are the same
 * text.
 *
 * @throws TypeError if `debug` is not 0, 1 or 2.
 */
export async function leakedProfile<D extends Debug = 0>(options: TakeOptions<D> = {}): Promise<Taken<D>> {
  return take(leakedKind, options);
}

async function take<D extends Debug>(kind: ProfileKind, options: TakeOptions<D>): Promise<Taken<D>> {
  if (typeof options !== 'object' || options === null) throw new TypeError(`the options of a profile are an object, not ${options === null ? 'null' : typeof options}`);
  const debug: unknown = options.debug === undefined ? 0 : options.debug;
  if (debug !== 0 && debug !== 1 && debug !== 2) throw new TypeError(`debug is 0 (profile.proto), 1 (text by stack) or 2 (text by goroutine), not ${typeof debug === 'string' ? JSON.stringify(debug) : String(debug)}`);
  const taken = await takeForm(kind, debug, options.signal);
  // The engine stores a concatenation as such, and copies it only when it is first read, so 60 MB are not copied now.
  return (taken instanceof LongText ? taken.pieces.reduce((text, piece) => text + piece) : taken) as Taken<D>;
}

/** Takes a profile in one of the forms; text is returned in pieces. */
export async function takeForm(kind: ProfileKind, debug: Debug, signal?: AbortSignal): Promise<Uint8Array | LongText> {
  const slices = new Slices(signal);
  if (debug === 2 && kind === goroutineKind) return tracebackText(takeSnapshot(), new Tally().stacks, slices);
  const profile = await takeData(kind, debug === 0 ? 'debug=0' : 'debug=1', slices);
  return debug === 0 ? encodeInSlices(profile, slices, kind) : countText(profile, slices);
}

/**
 * The difference over the next `ms` milliseconds, new minus ended, encoded as Go's `?seconds=` gives it.
 * Values may be negative.
 */
export async function takeDelta(kind: ProfileKind, ms: number, signal?: AbortSignal): Promise<Uint8Array> {
  const slices = new Slices(signal);
  const tally = new Tally();
  const began = performance.now();
  await kind.collect(tally, -1, slices);
  // Only the waiting request, if any, may keep the process alive.
  await sleep(ms, undefined, { signal, ref: false });
  const time = Date.now();
  const duration = performance.now() - began;
  await kind.collect(tally, 1, slices);
  return encodeInSlices(await built(kind, tally, 'debug=0', time, duration, slices), slices, kind);
}

async function takeData(kind: ProfileKind, form: ProfileForm, slices: Slices): Promise<Profile> {
  const tally = new Tally();
  const time = Date.now();
  await kind.collect(tally, 1, slices);
  return built(kind, tally, form, time, 0, slices);
}

/** Builds the profile, unsorted; the writer of the form sorts it. */
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
