/**
 * Owns what a watch knows of a Node that serves no profiles: its inspector is asked for the unread responses that occupy
 * a connection, seldom, and is left at once. The heap is never searched.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Frame, Profile, Sample } from 'watertight/pprof';
import { AttachError, look, openInspector, parseAddress, PauseLog, type UnreadBody } from '../attach/index.js';
import { isInspected, processStart, ScrapeError, type ProcessState, type Scrape, type ScrapeFailure, type Target, type TargetSource } from '../scrape/index.js';

/** For a visit, ms. A program that is busy for longer is left alone until it has answered. */
const TIMEOUT = 10_000;

const FAILURES: Readonly<Record<string, ScrapeFailure>> = { gone: 'down', 'not-node': 'rubbish', closed: 'rubbish', remote: 'failed', 'not-ours': 'failed', failed: 'failed' };

interface Visit {
  readonly at: number;
  readonly start: number;
  readonly unread: readonly UnreadBody[];
}

/** The sources of targets whose inspectors are asked; null for others. `lookInterval`: between two visits to a process, ms. */
export function inspectedSources(lookInterval: number): (target: Target) => TargetSource | null {
  return (target) => (isInspected(target) ? new InspectedSource(target.url, lookInterval) : null);
}

class InspectedSource implements TargetSource {
  /** There only right after a visit: what was not looked at again has not stayed, as far as anyone knows. */
  profile?: () => Promise<Profile>;
  private before: ProcessState | null = null;
  private latest: Visit | null = null;
  private visiting: Promise<Visit> | null = null;

  constructor(
    private readonly url: string,
    private readonly lookInterval: number,
  ) {}

  resume(state: ProcessState): void {
    this.before ??= state;
  }

  /** What the latest visit found, or a new one if it is time for that. */
  async count(at: number): Promise<Scrape> {
    delete this.profile;
    if (this.latest === null || Math.abs(at - this.latest.at) >= this.lookInterval) {
      this.latest = null;
      const visit = (this.latest = await this.visit(at));
      this.profile = () => Promise.resolve(profileOf(visit.unread, at));
    }
    const { unread, start: said } = this.latest;
    const value = unread.length;
    // By a clock that is adjusted: it is not the same to the millisecond in each visit.
    const start = processStart(this.before, { at, value, sameConnection: false, said });
    this.before = { start, value };
    return { at, value, start, platform: 'node' };
  }

  private async visit(at: number): Promise<Visit> {
    this.visiting ??= visit(this.url, at).finally(() => (this.visiting = null));
    const over = new AbortController();
    const late = sleep(TIMEOUT, null, { ref: false, signal: over.signal }).then(() => {
      throw new ScrapeError('slow', `${this.url}: the program has not answered its inspector for ${TIMEOUT / 1000} s`);
    });
    try {
      return await Promise.race([this.visiting, late]);
    } catch (error) {
      if (error instanceof AttachError) throw new ScrapeError(FAILURES[error.failure] ?? 'failed', error.message, { cause: error });
      throw error;
    } finally {
      over.abort();
      late.catch(() => undefined);
    }
  }
}

async function visit(url: string, at: number): Promise<Visit> {
  const inspector = await openInspector(parseAddress(url));
  try {
    const age = await inspector.session.evaluate('process.uptime() * 1000');
    const { unread } = await look(inspector.session, new PauseLog(), { wantsHolders: false, mayPause: () => Promise.resolve(false) });
    return { at, start: Math.round(Date.now() - Number(age.value)), unread };
  } finally {
    await inspector.end();
  }
}

/** A group for each client, path and status: the line that made the request is not known. */
function profileOf(unread: readonly UnreadBody[], time: number): Profile {
  const counts = new Map<string, { readonly frames: readonly Frame[]; count: number }>();
  for (const { client, method, url, status } of unread) {
    const shown = `${method === '' ? '' : `${method} `}${patternOf(url)} (${status})`;
    const key = `${client} ${shown}`;
    const group = counts.get(key) ?? { frames: [frame(`${client}.(*Response).body`), frame(shown)], count: 0 };
    group.count++;
    counts.set(key, group);
  }
  const samples = [...counts.values()].sort((a, b) => b.count - a.count).map(({ frames, count }): Sample => ({ values: [count], frames, labels: { verdict: 'suspect' }, state: null, annotations: [], waitMs: 0, createdBy: null }));
  return { kind: 'goroutine', form: 'debug=0', sampleTypes: [{ type: 'goroutine', unit: 'count' }], mainType: 0, period: null, time, duration: 0, samples, totals: [unread.length], truncated: false };
}

function frame(name: string): Frame {
  return { function: name, file: '', line: 0, address: '' };
}

/** Without the query; what is the number of a thing in its path is `*`. */
function patternOf(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/\/(?:\d+|[\da-f]{8,}|[\da-f]{8}-[\da-f-]{27})(?=\/|$)/gi, '/*');
}
