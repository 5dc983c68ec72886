/**
 * Owns holder records as text: one record as a report, or many records grouped by the line that opened them,
 * largest group first.
 */
import type { Holder } from './holder.js';
import { formatSite, siteOf, type Site } from './site.js';

/** The holders that one line of the program opened; holders without a recorded line are grouped by method and URL. */
export interface HolderGroup {
  readonly count: number;
  /** Milliseconds since the oldest of them was opened. */
  readonly oldest: number;
  readonly site: Site | null;
  readonly method: string;
  readonly url: string;
}

/** The `limit` largest groups of holders, by call site, or by method and URL if the call site is unknown. `at` is a reading of {@link now}. */
export function topHolders(holders: Iterable<Holder>, at: number, limit = 3): HolderGroup[] {
  const groups = new Map<string, { count: number; openedAt: number; holder: Holder; site: Site | null }>();
  for (const holder of holders) {
    const site = holder.trace === null ? null : siteOf(holder.trace);
    const key = site === null ? `${holder.method} ${holder.url}` : `${site.file}:${site.line}:${site.column}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { count: 1, openedAt: holder.openedAt, holder, site });
    else {
      group.count++;
      group.openedAt = Math.min(group.openedAt, holder.openedAt);
    }
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count || a.openedAt - b.openedAt)
    .slice(0, limit)
    .map(({ count, openedAt, holder, site }) => ({ count, oldest: at - openedAt, site, method: holder.method, url: holder.url }));
}

/** Text such as `3 by src/preview.ts:14:23 (fetchPreview), the oldest for 4.2 s; 1 by GET http://…`; empty if there are no groups. */
export function describeHolders(groups: readonly HolderGroup[]): string {
  return groups
    .map(({ count, oldest, site, method, url }) => {
      const who = site === null ? `${method} ${url}` : `${formatSite(site)}, ${method} ${url}`;
      return `${count} by ${who}, ${count > 1 ? 'the oldest ' : ''}for ${formatDuration(oldest)}`;
    })
    .join('; ');
}

/**
 * One holder as a report of two lines: what was not read, and where it was opened. The leak report adds a
 * third line, what to do.
 */
export function describeHolder(holder: Holder, at: number): string {
  const site = holder.trace === null ? null : siteOf(holder.trace);
  const opened = site === null ? "opened at an unrecorded line (track: 'all' records it)" : `opened at ${formatSite(site)}`;
  return `${describeUnfinished(holder, at - holder.openedAt)}\n    ${opened}`;
}

/** The first line of every report: the unfinished request or response, how far it was read, and for how many ms it has been held. */
export function describeUnfinished({ method, url, status, bytesRead, contentLength }: Pick<Holder, 'method' | 'url' | 'status' | 'bytesRead' | 'contentLength'>, heldFor: number): string {
  const held = `held for ${formatDuration(heldFor)}`;
  if (status === 0) return `unfinished request: ${method} ${url}, no response yet, ${held}`;
  if (isHandedOver(method, status)) return `unused socket: ${method} ${url} (${status}), ${bytesRead} bytes read, ${held}`;
  if (isReadOut({ bytesRead, contentLength })) {
    const read = contentLength === 0 ? 'its body is empty, but its end was not read' : `all ${contentLength} bytes of its body were read, but not its end`;
    return `held socket: ${method} ${url} (${status}), ${read}, ${held}`;
  }
  const progress = contentLength < 0 ? `${bytesRead} bytes of unknown length` : `${bytesRead} of ${contentLength} bytes`;
  return `unread body: ${method} ${url} (${status}), ${progress} read, ${held}`;
}

/** Whether all bytes of a body were read, so that it can hold its connection only because nobody has met its end. That is so in node:http. */
export function isReadOut({ bytesRead, contentLength }: Pick<Holder, 'bytesRead' | 'contentLength'>): boolean {
  return contentLength >= 0 && bytesRead >= contentLength;
}

/** The response is no message with a body but a stream both ways: the protocol was switched, or a tunnel opened. */
export function isHandedOver(method: string, status: number): boolean {
  return status === 101 || (method === 'CONNECT' && status >= 200 && status < 300);
}

/** `850 ms`, `1.2 s`, `3 min`, `2.5 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
