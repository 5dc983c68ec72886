/** Owns what the pages know of all targets: their rows, the worst first, and what is announced when one changes. */
import { computed, signal } from '@preact/signals';
import type { HistoryTrouble, OverviewRow } from '../server/index.js';
import { askOverview } from './dashboard-api.js';
import { span } from './quantity.js';

/** `lost`: it is being reopened, and what is shown is from `since` or before. */
export type Connection = { readonly state: 'opening' | 'live' } | { readonly state: 'lost'; readonly since: number | null };

/** The standing of a target, the worst first. */
export type Standing = 'leaking' | 'down' | 'unknown' | 'healthy';
export const STANDINGS: readonly Standing[] = ['leaking', 'down', 'unknown', 'healthy'];

export const targets = signal<ReadonlyMap<string, OverviewRow>>(new Map());
/** Why there is nothing to show yet; null once there is. */
export const trouble = signal<string | null>('Loading…');
export const connection = signal<Connection>({ state: 'opening' });
export const announcement = signal('');
/** What is wrong with the watcher's history; null while nothing is. */
export const historyTrouble = signal<HistoryTrouble | null>(null);

export function standingOf({ leaking, up, verdict }: Pick<OverviewRow, 'leaking' | 'up' | 'verdict'>): Standing {
  if (leaking) return 'leaking';
  return up ? verdict : 'down';
}

/** In words; null where no limit is given, or none is in sight. */
export function timeToLimit({ count, limit, limitAt, at }: Pick<OverviewRow, 'count' | 'limit' | 'limitAt' | 'at'>): string | null {
  if (limit !== null && count !== null && count >= limit) return 'met';
  return limitAt === null || at === null ? null : `in ${span(limitAt - at)}`;
}

const byName = new Intl.Collator('en', { numeric: true });

/** The rows, the worst first: leaking targets by how soon they reach their limit, then by growth. */
export const worstFirst = computed(() =>
  [...targets.value.values()]
    .map((row) => ({ row, rank: STANDINGS.indexOf(standingOf(row)), limitAt: row.limitAt ?? Infinity }))
    .sort((a, b) => a.rank - b.rank || (a.limitAt === b.limitAt ? 0 : a.limitAt - b.limitAt) || b.row.perHour - a.row.perHour || byName.compare(a.row.name, b.row.name))
    .map(({ row }) => row),
);

export const counts = computed(() => {
  const found: Record<Standing, number> = { leaking: 0, down: 0, unknown: 0, healthy: 0 };
  for (const row of targets.value.values()) found[standingOf(row)]++;
  return found;
});

/** Loads all rows again, including what changed while the stream was lost. */
export async function load(): Promise<void> {
  try {
    const { targets: rows, trouble: found } = await askOverview();
    take(rows, true);
    historyTrouble.value = found;
    trouble.value = null;
  } catch (error) {
    if (targets.value.size === 0) trouble.value = `The targets can't be shown: ${(error as Error).message}`;
  }
}

/** Takes rows that have changed. `all`: these are all rows, and other targets are no longer watched. */
export function take(rows: readonly OverviewRow[], all = false): void {
  const before = targets.value;
  const after = new Map(all ? [] : before);
  for (const row of rows) after.set(row.url, row);
  targets.value = after;
  const changed = rows.filter((row) => {
    const known = before.get(row.url);
    return known !== undefined && standingOf(known) !== standingOf(row);
  });
  if (changed.length > 0) announcement.value = spoken(changed);
}

/** How many targets an announcement names; of the rest it gives the number. */
const NAMED = 3;

function spoken(changed: readonly OverviewRow[]): string {
  const named = changed.slice(0, NAMED).map((row) => {
    const standing = standingOf(row);
    if (standing === 'leaking') return `${row.name} is leaking${row.blame === '' ? '' : `: ${row.blame}`}.`;
    return `${row.name} is ${standing === 'unknown' ? 'not judged yet' : standing}.`;
  });
  const rest = changed.length - named.length;
  return [...named, ...(rest > 0 ? [`${rest} more changed.`] : [])].join(' ');
}
