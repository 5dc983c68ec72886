/**
 * Owns the stack that a profile shows for a task: the function that the task
 * runs innermost, then the program's line that holds it, then who called that.
 */
import { entryOf, framesOf, siteOf, type Holder, type HolderClient, type Site, type Task, type Trace } from '../../tasks/index.js';
import { frameName, printable } from './frame-name.js';
import type { Frame, StackNode, StackTable } from '../profile/index.js';
import type { TaskRecord } from './snapshot.js';

/** What runs on behalf of a request of another client, which keeps no loops of ours. Named as if it were Go's. */
const FOREIGN: Readonly<Record<HolderClient, { readonly name: string; readonly file: string }>> = {
  watertight: { name: 'watertight.(*Response).body', file: '' },
  undici: { name: 'undici.(*Dispatcher).body', file: 'undici' },
  fetch: { name: 'fetch.(*Response).body', file: 'node:internal/deps/undici/undici' },
  'node:http': { name: 'node:http.(*IncomingMessage).body', file: 'node:_http_client' },
};

/**
 * Matches the functions that tasks run, for the profile's `drop_frames`: Go's
 * tools then blame the program's line, not the loop that every connection has.
 * They leave such a frame where nothing else is on the stack, an idle
 * connection's. They compare a name only up to its first parenthesis.
 */
export const ENTRY_FRAMES = '(watertight|undici|fetch|node:http)\\.(\\(.*)?';

/** A call site that was not recorded (`track: 'off'`, or `adaptive` while the origin is healthy). */
const UNRECORDED = '(call site not recorded)';

export class CallStacks {
  /** Sites are shared between traces. */
  readonly #frames = new Map<Site, Frame>();
  #trace: Trace | null = null;
  #site: readonly Frame[] = [];

  constructor(private readonly table: StackTable) {}

  /** Innermost first: the task's own function, then the call site of what holds it (or of who started it). */
  ofTask({ task, holder }: TaskRecord): StackNode {
    const inner = this.table.outward(this.table.root, this.entry(task, holder?.holder ?? null));
    // An idle connection is nobody's fault: the request that once dialled it is not on its stack.
    const trace = holder !== null ? holder.holder.trace : task.kind === 'connection' ? null : task.rawTrace;
    return trace === null ? inner : this.#append(inner, trace);
  }

  /** The call site alone: that of a response. */
  ofHolder({ trace }: Pick<Holder, 'trace'>): StackNode {
    const stack = trace === null ? this.table.root : this.#append(this.table.root, trace);
    return stack === this.table.root ? this.table.outward(stack, this.table.frame(UNRECORDED, '', 0)) : stack;
  }

  /** The line that started the task; null where it was not recorded, and for the main one. */
  creatorOf(task: Task): Frame | null {
    const site = task.createdBy;
    if (site !== null) return this.frame(site);
    const dial = task.kind === 'connection' ? entryOf('dialConn') : null;
    return dial === null ? null : this.frame(dial);
  }

  private entry(task: Task, holder: Holder | null): Frame {
    switch (task.kind) {
      case 'main':
        return this.table.frame('main.main', process.argv[1] ?? process.execPath, 0);
      case 'program':
        return this.table.frame(printable(task.name), task.createdBy?.file ?? '', 0);
      case 'request': {
        const { name, file } = FOREIGN[holder?.client ?? 'node:http'];
        return this.table.frame(name, file, 0);
      }
      case 'connection':
      case 'dial': {
        const entry = entryOf(task.name);
        return entry === null ? this.table.frame(printable(task.name), '', 0) : this.frame(entry);
      }
    }
  }

  private frame(site: Site): Frame {
    let frame = this.#frames.get(site);
    if (frame === undefined) {
      frame = this.table.frame(frameName(site), printable(site.file), site.line);
      this.#frames.set(site, frame);
    }
    return frame;
  }

  #append(inner: StackNode, trace: Trace): StackNode {
    // A connection's two loops have the same holder and follow each other.
    if (trace !== this.#trace) {
      this.#trace = trace;
      this.#site = this.#callSite(trace);
    }
    let stack = inner;
    for (const frame of this.#site) stack = this.table.outward(stack, frame);
    return stack;
  }

  /** From the line to blame outwards: packages between it and us (a wrapper of a client) are not to blame. */
  #callSite(trace: Trace): Frame[] {
    const frames = framesOf(trace);
    const site = siteOf(trace);
    return frames.slice(site === null ? 0 : frames.indexOf(site)).map((each) => this.frame(each));
  }
}
