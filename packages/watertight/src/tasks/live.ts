/**
 * Owns the live set: every task from its start to its end. Adding and removing
 * are O(1); whoever starts a task ends it, exactly once.
 */
import { activity } from './activity.js';
import { processWide } from './process-record.js';
import { Task } from './task.js';

const live = processWide('live', () => new Set<Task>([new Task('main', 'main', 'running', null)]));

/** Puts a started task into the live set. */
export function addTask(task: Task): void {
  live.add(task);
  if (activity.listener !== null) activity.listener.taskStarted(task);
}

/** Takes an ended task out of the live set; a second call does nothing. */
export function removeTask(task: Task): void {
  if (live.delete(task) && activity.listener !== null) activity.listener.taskEnded(task);
}

/**
 * A task that lasts as long as one request: thousands come and go in a second.
 * They are kept in an array, and know their place in it. A Set is no good for
 * that: each time it has to tidy up, it leaves a table behind which refers to
 * what was in it and to the next such table, so that the young generation's
 * garbage is kept until the old one's is collected (measured with undici's
 * `request` on Node 24: 20 to 190 ms a scavenge instead of 3).
 */
export interface BriefTask extends Task {
  /** Its place among the live ones; -1 before and after. */
  place: number;
}

const brief = processWide('live-brief', (): BriefTask[] => []);

/** Like {@link addTask}, for a brief task. */
export function addBriefTask(task: BriefTask): void {
  task.place = brief.push(task) - 1;
  if (activity.listener !== null) activity.listener.taskStarted(task);
}

/** Like {@link removeTask}, for a brief task. */
export function removeBriefTask(task: BriefTask): void {
  const { place } = task;
  if (place === -1) return;
  task.place = -1;
  const last = brief.pop()!;
  if (last !== task) {
    brief[place] = last;
    last.place = place;
  }
  if (activity.listener !== null) activity.listener.taskEnded(task);
}

/**
 * How many tasks are alive, the main one included: what Go's
 * `runtime.NumGoroutine()` returns. A connection counts two, its read loop and
 * its write loop; a dial under way counts one.
 */
export function taskCount(): number {
  return live.size + brief.length;
}

/** The live tasks in the order they started, the main one first: an array of its own, never null. */
export function tasks(): readonly Task[] {
  return brief.length === 0 ? [...live] : [...live, ...brief].sort((a, b) => a.id - b.id);
}
