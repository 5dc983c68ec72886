/** Owns the requests of the pages to `/api`: each route, with the shape of its answer. */
import type { FlameNode } from '../flame/index.js';
import type { GroupReport } from '../monitor/index.js';
import type { AcknowledgementAnswer, HistoryTrouble, OverviewRow, SilenceAnswer, TargetView } from '../server/index.js';
import { answerTo } from './server-answer.js';

export type { GroupCurve, TargetView } from '../server/index.js';

export interface Overview {
  /** Between scrapes, ms. */
  readonly interval: number;
  readonly now: number;
  /** What is wrong with the history; null while nothing is. */
  readonly trouble: HistoryTrouble | null;
  readonly targets: readonly OverviewRow[];
}

export interface Comparison {
  /** When the profiles were taken; null where there is none. */
  readonly before: number | null;
  readonly after: number | null;
  readonly total: { readonly before: number; readonly after: number };
  readonly groups: readonly GroupReport[];
  readonly diagnoses: readonly { readonly id: string; readonly leak: boolean; readonly sentence: string; readonly advice: string; readonly growth: number }[];
}

export interface FlameView {
  readonly at: number | null;
  /** When the profile was taken that it is compared with; null where it is not compared. */
  readonly before: number | null;
  readonly tree: FlameNode;
}

/** How long an answer may take before an error is shown, ms. */
const PATIENCE = 20_000;

function ask<T>(path: string, query: Readonly<Record<string, string | number>>, init: RequestInit = {}): Promise<T> {
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return answerTo(`${path}?${search.toString()}`, PATIENCE, init);
}

function post(body: object): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

export const askOverview = (): Promise<Overview> => ask('overview', {});
export const askTarget = (url: string, from: number, to: number | null): Promise<TargetView> => ask('target', { url, from, ...(to !== null && { to }) });
export const askComparison = (url: string, before: number, after: number): Promise<Comparison> => ask('compare', { url, before, after });
export const askFlame = (url: string, at: number, before: number | null): Promise<FlameView> => ask('flame', { url, at, ...(before !== null && { before }) });
/** Where the profile nearest to a moment can be saved, as gzipped profile.proto. */
export const profileAddress = (url: string, at: number): string => `api/profile?${new URLSearchParams({ url, at: String(at) }).toString()}`;
/** `url`: null for all services. `until`: ms since 1970. */
export const silence = (url: string | null, until: number): Promise<SilenceAnswer> => ask('silence', whose(url), post({ until }));
export const liftSilence = (url: string | null): Promise<SilenceAnswer> => ask('silence', whose(url), { method: 'DELETE' });
export const acknowledge = (incident: number, by: string, note: string): Promise<AcknowledgementAnswer> => ask(`incidents/${incident}/acknowledge`, {}, post({ by, note }));
export const unacknowledge = (incident: number): Promise<AcknowledgementAnswer> => ask(`incidents/${incident}/acknowledge`, {}, { method: 'DELETE' });

function whose(url: string | null): Readonly<Record<string, string>> {
  return url === null ? { all: 'true' } : { url };
}
