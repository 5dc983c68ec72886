/** Owns the check of the whole process, or of the scope it is asked for in: findLeaks and its kin. */
import { currentScope } from '../tasks/index.js';
import { IdentitySet, type Candidate, type Identity } from './candidate.js';
import type { Ignore } from './ignore.js';
import type { Leak } from './leak.js';
import { checkOptions, type LeakOptions, type Settings } from './options.js';
import { LeakError } from './report.js';
import { startResourceTracking } from './resource-tracking.js';
import { look, search, type Found } from './search.js';

/** What was reported and need not be once more when it is over: a proven leak is reported by one check. */
const settled = new IdentitySet();

/** Entries of `ignore` that were warned about. */
const warned = new WeakSet<Ignore>();

/**
 * What is leaked now, without waiting for anything to settle: every
 * unfinished response, dial and `go()` task, and the proven leaks that were
 * reclaimed and not yet reported, those first.
 *
 * @throws TypeError for an option that is none.
 */
export function currentLeaks(options: LeakOptions = {}): Leak[] {
  const settings = prepare(options);
  return look(settings, wantedHere(), new Set()).findings.map(({ leak }) => leak);
}

/**
 * What is leaked, after up to `retries` looks (1.4 s by default): empty as soon
 * as nothing is left. A proven leak whose connection was reclaimed is reported
 * by one check only. Called in a scope (a test of one of the adapters, say),
 * it leaves out what another scope started.
 *
 * @throws TypeError for an option that is none; LeakError, without leaks, for
 *   an entry of `ignore` that matched nothing under `unmatched: 'fail'`.
 */
export async function findLeaks(options: LeakOptions = {}): Promise<Leak[]> {
  const { found, unmatched } = await check(options);
  const leaks = found.findings.map(({ leak }) => leak);
  if (leaks.length === 0 && unmatched.length > 0) throw new LeakError([], { unmatched });
  return leaks;
}

/** The search behind findLeaks and verifyNone; `unmatched` are the entries to fail for. */
export async function check(options: LeakOptions): Promise<{ found: Found; unmatched: readonly string[] }> {
  const settings = prepare(options);
  const matched = new Set<Ignore>();
  const found = await search(settings, wantedHere(), matched);
  noteReported(found);
  return { found, unmatched: reportUnmatched(settings, (entry) => matched.has(entry)) };
}

/** Keeps further checks from reporting the proven ones among `found`. */
function noteReported(found: Found): void {
  for (const { candidate } of found.findings) if (candidate.source === 'proven') noteSettled(candidate.identity);
}

/** Keeps further checks from reporting this once it is proven and over. */
export function noteSettled(identity: Identity): void {
  settled.add(identity);
}

/** Whether a candidate is over, and was reported. */
export function isSettled({ source, identity }: Candidate): boolean {
  return source === 'proven' && settled.has(identity);
}

/** Warns of the entries that matched nothing, once for each; returns those that are a failure. */
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

/** Outside of all scopes, everything; in one, its own and what is nobody's. */
function wantedHere(): (candidate: Candidate) => boolean {
  const scope = currentScope();
  return (candidate) => !isSettled(candidate) && (scope === null || candidate.scope === null || candidate.scope === scope);
}
