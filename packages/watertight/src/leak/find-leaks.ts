/** Owns the search for leaks in the whole process, or in the scope of the caller: `findLeaks` and `currentLeaks`. */
import { currentScope } from '../tasks/index.js';
import { IdentitySet, type Candidate, type Identity } from './candidate.js';
import type { Ignore } from './ignore.js';
import type { Leak } from './leak.js';
import { checkOptions, type LeakOptions, type Settings } from './options.js';
import { LeakError } from './report.js';
import { startResourceTracking } from './resource-tracking.js';
import { look, search, type Found } from './search.js';

/** Identities that were reported: a proven leak is reported by one check only. */
const settled = new IdentitySet();

/** Entries of `ignore` for which a warning was given. */
const warned = new WeakSet<Ignore>();

/**
 * The leaks of this moment, without waiting for anything to settle: first the reclaimed proven leaks that
 * were not reported yet, then every unfinished response, dial and `go()` task.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 */
export function currentLeaks(options: LeakOptions = {}): Leak[] {
  const settings = prepare(options);
  return look(settings, wantedHere(), new Set()).findings.map(({ leak }) => leak);
}

/**
 * The leaks that are left after up to `retries` further looks (1.4 s in total by default, as in goleak);
 * returns an empty array as soon as nothing is left. A proven leak whose connection was reclaimed is reported
 * by one check only. In a scope (for example a test of a test runner), what other scopes started is left out.
 *
 * @throws TypeError for an unknown option or a value that the option cannot have.
 * @throws LeakError with an empty `leaks`, for an entry of `ignore` that matched nothing under `unmatched:
 *   'fail'`.
 */
export async function findLeaks(options: LeakOptions = {}): Promise<Leak[]> {
  const { found, unmatched } = await check(options);
  const leaks = found.findings.map(({ leak }) => leak);
  if (leaks.length === 0 && unmatched.length > 0) throw new LeakError([], { unmatched });
  return leaks;
}

/** The search behind findLeaks and verifyNone; `unmatched` are the entries for which the check must fail. */
export async function check(options: LeakOptions): Promise<{ found: Found; unmatched: readonly string[] }> {
  const settings = prepare(options);
  const matched = new Set<Ignore>();
  const found = await search(settings, wantedHere(), matched);
  noteReported(found);
  return { found, unmatched: reportUnmatched(settings, (entry) => matched.has(entry)) };
}

/** Keeps later checks from reporting the proven leaks in `found`. */
function noteReported(found: Found): void {
  for (const { candidate } of found.findings) if (candidate.source === 'proven') noteSettled(candidate.identity);
}

/** Keeps later checks from reporting this leak as a reclaimed proven leak. */
export function noteSettled(identity: Identity): void {
  settled.add(identity);
}

/** Whether a candidate is a reclaimed proven leak that was reported. */
export function isSettled({ source, identity }: Candidate): boolean {
  return source === 'proven' && settled.has(identity);
}

/** Warns once of each entry that matched nothing; returns the entries that make the check fail. */
export function reportUnmatched({ ignore, unmatched }: Settings, hasMatched: (entry: Ignore) => boolean): readonly string[] {
  if (unmatched === 'ignore') return [];
  const useless = ignore.filter((entry) => entry.reportsUnmatched && !hasMatched(entry));
  if (unmatched === 'fail') return useless.map(({ description }) => description);
  for (const entry of useless) {
    if (warned.has(entry)) continue;
    warned.add(entry);
    process.emitWarning(`${entry.description} of a leak check matched nothing. Take it out, or set unmatched: 'ignore'.`, { type: 'LeakWarning', code: 'WATERTIGHT_UNMATCHED' });
  }
  return [];
}

function prepare(options: LeakOptions): Settings {
  const settings = checkOptions(options, 'search');
  if (settings.resources) startResourceTracking();
  return settings;
}

/** Selects everything if called outside of all scopes; in a scope, what was started in it or in no scope. */
function wantedHere(): (candidate: Candidate) => boolean {
  const scope = currentScope();
  return (candidate) => !isSettled(candidate) && (scope === null || candidate.scope === null || candidate.scope === scope);
}
