/**
 * Owns the report of `watertight run`: which tasks are alive, who started them and what holds them, as data and
 * as text.
 *
 * Taking it is left to preload.ts.
 */
import type { Leak } from 'watertight/leak';
import { formatPlace, type Place } from './place.js';

/** A task as it was when the report was taken. */
export interface TaskRecord {
  readonly name: string;
  readonly state: string;
  /** The line that started it, or null where none was recorded. */
  readonly createdBy: Place | null;
  /** `GET http://host/path`, for a task that an unfinished response holds. */
  readonly heldBy: string | null;
}

export interface ProgramReport {
  /** `taskCount()`: the main task counts. */
  readonly tasks: number;
  /** Unfinished responses, in flight or forgotten. Idle connections are no leaks. */
  readonly leaks: readonly Leak[];
  readonly alive: readonly TaskRecord[];
  /** Whether the process ever made a request, or started a task. */
  readonly sawRequests: boolean;
}

/** What `--report` writes and `--json` prints. */
export function summarize({ tasks, leaks }: ProgramReport): { tasks: number; leaks: readonly Leak[] } {
  return { tasks, leaks };
}

/** The report as text; `happened` says what gave rise to it: `app.js ended`. */
export function formatReport(report: ProgramReport, happened: string): string {
  const { tasks, leaks, alive, sawRequests } = report;
  const lines = [`watertight: ${happened}. ${amount(tasks, 'task')} alive, ${leaks.length === 0 ? 'no leak' : amount(leaks.length, 'leak')}.`];
  for (const group of groupBy(leaks, describeLeak)) lines.push('', ...group.key.split('\n').map((line, index) => (index === 0 ? `  ${group.count} × ${line}` : `      ${line}`)));
  if (leaks.length > 0) lines.push('', ...[...new Set(leaks.map(({ client }) => RELEASE[client]))].map((how) => `  Read each body to its end or release it:  ${how}`));
  if (alive.length > 1) {
    lines.push('', '  Tasks:');
    for (const group of groupBy(alive, describeTask)) lines.push(`  ${String(group.count).padStart(5)} × ${group.key}`);
  }
  if (!sawRequests) lines.push('  No request was seen, of whichever client: the program has made none, or another process does the work.');
  return `${lines.join('\n')}\n`;
}

/** How each client's response is released. */
const RELEASE: Readonly<Record<Leak['client'], string>> = {
  watertight: 'await using response = await get(url);',
  fetch: 'await response.body?.cancel();',
  undici: 'await body.dump();',
  'node:http': 'response.resume(); or response.destroy(); if it may not end',
};

function describeLeak({ method, url, status, site, bytesRead, contentLength, verdict }: Leak): string {
  const where = `opened at ${site === null ? 'an unrecorded line' : formatPlace(site)}`;
  if (status === 0) return `unfinished request: ${method} ${url}\n${where}`;
  const collected = verdict === 'proven' ? '; its response was garbage-collected' : '';
  if (bytesRead === contentLength) return `held socket: ${method} ${url} (${status}), all ${bytesRead} bytes read, but not the end${collected}\n${where}`;
  const length = contentLength < 0 ? 'an unknown number of' : contentLength;
  return `unread body: ${method} ${url} (${status}), ${bytesRead} of ${length} bytes read${collected}\n${where}`;
}

function describeTask({ name, state, createdBy, heldBy }: TaskRecord): string {
  const started = createdBy === null ? '' : `, started at ${formatPlace(createdBy)}`;
  return `${name}, ${state}${started}${heldBy === null ? '' : `, held by ${heldBy}`}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): { key: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({ key, count })).sort((a, b) => b.count - a.count);
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
