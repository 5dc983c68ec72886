/** Owns what a look finds of this library in the program, from the record that all its copies share. */
import { channel } from 'node:diagnostics_channel';
import { field, isObject, type FoundBody } from './found.js';

/** As in `watertight`'s tasks/process-record.ts. */
const NAME = 'watertight.process-record.1';

interface Holder {
  readonly client: FoundBody['client'];
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly openedAt: number;
  readonly awaited: boolean;
  readonly body?: unknown;
}

export interface OwnBody {
  readonly holder: object;
  readonly body: FoundBody;
}

/** The unread responses of this library's own client. */
export function ownUnread(): readonly OwnBody[] {
  const record = (channel(NAME) as unknown as Record<symbol, unknown>)[Symbol.for(NAME)];
  if (!(record instanceof Map)) return [];
  const holders = new Set<Holder>();
  for (const name of ['live', 'live-brief'])
    for (const task of listOf(record.get(name))) {
      const { holder } = task as { holder?: unknown };
      if (isObject(holder)) holders.add(holder as Holder);
    }
  for (const holder of listOf(record.get('taskless-holders'))) holders.add(holder as Holder);
  return [...holders]
    .filter(({ client, status, awaited }) => client === 'watertight' && status !== 0 && !awaited)
    .map((holder) => ({
      holder,
      body: { client: 'watertight', method: holder.method, url: holder.url, status: holder.status, buffered: bytesOf(holder.body), age: Math.max(0, performance.now() - holder.openedAt), pinned: true },
    }));
}

/** What has come and was not taken. */
function bytesOf(body: unknown): number | null {
  const bytes = field(body, 'bytes');
  return typeof bytes === 'number' ? bytes : null;
}

function listOf(value: unknown): readonly object[] {
  return value instanceof Set || Array.isArray(value) ? ([...value] as object[]) : [];
}
