/** Owns leaks as text, and the error that carries both. */
import { describeUnfinished, formatDuration, formatSite } from '../tasks/index.js';
import type { Leak } from './leak.js';

/** One leak: what, where it was opened, what to do; lines joined by `\n`, all but the first indented. */
export function formatLeak(leak: Leak): string {
  return [headline(leak), openedAt(leak), advice(leak)].join('\n    ');
}

function headline(leak: Leak): string {
  switch (leak.kind) {
    case 'body':
      return describeUnfinished(leak, leak.heldFor) + (leak.verdict === 'proven' ? ', garbage-collected and reclaimed' : '');
    case 'connection':
      return leak.verdict === 'idle' ? `idle connection: ${leak.origin}, since ${formatDuration(leak.heldFor)}` : `dial under way: ${leak.origin}, since ${formatDuration(leak.heldFor)}`;
    case 'task':
      return `running task: ${leak.task?.name ?? ''}, since ${formatDuration(leak.heldFor)}`;
    case 'resource':
      return `resource: ${leak.url}, held for ${formatDuration(leak.heldFor)}`;
  }
}

function openedAt(leak: Leak): string {
  if (leak.site !== null) return `${leak.kind === 'body' ? 'opened' : 'started'} at ${formatSite(leak.site)}`;
  return "opened at an unrecorded line: import 'watertight/leak' before the request, or set track: 'all'";
}

function advice(leak: Leak): string {
  switch (leak.kind) {
    case 'body':
      return leak.status === 0 ? 'await it, or cancel it with an AbortSignal' : 'read it to the end, close it, or: await using res = await get(...)';
    case 'connection':
      return leak.verdict === 'idle' ? 'pooled, nobody\'s fault; closeIdleConnections() ends it' : 'await the request, or cancel it with an AbortSignal';
    case 'task':
      return 'await what go() returned, or make the function end';
    case 'resource':
      return 'close it';
  }
}

/** All leaks, the first line saying how many. */
export function formatLeaks(leaks: readonly Leak[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of leaks) counts.set(NAMES[kind], (counts.get(NAMES[kind]) ?? 0) + 1);
  const sum = [...counts].map(([name, count]) => `${count} ${name}${count === 1 ? '' : 's'}`).join(', ');
  return [`${sum} leaked`, ...leaks.map(formatLeak)].join('\n');
}

const NAMES = { body: 'response', connection: 'connection', task: 'task', resource: 'resource' } as const;

/** Leaks were found. `leaks` has them as data, the message as text. */
export class LeakError extends Error {
  readonly code = 'ERR_LEAK';

  constructor(readonly leaks: readonly Leak[]) {
    super(formatLeaks(leaks));
  }

  override get name(): string {
    return 'LeakError';
  }
}
