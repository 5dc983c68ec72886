/** Owns `watertight heap`: it lists the unread bodies in a heap snapshot by who holds them, and compares two snapshots. */
import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { compareUnread, groupByHolder, isOfNode, readSnapshot, SnapshotError, unreadBodies, type HolderGroup, type UnreadBody, type UrlCount } from '../heap/index.js';
import { complain, plain, print, printJson } from './output.js';
import { UsageError } from './usage-error.js';

interface HeapOptions {
  readonly json?: boolean;
}

/** URLs that are listed for one holder. */
const MAX_URLS = 5;
const CHUNK = 1 << 20;

export function addHeap(program: Command): void {
  program
    .command('heap')
    .summary('list the unread responses in a heap snapshot, by who holds them')
    .argument('<file>', 'a heap snapshot (.heapsnapshot, also with gzip; - for standard input)')
    .argument('[later]', 'a later one of the same process: what came, what stayed and what is gone')
    .option('--json', 'print JSON')
    .action(heap);
}

async function heap(file: string, later: string | undefined, { json = false }: HeapOptions): Promise<void> {
  if (file === '-' && later === '-') throw new UsageError('both snapshots are to come from standard input; name a file for one of them');
  try {
    const first = await unreadIn(file);
    if (later === undefined) {
      if (json) printJson({ unread: first, holders: groupByHolder(first) });
      else printUnread(first);
      return;
    }
    const second = await unreadIn(later);
    const { came, stayed, gone } = compareUnread(first, second);
    const groups = { came: groupByHolder(came), stayed: groupByHolder(stayed), gone: groupByHolder(gone) };
    if (json) {
      printJson({ unread: second, came, stayed, gone, holders: groups });
      return;
    }
    print(`${first.length} unread before, ${second.length} after: ${came.length} came, ${stayed.length} stayed, ${gone.length} gone\n`);
    for (const [what, list] of Object.entries(groups)) if (list.length > 0) print(`\n${what}\n${list.map(described).join('')}`);
  } catch (error) {
    if (!(error instanceof PlacedError)) throw error;
    if (error.cause.code === 'ERR_SNAPSHOT_INPUT') throw new UsageError(error.message, { cause: error.cause });
    complain(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** A SnapshotError with the name of the file. */
class PlacedError extends Error {
  constructor(
    place: string,
    override readonly cause: SnapshotError,
  ) {
    super(`${place}: ${cause.message}`, { cause });
  }
}

async function unreadIn(file: string): Promise<UnreadBody[]> {
  const place = file === '-' ? 'standard input' : file;
  try {
    const snapshot = await readSnapshot(file === '-' ? process.stdin : createReadStream(file, { highWaterMark: CHUNK }));
    const bodies = unreadBodies(snapshot);
    if (bodies.length === 0 && !isOfNode(snapshot)) complain(`${place}: a heap snapshot, but nothing of Node is in it; is it of a page in Chrome?`);
    return bodies;
  } catch (cause) {
    if (cause instanceof SnapshotError) throw new PlacedError(place, cause);
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw cause;
    throw new UsageError(`${place} can't be read: ${message}`, { cause });
  }
}

function printUnread(bodies: readonly UnreadBody[]): void {
  const held = groupByHolder(bodies.filter(({ proven }) => !proven));
  const proven = groupByHolder(bodies.filter((body) => body.proven));
  print(`${counted(bodies.length)} unread, ${bytesOf(bodies.reduce((sum, { buffered }) => sum + buffered, 0))} waiting\n`);
  if (held.length > 0) print(`\n${held.map(described).join('')}`);
  if (proven.length > 0) print(`\nproven leaks: nobody of the program can reach them any more\n${proven.map(described).join('')}`);
}

function described({ heldBy, throughConnection, count, buffered, urls }: HolderGroup): string {
  const holder = heldBy.length === 0 ? 'held by nobody but the connection' : `held ${throughConnection ? 'through a connection ' : ''}by ${oneLine(heldBy.join(' → '))}`;
  const rest = urls.slice(MAX_URLS).reduce((sum, url) => sum + url.count, 0);
  return [`${count}, ${bytesOf(buffered)} waiting, ${holder}`, ...urls.slice(0, MAX_URLS).map(urlLine), ...(rest === 0 ? [] : [`    and ${rest} more`]), ''].join('\n');
}

function urlLine({ client, url, status, count }: UrlCount): string {
  return `    ${count === 1 ? '' : `${count} × `}${url === null ? 'URL not known' : oneLine(url)} (${status ?? 'status not known'}), ${client}`;
}

/** Names and keys are the program's: none may look like a line of ours. */
function oneLine(text: string): string {
  return plain(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

function counted(count: number): string {
  return count === 1 ? '1 response' : `${count} responses`;
}

function bytesOf(bytes: number): string {
  return bytes < 10_000 ? `${bytes} B` : bytes < 10_000_000 ? `${Math.round(bytes / 1000)} kB` : `${Math.round(bytes / 1_000_000)} MB`;
}
