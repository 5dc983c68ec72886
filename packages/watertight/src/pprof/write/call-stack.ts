/**
 * Owns the stack of a task in a profile: innermost the function that the task runs, then the line of the
 * program that holds the task, then its callers.
 */
import { entryOf, framesOf, siteOf, type Holder, type HolderClient, type Site, type Task, type Trace } from '../../tasks/index.js';
import { frameName, printable } from './frame-name.js';
import type { Frame, StackNode, StackTable } from '../profile/index.js';
import type { TaskRecord } from './snapshot.js';

/** The entry frame of a request of another client, which has no loops of this library. Named in Go's form. */
const FOREIGN: Readonly<Record<HolderClient, { readonly name: string; readonly file: string }>> = {
  watertight: { name: 'watertight.(*Response).body', file: '' },
  undici: { name: 'undici.(*Dispatcher).body', file: 'undici' },
  fetch: { name: 'fetch.(*Response).body', file: 'node:internal/deps/undici/undici' },
  'node:http': { name: 'node:http.(*IncomingMessage).body', file: 'node:_http_client' },
};

/**
 * Matches the entry functions of tasks, for the profile's `drop_frames`, so that Go's tools attribute values
 * to the program's line and not to the loop that every connection has. Go's tools keep such a frame if it is
 * the only one (an idle connection), and compare a name only up to its first parenthesis.
 */
export const ENTRY_FRAMES = '(watertight|undici|fetch|node:http)\\.(\\(.*)?';

/** The frame of a call site that was not recorded (`track: 'off'`, or `adaptive` while the origin is healthy). */
const UNRECORDED = '(call site not recorded)';

export class CallStacks {
  /** Frames by site; traces share sites. */
  readonly #frames = new Map<Site, Frame>();
  #trace: Trace | null = null;
  #site: readonly Frame[] = [];

  constructor(private readonly table: StackTable) {}

  /** The stack of a task, innermost first: its own function, then the call site of its holder, or else of its creator. */
  ofTask({ task, holder }: TaskRecord): StackNode {
    const inner = this.table.outward(this.table.root, this.entry(task, holder?.holder ?? null));
    // The request that once dialled an idle connection is over, so its call site is left out.
    const trace = holder !== null ? holder.holder.trace : task.kind === 'connection' ? null : task.rawTrace;
    return trace === null ? inner : this.#append(inner, trace);
  }

  /** The stack of a response: only its call site. */
  ofHolder({ trace }: Pick<Holder, 'trace'>): StackNode {
    const stack = trace === null ? this.table.root : this.#append(this.table.root, trace);
    return stack === this.table.root ? this.table.outward(stack, this.table.frame(UNRECORDED, '', 0)) : stack;
  }

  /** The line that started the task; null if it was not recorded, and for the main task. */
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
        const entry = entryOf(task.entry);
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
    // The two loops of a connection have the same holder and are consecutive.
    if (trace !== this.#trace) {
      this.#trace = trace;
      this.#site = this.#callSite(trace);
    }
    let stack = inner;
    for (const frame of this.#site) stack = this.table.outward(stack, frame);
    return stack;
  }

  /** The frames from the reported line outwards, without packages inside of it, such as a wrapper of the client. */
  #callSite(trace: Trace): Frame[] {
    const frames = framesOf(trace);
    const site = siteOf(trace);
    return frames.slice(site === null ? 0 : frames.indexOf(site)).map((each) => this.frame(each));
  }
}
