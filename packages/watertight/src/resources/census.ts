/**
 * Owns the census: a list of everything that keeps this thread alive now, each thing once. Node lists handles
 * and requests itself; timers, workers and jobs are in the tracker's rolls, because Node has no list of them.
 */
import type { ChildProcess } from 'node:child_process';
import { isOwnDoing, now, type Resource } from '../tasks/index.js';
import { creationOf, lineOf, type Creation } from './creation.js';
import type { Description } from './description.js';
import { childName, describeHandle, type Surroundings } from './handle.js';
import { activeHandles, activeRequests, countTimers, handleOf, isIpcPipe, ownerOf, type Handle, type Job, type Request, type TimerLike } from './internals.js';
import { isChildProcess } from './node-class.js';
import { describeCompressor, describeJob, describeRequest, describeTimer, describeWorker } from './request.js';
import { foldWatchers } from './watch.js';
import type { Roll } from './roll.js';

interface Rolls {
  readonly timeouts: Roll<TimerLike>;
  readonly immediates: Roll<TimerLike>;
  readonly workers: Roll<Job>;
  readonly jobs: Roll<Job>;
  readonly compressors: Roll<Job>;
  /** Also contains child processes that are not referenced, because their pipes may be. */
  readonly children: Roll<Job>;
}

type List = (thing: object, description: Description | null) => void;

export class Census {
  /** The worker to which each message port belongs; the ports are the handles of workers. */
  readonly portsOfWorkers = new WeakMap<object, object>();

  /** Things that were listed before keep their number. */
  private readonly known = new WeakMap<object, { readonly id: number; readonly since: number }>();
  /** The same for timers that are only counted, by ordinal. */
  private readonly unseen: Record<'timeouts' | 'immediates', { readonly id: number; readonly since: number }[]> = { timeouts: [], immediates: [] };
  private lastId = 0;

  constructor(private readonly rolls: Rolls) {}

  /**
   * Everything that keeps the thread alive, oldest first. Things that this library itself made are left out,
   * because they are reported as the request they serve.
   */
  take(): Resource[] {
    const found: Resource[] = [];
    const list: List = (thing, description) => {
      if (description === null) return;
      const trace = description.creation === null ? null : lineOf(description.creation);
      if (trace !== null && isOwnDoing(trace)) return;
      const { type, advice, creation, own = creation } = description;
      found.push({ ...this.identify(thing, own), type, description: description.description, advice, trace });
    };
    this.listHandles(list);
    this.listTimers(list, found);
    return foldWatchers(found).sort((a, b) => a.since - b.since || a.id - b.id);
  }

  private listHandles(list: List): void {
    const handles = activeHandles();
    const requests = activeRequests();
    const workers = new Set<object>(this.rolls.workers.live().filter((worker) => worker.hasRef?.() === true));
    for (const worker of workers) list(worker, describeWorker(worker));
    const children = this.children(handles);
    const pipes = pipesOf(children, handles);
    const around: Surroundings = { connects: connectsOf(requests), pipes: new Map([...pipes].map(([pipe, { name }]) => [pipe, name])) };
    const referenced = new Set(handles);
    const listed = new Set<object>();
    for (const owner of referenced) {
      // The ports of a worker and the pipes of a child are not listed themselves while the worker or child is.
      const user = this.portsOfWorkers.get(owner) ?? pipes.get(owner)?.child;
      if (user !== undefined && (workers.has(user) || referenced.has(user))) continue;
      const description = describeHandle(owner, around);
      if (description === null) continue;
      listed.add(owner);
      list(owner, description);
    }
    for (const request of requests) list(request, describeRequest(request, listed, around));
    for (const job of this.rolls.jobs.live()) list(job, describeJob(job));
    for (const compressor of this.rolls.compressors.live()) list(compressor, describeCompressor(compressor));
  }

  private children(handles: readonly object[]): ChildProcess[] {
    const all = new Set<object>([...handles, ...this.rolls.children.live().map(ownerOf)]);
    return [...all].filter(isChildProcess);
  }

  private listTimers(list: List, found: Resource[]): void {
    const total = countTimers();
    for (const kind of ['timeouts', 'immediates'] as const) {
      const referenced = this.rolls[kind].live().filter((timer) => timer.hasRef?.() === true);
      for (const timer of referenced) list(timer, describeTimer(timer));
      // The other timers were made before the tracking started.
      for (let ordinal = 0; ordinal < total[kind] - referenced.length; ordinal++) {
        const identity = (this.unseen[kind][ordinal] ??= { id: ++this.lastId, since: now() });
        found.push({ ...identity, type: 'timer', description: kind === 'timeouts' ? 'setTimeout or setInterval' : 'setImmediate', advice: 'clear it, or unref() it', trace: null });
      }
    }
  }

  private identify(thing: object, creation: Creation | null): { id: number; since: number } {
    let identity = this.known.get(thing);
    if (identity === undefined) this.known.set(thing, (identity = { id: ++this.lastId, since: creation?.since ?? now() }));
    return identity;
  }
}

/** Connect requests by the async id of their handle. */
function connectsOf(requests: readonly Request[]): Map<number, Request> {
  const connects = new Map<number, Request>();
  for (const request of requests) {
    const handle = request.constructor.name.endsWith('ConnectWrap') ? creationOf(request)?.trigger : undefined;
    if (handle !== undefined) connects.set(handle, request);
  }
  return connects;
}

/** The pipes of child processes, with their names. */
function pipesOf(children: readonly ChildProcess[], handles: readonly object[]): Map<object, Pipe> {
  const pipes = new Map<object, Pipe>();
  for (const child of children) {
    for (const [number, end] of (child.stdio as readonly (object | null)[]).entries()) {
      if (end !== null) pipes.set(end, { child, name: `${STREAMS[number] ?? `descriptor ${number}`} of ${childName(child)}` });
    }
  }
  for (const pipe of handles) {
    const child = isIpcPipe(pipe) ? children.find((candidate) => madeTogether(candidate, pipe)) : undefined;
    if (child !== undefined) pipes.set(pipe, { child, name: `to ${childName(child)}` });
  }
  return pipes;
}

interface Pipe {
  readonly child: ChildProcess;
  readonly name: string;
}

/** A child's handle and pipes are made in one call, so their async ids are consecutive. */
function madeTogether(child: ChildProcess, pipe: Handle): boolean {
  const first = handleOf(child)?.getAsyncId?.() ?? 0;
  const distance = (pipe.getAsyncId?.() ?? 0) - first;
  return (child.channel ?? null) !== null && distance > 0 && distance <= child.stdio.length + 1;
}

const STREAMS = ['stdin', 'stdout', 'stderr'];
