/** Owns what a leak check looks at: everything alive, and the proven leaks that are over, each with an identity and its scope. */
import { provenLeaks, resources, tasks, type Holder, type ProvenLeak, type Resource, type Scope, type Task } from '../tasks/index.js';

/**
 * The identity of what may leak, the same from look to look and after its
 * connection was reclaimed: its call site's record, else itself. A connection
 * that serves another request is not the same any more.
 */
export type Identity = object | string;

interface Common {
  readonly identity: Identity;
  /** Whose doing it is; null where nobody's. */
  readonly scope: Scope | null;
}

/** Something that may be a leak, not yet looked at closely. */
export type Candidate = Common &
  (
    | { readonly source: 'proven'; readonly proven: ProvenLeak }
    | { readonly source: 'holder'; readonly holder: Holder; readonly task: Task }
    | { readonly source: 'task'; readonly task: Task }
    | { readonly source: 'resource'; readonly resource: Resource }
  );

/** All there is: what was proven and is over, the live tasks in the order they started, and, if asked, the resources. */
export function candidates(withResources: boolean): Candidate[] {
  const all: Candidate[] = [];
  for (const proven of provenLeaks()) {
    // One that could not be reclaimed is still among the tasks.
    if (proven.reclaimed) all.push({ source: 'proven', proven, identity: proven.trace ?? proven, scope: proven.trace?.scope ?? null });
  }
  const seen = new Set<object>();
  for (const task of tasks()) {
    const candidate = ofTask(task, seen);
    if (candidate !== null) all.push(candidate);
  }
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
    return { source: 'holder', holder, task, identity: holder.trace ?? holder, scope: holder.trace?.scope ?? null };
  }
  // Of an idle connection's two loops one stands for both.
  if (task.kind === 'connection' && task.name !== 'readLoop') return null;
  return { source: 'task', task, identity: task, scope: task.rawTrace?.scope ?? null };
}

/** Identities, as a set that keeps no object alive. */
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
