/** Owns the candidates of a leak check: everything that is alive, and the reclaimed proven leaks, each with an identity and a scope. */
import { provenLeaks, resources, tasklessHolders, tasks, type Holder, type ProvenLeak, type Resource, type Scope, type Task } from '../tasks/index.js';

/**
 * The identity of a candidate, which stays the same in every look and after its connection was reclaimed: the
 * record of its call site, otherwise the object itself. A connection that serves another request has another
 * identity.
 */
export type Identity = object | string;

interface Common {
  readonly identity: Identity;
  /** The scope in which it was started; null if it was started outside of all scopes. */
  readonly scope: Scope | null;
}

/** Something that may be a leak and has not been examined yet. */
export type Candidate = Common &
  (
    | { readonly source: 'proven'; readonly proven: ProvenLeak }
    | { readonly source: 'holder'; readonly holder: Holder; readonly task: Task | null }
    | { readonly source: 'task'; readonly task: Task }
    | { readonly source: 'resource'; readonly resource: Resource }
  );

/** All candidates: the reclaimed proven leaks, the live tasks in the order in which they started, the responses without a task, and, if asked for, the resources. */
export function candidates(withResources: boolean): Candidate[] {
  const all: Candidate[] = [];
  for (const proven of provenLeaks()) {
    // A proven leak that was not reclaimed is still among the tasks.
    if (proven.reclaimed) all.push({ source: 'proven', proven, identity: proven.trace ?? proven, scope: proven.trace?.scope ?? null });
  }
  const seen = new Set<object>();
  for (const task of tasks()) {
    const candidate = ofTask(task, seen);
    if (candidate !== null) all.push(candidate);
  }
  for (const holder of tasklessHolders()) all.push(ofHolder(holder, null));
  for (const resource of withResources ? (resources() ?? []) : []) {
    all.push({ source: 'resource', resource, identity: `resource ${resource.id}`, scope: resource.trace?.scope ?? null });
  }
  return all;
}

function ofTask(task: Task, seen: Set<object>): Candidate | null {
  if (task.kind === 'main') return null;
  const { holder } = task;
  if (holder !== null) {
    // Both loops of a connection have the same holder.
    if (seen.has(holder)) return null;
    seen.add(holder);
    return ofHolder(holder, task);
  }
  // The read loop stands for both loops of an idle connection.
  if (task.kind === 'connection' && task.name !== 'readLoop') return null;
  return { source: 'task', task, identity: task, scope: task.rawTrace?.scope ?? null };
}

function ofHolder(holder: Holder, task: Task | null): Candidate {
  return { source: 'holder', holder, task, identity: holder.trace ?? holder, scope: holder.trace?.scope ?? null };
}

/** A set of identities that keeps no object alive. */
export class IdentitySet {
  private readonly objects = new WeakSet();
  private readonly names = new Set<string>();

  constructor(identities: Iterable<Identity> = []) {
    for (const identity of identities) this.add(identity);
  }

  add(identity: Identity): void {
    if (typeof identity === 'string') this.names.add(identity);
    else this.objects.add(identity);
  }

  has(identity: Identity): boolean {
    return typeof identity === 'string' ? this.names.has(identity) : this.objects.has(identity);
  }
}
