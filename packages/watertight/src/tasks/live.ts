/**
 * Owns the live set: every task from its start to its end. Adding and removing are O(1); the code that starts
 * a task must end it exactly once.
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
 * A task that lasts as long as one request; thousands begin and end in a second. Such tasks are kept in an
 * array, and each knows its index. A Set is unsuitable: each time a Set rehashes, it leaves behind a table
 * that refers to its former entries and to the next such table, so young garbage stays alive until the next
 * collection of the old generation (measured with undici's `request` on Node 24: 20 to 190 ms for a scavenge
 * instead of 3).
 */
export interface BriefTask extends Task {
  /** Its index in the array of live tasks; -1 before it is added and after it is removed. */
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
 * The number of live tasks, the main one included, like Go's `runtime.NumGoroutine()`. A connection counts as
 * two tasks, its read loop and its write loop; a dial in progress counts as one.
 */
export function taskCount(): number {
  return live.size + brief.length;
}

/** The live tasks in the order in which they started, the main one first. Each call returns a new array. */
export function tasks(): readonly Task[] {
  return brief.length === 0 ? [...live] : [...live, ...brief].sort((a, b) => a.id - b.id);
}
