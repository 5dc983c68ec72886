/** Owns the text of a look: what is unread, who holds it, and how long the program stood still. */
import { formatDuration } from 'watertight/tasks';
import { withoutPlaces } from '../heap/index.js';
import type { LeakSince } from './injection.js';
import type { Look, UnreadBody } from './look.js';
import type { Pause } from './pause.js';

export function formatLook({ unread, beingRead, pools, complete, threadsMissed }: Look): string {
  const lines = [`${amount(unread.length, 'unread response')}${beingRead > 0 ? `, and ${beingRead} being read` : ''}`];
  for (const group of grouped(unread)) lines.push(...formatGroup(group));
  if (pools.length > 0) lines.push('connections');
  for (const { kind, origin, connections, idle, queued } of pools) lines.push(`  ${origin} (${kind}): ${connections}, ${idle} idle; ${amount(queued, 'request')} waiting for one`);
  if (complete && unread.some(({ heldBy, thread }) => heldBy === null && thread === null)) lines.push('A heap snapshot shows who holds them: --yes');
  if (!complete) lines.push('Only what occupies a connection was looked for. A heap snapshot also shows bodies that have come in full, and who holds what: --yes');
  if (threadsMissed > 0) lines.push(`${amount(threadsMissed, 'worker thread')} ${threadsMissed === 1 ? 'was' : 'were'} not looked at: no answer came from there`);
  return `${lines.map(oneLine).join('\n')}\n`;
}

/** Names and keys are the program's: none may look like a line of ours. */
function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

export function formatPauses(pauses: readonly Pause[], longest: Pause | null): string {
  if (longest === null) return '';
  return `The program stood still ${amount(pauses.length, 'time')}, for ${formatPause(longest.ms)} at the longest (${longest.what}).\n`;
}

/** What leaked since, with the line of each. */
export function formatLeaksSince(leaks: readonly LeakSince[], ms: number): string {
  const counts = new Map<string, number>();
  for (const { method, url, status, line, client, verdict } of leaks) {
    const text = `${method} ${url} (${status}) of ${client}, opened at ${line ?? 'a line that is not known'}${verdict === 'proven' ? '; nothing refers to it any more' : ''}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const lines = [`In ${formatDuration(ms)}, ${amount(leaks.length, 'response')} leaked`];
  for (const [text, count] of [...counts].sort(([, a], [, b]) => b - a)) lines.push(`  ${count} × ${text}`);
  return `${lines.join('\n')}\n`;
}

function formatPause(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

function grouped(unread: readonly UnreadBody[]): readonly (readonly UnreadBody[])[] {
  const groups = new Map<string, UnreadBody[]>();
  for (const body of unread) {
    const key = JSON.stringify([body.client, body.method, body.url, body.status, body.collected, body.thread, body.throughConnection, body.heldBy && withoutPlaces(body.heldBy)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [body]);
    else group.push(body);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

function formatGroup(group: readonly UnreadBody[]): readonly string[] {
  const [{ client, method, url, status, heldBy, throughConnection, collected, thread }] = group;
  const bytes = group.reduce((sum, { buffered }) => sum + (buffered ?? 0), 0);
  const ages = group.flatMap(({ age }) => age ?? []);
  const age = ages.length === 0 ? '' : `, ${group.length === 1 ? 'for' : 'the oldest for'} ${formatDuration(Math.max(...ages))}`;
  const pinned = group.filter((each) => each.pinned).length;
  const holds = pinned === 0 ? 'holds no connection' : `holds ${amount(pinned, 'connection')}`;
  const request = url === '' ? 'a request that the runtime has forgotten' : `${method === '' ? '' : `${method} `}${url}`;
  const lines = [`  ${group.length} × ${request}${status === 0 ? '' : ` (${status})`} of ${client}${thread === null ? '' : ` in worker thread ${thread}`}: ${formatBytes(bytes)} in memory, ${holds}${age}`];
  if (collected) lines.push('      nobody held it: it was garbage, which a collection has freed just now');
  else if (heldBy !== null) lines.push(heldBy.length === 0 ? '      nobody of the program holds it: only its connection does, so nothing will release it' : `      held ${throughConnection ? 'through a connection ' : ''}by ${(group.length === 1 ? heldBy : withoutPlaces(heldBy)).join(' → ')}`);
  return lines;
}

function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function amount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
