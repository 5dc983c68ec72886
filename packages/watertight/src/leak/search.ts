/** Owns the search: look, decide what counts, and look again while something may still settle. */
import { now, sleep } from '../tasks/index.js';
import { candidates, type Candidate, type Identity } from './candidate.js';
import { collectGarbage } from './garbage-collection.js';
import type { Ignore } from './ignore.js';
import { leakOfHolder, leakOfResource, leakOfTask, type Leak } from './leak.js';
import type { Settings } from './options.js';

/** A leak that counts, with its candidate. */
export interface Finding {
  readonly leak: Leak;
  readonly candidate: Candidate;
}

/** The result of one look or of a whole search. */
export interface Found {
  readonly findings: readonly Finding[];
  /** Idle connections, which do not count; for the report. */
  readonly idle: readonly Leak[];
  /** The candidates that an entry of `ignore` matched. */
  readonly ignored: readonly Candidate[];
  /** How many candidates may still end or become proven. */
  readonly unsettled: number;
}

/** Decides whether the search examines a candidate. */
export type Wanted = (candidate: Candidate) => boolean;

/** Looks once. Adds the entries of `ignore` that matched to `matched`. */
export function look(settings: Settings, wanted: Wanted, matched: Set<Ignore>): Found {
  const at = now();
  const findings: Finding[] = [];
  const idle: Leak[] = [];
  const ignored: Candidate[] = [];
  let unsettled = 0;
  for (const candidate of candidates(settings.resources)) {
    if (!wanted(candidate) || (settings.mocked === 'ignore' && isMocked(candidate))) continue;
    const leak = leakOf(candidate, at, settings.suspectAfter);
    const pooled = leak.kind === 'connection' && leak.verdict === 'idle';
    // Checked first, because a match of something that does not count must not mark an entry as used.
    if (pooled && settings.idle === 'ignore') {
      if (!isIgnored(leak, candidate.identity, settings.ignore, new Set())) idle.push(leak);
      continue;
    }
    if (isIgnored(leak, candidate.identity, settings.ignore, matched)) {
      ignored.push(candidate);
      continue;
    }
    if (leak.verdict !== 'proven') unsettled++;
    if (settings.severity === 'suspect' || leak.verdict === 'proven' || pooled || leak.kind === 'resource') findings.push({ leak, candidate });
  }
  return { findings, idle, ignored, unsettled };
}

/** Looks once, and up to `retries` times more while something could still settle. */
export async function search(settings: Settings, wanted: Wanted, matched: Set<Ignore>): Promise<Found> {
  let found = look(settings, wanted, matched);
  for (let attempt = 0, delay = 1; attempt < settings.retries && found.unsettled > 0; attempt++, delay *= 2) {
    await sleep(Math.min(delay, settings.maxDelay));
    if (settings.severity === 'proven') await collectGarbage();
    found = look(settings, wanted, matched);
  }
  return found;
}

/** Whether a candidate is the request of a mock, which holds no connection. */
function isMocked(candidate: Candidate): boolean {
  if (candidate.source === 'proven') return candidate.proven.mocked === true;
  return candidate.source === 'holder' && candidate.holder.mocked === true;
}

function isIgnored(leak: Leak, identity: Identity, ignore: readonly Ignore[], matched: Set<Ignore>): boolean {
  let ignored = false;
  // Every entry is asked, so that an entry after the first match is not reported as unused.
  for (const entry of ignore) {
    if (!entry.ignores(leak, identity)) continue;
    matched.add(entry);
    ignored = true;
  }
  return ignored;
}

function leakOf(candidate: Candidate, at: number, suspectAfter: number): Leak {
  switch (candidate.source) {
    case 'proven':
      return leakOfHolder(candidate.proven, null, candidate.proven.foundAt, suspectAfter);
    case 'holder':
      return leakOfHolder(candidate.holder, candidate.task, at, suspectAfter);
    case 'task':
      return leakOfTask(candidate.task);
    case 'resource':
      return leakOfResource(candidate.resource, at);
  }
}
