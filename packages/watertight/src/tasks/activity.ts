/**
 * Owns the listeners that are told when connections and requests begin and end. The live set shows what is
 * alive at any time, but durations and totals are known only to a listener that was told of each event.
 * Without a listener, an event costs one read of a field.
 */
import type { Holder } from './holder.js';
import { processWide } from './process-record.js';
import type { Task } from './task.js';

/** A request of this library's own client, from the moment it asks for a connection until its response is finished or it has failed. */
export interface ActiveRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  /** Its holder record, which exists once it has a connection; null while it waits for one. */
  readonly holder: Holder | null;
}

/** Its methods are called synchronously at the event, so they must be quick and must not throw. */
export interface ActivityListener {
  /** The task's constructor may still be running: only `kind` and `name` can be relied on. */
  taskStarted(task: Task): void;
  /** Also reports the end of a request of another client, because such a request is a task. */
  taskEnded(task: Task): void;
  requestStarted(request: ActiveRequest): void;
  /** `status` is 0 if no response came; `error` is what the request failed with, or null. */
  requestEnded(request: ActiveRequest, status: number, error: unknown): void;
}

/** The registered listeners; `listener` is null while there are none. */
export const activity = processWide('activity', () => ({ listener: null as ActivityListener | null, all: new Set<ActivityListener>() }));

/** Tells `listener` of everything that begins or ends from now on; returns a function that removes the listener. */
export function listen(listener: ActivityListener): () => void {
  activity.all.add(listener);
  choose();
  return () => {
    activity.all.delete(listener);
    choose();
  };
}

function choose(): void {
  const all = [...activity.all];
  activity.listener = all.length > 1 ? toEach(all) : (all[0] ?? null);
}

function toEach(all: readonly ActivityListener[]): ActivityListener {
  return {
    taskStarted: (task) => all.forEach((each) => each.taskStarted(task)),
    taskEnded: (task) => all.forEach((each) => each.taskEnded(task)),
    requestStarted: (request) => all.forEach((each) => each.requestStarted(request)),
    requestEnded: (request, status, error) => all.forEach((each) => each.requestEnded(request, status, error)),
  };
}
