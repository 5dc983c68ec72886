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
 * How many tasks are alive, the main one included: what Go's
 * `runtime.NumGoroutine()` returns. A connection counts two, its read loop and
 * its write loop; a dial under way counts one.
 */
export function taskCount(): number {
  return live.size;
}

/** The live tasks in the order they started, the main one first: an array of its own, never null. */
export function tasks(): readonly Task[] {
  return [...live];
}
