/** Owns the unread bodies by who holds them, and two snapshots of one process compared. */
import type { BodyClient } from './found-body.js';
import type { UnreadBody } from './unread-bodies.js';

export interface UrlCount {
  readonly client: BodyClient;
  readonly url: string | null;
  readonly status: number | null;
  readonly count: number;
}

/** Bodies that are held in one way. */
export interface HolderGroup {
  /** As of each body, with `[…]` and `entry …` for places and keys that differ; empty: nobody of the program holds them. */
  readonly heldBy: string[];
  /** The chain runs through a connection that the program keeps. */
  readonly throughConnection: boolean;
  /** Nobody of the program can reach them any more. */
  readonly proven: boolean;
  readonly count: number;
  /** Bytes that wait to be read. */
  readonly buffered: number;
  /** The most frequent first. */
  readonly urls: UrlCount[];
}

/** Who holds how many, the most first. */
export function groupByHolder(bodies: readonly UnreadBody[]): HolderGroup[] {
  const groups = new Map<string, UnreadBody[]>();
  for (const body of bodies) {
    const key = JSON.stringify([body.throughConnection, withoutPlaces(body.heldBy)]);
    groups.set(key, [...(groups.get(key) ?? []), body]);
  }
  return [...groups.values()]
    .map((group) => ({
      heldBy: group.length === 1 ? group[0].heldBy : withoutPlaces(group[0].heldBy),
      throughConnection: group[0].throughConnection,
      proven: group[0].proven,
      count: group.length,
      buffered: group.reduce((sum, { buffered }) => sum + buffered, 0),
      urls: countUrls(group),
    }))
    .sort((a, b) => b.count - a.count);
}

/** What happened from one snapshot of a process to a later one. */
export interface UnreadComparison {
  /** Unread in the later one only. */
  readonly came: UnreadBody[];
  /** Unread in both. */
  readonly stayed: UnreadBody[];
  /** Unread in the earlier one only: read, closed or collected since. */
  readonly gone: UnreadBody[];
}

/** Bodies are the same if their ids are, which V8 keeps for the life of a process, and what they are of. */
export function compareUnread(before: readonly UnreadBody[], after: readonly UnreadBody[]): UnreadComparison {
  const key = ({ id, client, url }: UnreadBody): string => JSON.stringify([id, client, url]);
  const earlier = new Set(before.map(key));
  const later = new Set(after.map(key));
  return {
    came: after.filter((body) => !earlier.has(key(body))),
    stayed: after.filter((body) => earlier.has(key(body))),
    gone: before.filter((body) => !later.has(key(body))),
  };
}

/** The chain with `[…]` and `entry …` for places and keys: what differs where one variable holds many. */
export function withoutPlaces(heldBy: readonly string[]): string[] {
  return heldBy.map((step) => (/^\[\d+\]$/.test(step) ? '[…]' : /^(?:entry .*|an entry)$/s.test(step) ? 'entry …' : step));
}

function countUrls(bodies: readonly UnreadBody[]): UrlCount[] {
  const counts = new Map<string, UrlCount>();
  for (const { client, url, status } of bodies) {
    const key = JSON.stringify([client, url, status]);
    counts.set(key, { client, url, status, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count);
}
