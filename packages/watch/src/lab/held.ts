/**
 * Owns the record of which responses and idle connections exist at a count, and which line opened them.
 *
 * It can be sent to another process and shown in one line. Idle connections are listed too, but they are no
 * leaks.
 */
import type { Leak } from 'watertight/leak';
import type { Task } from 'watertight/tasks';

export interface Held {
  readonly count: number;
  readonly kind: 'unread body' | 'unfinished request' | 'idle connection';
  /** `GET /bytes/50000`, or the origin of idle connections. */
  readonly what: string;
  /** Where it was opened, `lab/scenario-run.ts:69`; null for idle connections and where no line was recorded. */
  readonly site: string | null;
}

/** Groups what `currentLeaks()` and `tasks()` returned, most first. */
export function groupHeld(leaks: readonly Leak[], tasks: readonly Task[]): Held[] {
  const groups = new Map<string, Held>();
  for (const leak of leaks) {
    if (leak.kind !== 'body') continue;
    const kind = leak.status === 0 ? 'unfinished request' : 'unread body';
    add(groups, kind, `${leak.method} ${pathOf(leak.url)}`, leak.site === null ? null : `${nearest(leak.site.file)}:${leak.site.line}`);
  }
  for (const task of tasks) {
    // Two tasks make a connection, and both have a holder while it is in use.
    if (task.kind === 'connection' && task.name === 'readLoop' && task.holder === null) add(groups, 'idle connection', task.labels.host ?? '', null);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

/** `5 × unread body GET /bytes/50000, opened at lab/scenario-run.ts:69`. */
export function describeHeld({ count, kind, what, site }: Held): string {
  const opened = site === null ? '' : `, opened at ${site}`;
  if (kind === 'idle connection') return `${count} × idle connection${count > 1 ? 's' : ''}`;
  return `${count} × ${kind} ${what}${opened}`;
}

function add(groups: Map<string, Held>, kind: Held['kind'], what: string, site: string | null): void {
  const key = JSON.stringify([kind, what, site]);
  groups.set(key, { count: (groups.get(key)?.count ?? 0) + 1, kind, what, site });
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}

/** The file and its folder: enough to find it, short enough for a table. */
function nearest(file: string): string {
  return file.split(/[\\/]/).slice(-2).join('/');
}
