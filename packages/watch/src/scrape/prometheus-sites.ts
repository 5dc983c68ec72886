/** Owns the lines of the program that our metrics name: what they say, as a profile and as proven leaks. Pure. */
import type { Frame, Profile, Sample } from 'watertight/pprof';
import type { Proven } from './count.js';
import type { SiteCount } from './prometheus-series.js';

/** What a profile of a Node service has on top of the line that made a request whose response is not finished. */
const BODY: Frame = { function: 'watertight.(*Response).body', file: '', line: 0, address: '' };
const LABELS = Object.freeze({ verdict: 'suspect' });

/** `src/preview.ts:14:23 (fetchPreview)`, as the label of a metric says it; the function may be left out. */
const SITE = /^(.*):(\d{1,9}):\d{1,9}(?: \((.*)\))?$/s;
/** Labels that name no line: several lines together, and requests whose line was not recorded. */
const NO_LINE = new Set(['', 'other', 'unrecorded']);

/** The unread responses as a profile of the process has them, each with the line at fault. `time`: ms since 1970. */
export function profileOfSuspects(suspects: readonly SiteCount[], time: number): Profile {
  const samples = suspects.map(({ site, count }): Sample => {
    const line = frameOf(site);
    return { values: [count], frames: line === null ? [BODY] : [BODY, line], labels: LABELS, state: null, annotations: [], waitMs: 0, createdBy: null };
  });
  samples.sort((a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0));
  return {
    kind: 'goroutine',
    form: 'debug=0',
    sampleTypes: [{ type: 'goroutine', unit: 'count' }],
    mainType: 0,
    period: null,
    time,
    duration: 0,
    samples,
    totals: [suspects.reduce((sum, { count }) => sum + count, 0)],
    truncated: false,
  };
}

/** The responses that were collected unread. */
export function provenIn(proven: readonly SiteCount[]): Proven {
  const sites = proven.map(({ site, count }) => ({ count, site: frameOf(site) })).sort((a, b) => b.count - a.count);
  return { count: sites.reduce((sum, { count }) => sum + count, 0), sites };
}

function frameOf(label: string): Frame | null {
  if (NO_LINE.has(label)) return null;
  const [, file, line, name = ''] = SITE.exec(label) ?? [];
  return file === undefined ? { function: '', file: label, line: 0, address: '' } : { function: name, file, line: Number(line), address: '' };
}
