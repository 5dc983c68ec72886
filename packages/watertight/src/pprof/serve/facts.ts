/** Owns the content of the profiles as plain data, for programs that read JSON. */
import { provenCounts, siteOf, type HolderClient, type Site, type TaskState, type Verdict } from '../../tasks/index.js';
import { type HolderRecord, hostOf, pathOf, type Slices, sortInSlices, takeSnapshot, type TaskRecord, unreadBytes } from '../write/index.js';

/** Unfinished responses that one line of the program holds; without a recorded line, requests of one kind. */
export interface FactsGroup {
  readonly count: number;
  readonly client: HolderClient;
  readonly method: string;
  /** Without user, password and query. */
  readonly url: string;
  readonly site: Site | null;
  /** How long the oldest has been held, ms. */
  readonly oldest: number;
  /** Unread bytes of the bodies with a known length. */
  readonly unread: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
}

/** One unfinished response. */
export interface FactsHolder {
  /** Null if it holds no task. */
  readonly task: number | null;
  readonly client: HolderClient;
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly bytesRead: number;
  readonly contentLength: number;
  /** How long it has been held, ms. */
  readonly heldFor: number;
  readonly verdict: Verdict;
  readonly site: Site | null;
}

/** One live task. */
export interface FactsTask {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly state: TaskState;
  /** How long it has been in that state, ms. */
  readonly waitedFor: number;
  readonly verdict: Verdict;
  readonly host: string | null;
}

/** The answer of `/debug/watertight`. */
export interface Facts {
  /** When it was taken, ISO 8601. */
  readonly time: string;
  /** When the process started, ISO 8601. A count that fell because of a restart is not a repaired leak. */
  readonly processStart: string;
  readonly taskCount: number;
  readonly tasksByState: Readonly<Record<string, number>>;
  readonly connections: readonly { readonly host: string; readonly idle: number; readonly active: number; readonly dialling: number }[];
  readonly holderCount: number;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** Largest first. */
  readonly groups: readonly FactsGroup[];
  /** Proven leaks since the process started, reclaimed or not; the line with the most leaks first. */
  readonly leaked: { readonly count: number; readonly groups: readonly Omit<FactsGroup, 'oldest' | 'unread' | 'verdicts'>[] };
  /** The first `limit` holders and tasks; the counts above are of all. */
  readonly holders: readonly FactsHolder[];
  readonly tasks: readonly FactsTask[];
}

export async function takeFacts(limit: number, slices: Slices): Promise<Facts> {
  const snapshot = takeSnapshot();
  await slices.next();
  const { time, taskCount } = snapshot;
  const tasksByState: Record<string, number> = {};
  const connections = new Map<string, Connections>();
  const tasks: FactsTask[] = [];
  for (const record of snapshot.tasks()) {
    increase(tasksByState, record.state);
    countConnection(connections, record);
    if (tasks.length < limit) tasks.push(taskFacts(record));
    if (slices.over) await slices.next();
  }
  const verdicts: Partial<Record<Verdict, number>> = {};
  const groups = new Map<string, GrowingGroup>();
  const holders: FactsHolder[] = [];
  let holderCount = 0;
  for (const record of snapshot.holders()) {
    holderCount++;
    increase(verdicts, record.verdict);
    addToGroup(groups, record);
    if (holders.length < limit) holders.push(holderFacts(record));
    if (slices.over) await slices.next();
  }
  const sorted = await sortInSlices([...groups.values()], (a, b) => b.count - a.count || b.oldest - a.oldest, slices);
  return {
    time: new Date(time).toISOString(),
    processStart: new Date(time - process.uptime() * 1000).toISOString(),
    taskCount,
    tasksByState,
    connections: [...connections.values()],
    holderCount,
    verdicts,
    groups: sorted.slice(0, limit),
    leaked: leakedFacts(limit),
    holders,
    tasks,
  };
}

function increase<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

interface Connections {
  readonly host: string;
  idle: number;
  active: number;
  dialling: number;
}

function countConnection(hosts: Map<string, Connections>, record: TaskRecord): void {
  const { kind, name } = record.task;
  // The read loop stands for both loops of a connection.
  if (kind === 'main' || kind === 'program' || (kind === 'connection' && name !== 'readLoop')) return;
  const host = hostOfTask(record) ?? '';
  let counts = hosts.get(host);
  if (counts === undefined) hosts.set(host, (counts = { host, idle: 0, active: 0, dialling: 0 }));
  if (kind === 'dial') counts.dialling++;
  else if (record.verdict === 'idle') counts.idle++;
  else counts.active++;
}

function hostOfTask({ task, holder }: TaskRecord): string | null {
  return holder === null ? (task.labels.host ?? null) : hostOf(holder.holder);
}

type GrowingGroup = { -readonly [K in keyof FactsGroup]: FactsGroup[K] } & { verdicts: Partial<Record<Verdict, number>> };

function addToGroup(groups: Map<string, GrowingGroup>, record: HolderRecord): void {
  const { client, method, url, site } = originOfHolder(record);
  const key = site === null ? `${client} ${method} ${url}` : `${client} ${site.file}:${site.line}:${site.column}`;
  let group = groups.get(key);
  if (group === undefined) groups.set(key, (group = { count: 0, client, method, url, site, oldest: 0, unread: 0, verdicts: {} }));
  group.count++;
  group.oldest = Math.max(group.oldest, record.heldFor);
  group.unread += unreadBytes(record);
  increase(group.verdicts, record.verdict);
}

function originOfHolder({ holder }: Pick<HolderRecord, 'holder'>): Pick<FactsGroup, 'client' | 'method' | 'url' | 'site'> {
  const { client, method, origin, trace } = holder;
  return { client, method, url: origin + pathOf(holder), site: trace === null ? null : siteOf(trace) };
}

function leakedFacts(limit: number): Facts['leaked'] {
  const { sites, other } = provenCounts();
  const count = sites.reduce((sum, each) => sum + each.count, other);
  const groups = [...sites].sort((a, b) => b.count - a.count).slice(0, limit);
  return { count, groups: groups.map((each) => ({ count: each.count, ...originOfHolder({ holder: each.first }) })) };
}

function holderFacts(record: HolderRecord): FactsHolder {
  const { task, status, bytesRead, contentLength, heldFor, verdict } = record;
  return { task: task?.id ?? null, ...originOfHolder(record), status, bytesRead, contentLength, heldFor, verdict };
}

function taskFacts(record: TaskRecord): FactsTask {
  const { task, state, waitedFor, verdict } = record;
  return { id: task.id, kind: task.kind, name: task.name, state, waitedFor: Math.round(waitedFor), verdict, host: hostOfTask(record) };
}
