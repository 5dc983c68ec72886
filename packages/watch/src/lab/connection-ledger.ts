/**
 * Owns the identity of connections in an experiment: for whom each was dialled, whom it has served, and whether
 * it was closed.
 *
 * `tasks()` says what there is at one moment, and the trace hooks say what happens in between; neither alone
 * says this.
 */
import type { ClientTrace } from 'watertight';
import type { Leak } from 'watertight/leak';
import { tasks, type Holder, type Task } from 'watertight/tasks';
import type { ConnectionState, ConnectionView, DialView } from './frame.js';

interface Entry {
  readonly id: number;
  readonly readLoop: Task;
  readonly writeLoop: Task | null;
  readonly dialledFor: number;
  readonly served: number[];
  localPort: number | null;
}

export class ConnectionLedger {
  private readonly entries = new Map<Task, Entry>();
  private readonly dials = new Map<Task, number>();
  private readonly asking = new Set<number>();
  /** The connection that each request was given last: after a redirect it may be another. */
  private readonly given = new Map<number, number>();
  private readonly holders = new WeakMap<Holder, number>();
  /** The request whose dial succeeded last: the loops that start next are its connection's. */
  private dialled = 0;
  private localPort: number | null = null;

  /** `ports`: of the servers, in their order. */
  constructor(private readonly ports: readonly number[]) {}

  /** The hooks for one request. */
  traceFor(request: number): ClientTrace {
    return {
      // Once more for each redirect.
      getConn: () => void this.asking.add(request),
      connectStart: () => {
        for (const task of tasks()) if (task.kind === 'dial' && !this.dials.has(task)) this.dials.set(task, request);
      },
      connectDone: (_network, _address, error) => {
        this.takeLoops();
        if (error === null) this.dialled = request;
      },
      gotConn: ({ localPort }) => {
        this.takeLoops();
        this.localPort = localPort ?? null;
      },
      wroteHeaders: () => this.takeHolder(request),
    };
  }

  /** It has asked for a connection, and has not been given one. */
  isAsking(request: number): boolean {
    return this.asking.has(request);
  }

  /** The connection that was given to a request last. */
  connectionOf(request: number): number | null {
    return this.given.get(request) ?? null;
  }

  /** Every connection there was, and the dials under way. `leaks`: what `currentLeaks()` says now. */
  look(leaks: readonly Leak[]): { connections: ConnectionView[]; dials: DialView[] } {
    this.takeLoops();
    const live = new Set(tasks());
    const sites = new Map<number, string>();
    for (const { task, site } of leaks) if (task !== null && site !== null) sites.set(task.id, `${site.file.split(/[\\/]/).slice(-2).join('/')}:${site.line}`);
    const connections = [...this.entries.values()].map(({ readLoop, writeLoop, ...entry }): ConnectionView => {
      const open = live.has(readLoop);
      const { holder } = readLoop;
      return {
        ...entry,
        served: [...entry.served],
        server: this.serverOf(readLoop),
        state: stateOf(open, holder),
        request: open && holder !== null ? (this.holders.get(holder) ?? null) : null,
        site: open ? (sites.get(readLoop.id) ?? (writeLoop === null ? null : (sites.get(writeLoop.id) ?? null))) : null,
        readLoop: open ? readLoop.state : null,
        writeLoop: open && writeLoop !== null && live.has(writeLoop) ? writeLoop.state : null,
      };
    });
    const dials = [...this.dials].filter(([task]) => live.has(task)).map(([task, request]): DialView => ({ id: task.id, server: this.serverOf(task), request }));
    return { connections, dials };
  }

  /** Records the loops that have started since the last call. `tasks()` lists them in the order of their start, the two of a connection together. */
  private takeLoops(): void {
    const loops = tasks().filter(({ kind }) => kind === 'connection');
    for (const [index, task] of loops.entries()) {
      if (task.name !== 'readLoop' || this.entries.has(task)) continue;
      const next = loops.at(index + 1);
      this.entries.set(task, { id: this.entries.size + 1, readLoop: task, writeLoop: next?.name === 'writeLoop' ? next : null, dialledFor: this.dialled, served: [], localPort: null });
    }
  }

  /** Finds the connection that a request was just given: the one with a holder that was not there before. */
  private takeHolder(request: number): void {
    this.asking.delete(request);
    for (const entry of this.entries.values()) {
      const { holder } = entry.readLoop;
      if (holder === null || this.holders.has(holder)) continue;
      this.holders.set(holder, request);
      entry.served.push(request);
      this.given.set(request, entry.id);
      entry.localPort = this.localPort;
    }
  }

  private serverOf({ labels }: Task): number {
    const port = Number(labels.host?.split(':').at(-1));
    return Math.max(0, this.ports.indexOf(port));
  }
}

function stateOf(open: boolean, holder: Holder | null): ConnectionState {
  if (!open) return 'closed';
  if (holder === null) return 'idle';
  return holder.status === 0 || holder.awaited ? 'busy' : 'pinned';
}
