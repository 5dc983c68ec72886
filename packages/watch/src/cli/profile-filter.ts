/** Owns which tasks of a profile are shown: by how they wait, where, for how long, and who started them. */
import type { Frame, Profile, Sample } from 'watertight/pprof';
import { UsageError } from './usage-error.js';

export interface ProfileFilter {
  /** `select`, `IO wait`: without regard to case, or the beginning of it. */
  readonly state?: string;
  /** In a function's name or a file's path of any frame. */
  readonly focus?: RegExp;
  /** The same of the `go` statement that started them. */
  readonly createdBy?: RegExp;
}

/** Where a goroutine has no creator, or its profile does not say. */
const UNKNOWN: Frame = Object.freeze({ function: '(not said)', file: '', line: 0, address: '' });

/** What is left of the profile. @throws UsageError where the profile does not say what is asked for */
export function filterProfile(profile: Profile, { state, focus, createdBy }: ProfileFilter): Profile {
  if (state !== undefined) needsTracebacks(profile, '--state', 'how its tasks wait');
  if (createdBy !== undefined) needsTracebacks(profile, '--created-by', 'who started its tasks');
  const wanted = state?.toLowerCase();
  const samples = profile.samples.filter(
    (sample) =>
      (wanted === undefined || sample.state?.toLowerCase().startsWith(wanted) === true || sample.annotations.includes(wanted)) &&
      (focus === undefined || sample.frames.some((frame) => matches(frame, focus))) &&
      (createdBy === undefined || (sample.createdBy !== null && matches(sample.createdBy, createdBy))),
  );
  return withSamples(profile, samples);
}

/** The profile with one stack for each `go` statement: where its goroutines were started. */
export function byCreator(profile: Profile): Profile {
  needsTracebacks(profile, '--group-by creator', 'who started its tasks');
  const groups = new Map<Frame, { readonly frames: readonly Frame[]; readonly values: number[]; waitMs: number }>();
  for (const { createdBy, values, waitMs } of profile.samples) {
    const creator = createdBy ?? UNKNOWN;
    const group = groups.get(creator) ?? { frames: [creator], values: values.map(() => 0), waitMs: 0 };
    groups.set(creator, group);
    values.forEach((value, index) => (group.values[index] += value));
    group.waitMs = Math.max(group.waitMs, waitMs);
  }
  return withSamples(profile, [...groups.values()].map((group) => ({ ...group, labels: {}, state: null, annotations: [], createdBy: null })));
}

/** Only debug=2 has states, times and creators. */
export function needsTracebacks(profile: Profile, option: string, what: string): void {
  if (profile.form === 'debug=2') return;
  throw new UsageError(`${option}: this profile does not say ${what}; one with ?debug=2 does`);
}

function withSamples(profile: Profile, samples: readonly Sample[]): Profile {
  return { ...profile, samples, totals: profile.totals.map((_, type) => samples.reduce((sum, { values }) => sum + values[type], 0)) };
}

function matches({ function: name, file }: Frame, pattern: RegExp): boolean {
  return pattern.test(name) || pattern.test(file);
}
