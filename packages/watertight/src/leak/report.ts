/** Owns the text of a leak report, and the error that carries the leaks and the text. */
import { describeUnfinished, formatDuration, formatSite, isHandedOver, isReadOut, type HolderClient } from '../tasks/index.js';
import type { Leak } from './leak.js';

/** How many different leaks a report shows in full; the others are only counted. */
const SHOWN = 20;

/** What a report says besides its leaks. */
export interface ReportNotes {
  /** The word after the counts in the first line. Default `leaked`. */
  readonly verb?: string;
  /** Idle connections, which do not count and are listed separately. */
  readonly idle?: readonly Leak[];
  /** Entries of `ignore` that matched nothing. */
  readonly unmatched?: readonly string[];
  /** Whether each leak's scope is named. Default false, because the report of one test needs no name. */
  readonly scopes?: boolean;
}

/** One leak as text: what it is, where it was opened and what to do, in lines joined by `\n`, all but the first indented. */
export function formatLeak(leak: Leak): string {
  return [headline(leak), openedAt(leak), advice(leak)].join('\n    ');
}

/**
 * All leaks as text, with their number in the first line. Equal leaks (same kind, line, method and shape of
 * URL) are shown once, with `×N` and the data of the one held longest. At most 20 different leaks are shown,
 * the most frequent first.
 */
export function formatLeaks(leaks: readonly Leak[], notes: ReportNotes = {}): string {
  const groups = groupLeaks(leaks, notes.scopes === true);
  const lines = leaks.length === 0 && (notes.unmatched ?? []).length > 0 ? [] : [`${countByKind(leaks)} ${notes.verb ?? 'leaked'}`];
  for (const { count, leak } of groups.slice(0, SHOWN)) {
    const parts = [count === 1 ? headline(leak) : `${headline(leak)} ×${count}`, openedAt(leak), advice(leak)];
    if (notes.scopes === true && leak.scope !== undefined) parts.splice(2, 0, `by the test '${leak.scope}'`);
    lines.push(parts.join('\n    '));
  }
  const rest = groups.slice(SHOWN);
  if (rest.length > 0) lines.push(`… and ${rest.reduce((sum, { count }) => sum + count, 0)} more, of ${rest.length} other kinds: see the error's leaks`);
  if (notes.idle !== undefined && notes.idle.length > 0) lines.push(describeIdle(notes.idle));
  for (const entry of notes.unmatched ?? []) lines.push(`${entry} of a leak check matched nothing. Take it out, or set unmatched: 'ignore'.`);
  return lines.join('\n');
}

/** Thrown by a leak check that found leaks: `leaks` has them as data, the message as text. */
export class LeakError extends Error {
  readonly code = 'ERR_LEAK';
  /** The entries of `ignore` that matched nothing, under `unmatched: 'fail'`. */
  readonly unmatched: readonly string[];

  constructor(
    readonly leaks: readonly Leak[],
    notes: ReportNotes = {},
  ) {
    super(formatLeaks(leaks, notes));
    this.unmatched = notes.unmatched ?? [];
  }

  override get name(): string {
    return 'LeakError';
  }
}

function headline(leak: Leak): string {
  const since = formatDuration(leak.heldFor);
  switch (leak.kind) {
    case 'body':
      return describeUnfinished(leak, leak.heldFor) + fate(leak);
    case 'connection':
      return leak.verdict === 'idle' ? `idle connection: ${leak.origin}, since ${since}` : `dial under way: ${leak.origin}, since ${since}`;
    case 'task':
      return `running task: ${leak.task?.name ?? ''}, since ${since}`;
    case 'resource':
      return `${leak.type ?? 'resource'} left open: ${leak.description ?? ''}, for ${since}`;
  }
}

function fate(leak: Leak): string {
  if (leak.mocked === true) return ', from a mock';
  if (leak.verdict !== 'proven') return '';
  return leak.task === null ? ', garbage-collected and reclaimed' : ', garbage-collected: nobody can ever release its connection';
}

const VERBS = { body: 'opened', connection: 'started', task: 'started', resource: 'made' } as const;

function openedAt(leak: Leak): string {
  const verb = VERBS[leak.kind];
  if (leak.site !== null) return `${verb} at ${formatSite(leak.site)}`;
  if (leak.kind === 'resource') return 'made before resources were tracked, or by Node itself';
  const how = leak.client === 'watertight' ? "import 'watertight/leak' before the request, or set track: 'all'" : "import 'watertight/leak' before the request";
  return `${verb} at an unrecorded line: ${how}`;
}

/** How the program gets rid of the rest of a body, with each client's own methods. */
const RELEASE: Readonly<Record<HolderClient, string>> = {
  watertight: 'read it to the end, close it, or: await using res = await get(...)',
  fetch: 'read it to the end, or: await res.body?.cancel()',
  undici: 'read it to the end, or: await body.dump()',
  'node:http': 'read it to the end, or drop the rest: res.resume(), or res.destroy() if it may not end',
};

/** In node:http, a response of which nothing is left to read, or never was anything, still holds its socket until its end. */
const RELEASE_READ_OUT = "its socket is free after its 'end', which comes only to who reads on: res.resume()";

function advice(leak: Leak): string {
  switch (leak.kind) {
    case 'body':
      if (leak.client === 'watertight' && isHandedOver(leak.method, leak.status)) return 'read, write or destroy res.socket, close the response, or: await using res = await get(...)';
      if (leak.status !== 0) return leak.client === 'node:http' && isReadOut(leak) ? RELEASE_READ_OUT : RELEASE[leak.client];
      return leak.client === 'node:http' ? 'wait for its response, or: req.destroy()' : 'await it, or cancel it with an AbortSignal';
    case 'connection':
      return leak.verdict === 'idle' ? "pooled, nobody's fault; closeIdleConnections() ends it" : 'await the request, or cancel it with an AbortSignal';
    case 'task':
      return 'await what go() returned, or make the function end';
    case 'resource':
      return leak.advice ?? 'close it';
  }
}

const NAMES = { body: 'response', connection: 'connection', task: 'task', resource: 'resource' } as const;

function countByKind(leaks: readonly Leak[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of leaks) counts.set(NAMES[kind], (counts.get(NAMES[kind]) ?? 0) + 1);
  return [...counts].map(([name, count]) => plural(count, name)).join(', ');
}

/** Groups equal leaks and keeps the one held longest; the largest group first, equal ones in the order of the leaks. */
function groupLeaks(leaks: readonly Leak[], byScope: boolean): { count: number; leak: Leak }[] {
  const groups = new Map<string, { count: number; leak: Leak }>();
  for (const leak of leaks) {
    const key = JSON.stringify([leak.kind, leak.verdict === 'proven', leak.status === 0, leak.client, leak.site, leak.method, shapeOf(leak), leak.type, byScope ? leak.scope : null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { count: 1, leak });
    else {
      group.count++;
      if (leak.heldFor > group.leak.heldFor) group.leak = leak;
    }
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** What equal leaks have in common: the task's name, or the URL without numbers and identifiers in its path. */
function shapeOf(leak: Leak): string {
  if (leak.kind === 'task') return leak.task?.name ?? '';
  if (leak.url === '') return leak.origin;
  const path = leak.url.slice(leak.origin.length).replace(/\?.*$/, '');
  return leak.origin + path.replace(/\/(?:\d[^/]*|[0-9a-f-]{12,})(?=\/|$)/gi, '/*');
}

function describeIdle(idle: readonly Leak[]): string {
  const counts = new Map<string, number>();
  for (const { origin } of idle) counts.set(origin, (counts.get(origin) ?? 0) + 1);
  const origins = [...counts].sort((a, b) => b[1] - a[1]);
  const shown = origins.slice(0, SHOWN).map(([origin, count]) => `${count} to ${origin}`);
  if (origins.length > SHOWN) shown.push(`others to ${origins.length - SHOWN} more origins`);
  return `not counted: ${plural(idle.length, 'idle connection')} (${shown.join(', ')}); closeIdleConnections() ends them`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
