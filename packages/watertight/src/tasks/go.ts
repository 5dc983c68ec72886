/**
 * Owns `go()`: it runs a function as a task that is in the live set until the function's result has settled.
 */
import { addTask, removeTask } from './live.js';
import { captureTrace } from './site.js';
import { Task } from './task.js';

/**
 * Calls `fn(...args)` immediately as a tracked task, like Go's `go` statement, and returns its result as a
 * promise. The task ends when the promise settles; the caller must handle a rejection.
 */
export function go<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Promise<R> {
  if (typeof fn !== 'function') {
    throw new TypeError(`go() takes the function to run, not ${fn === null ? 'null' : typeof fn}`);
  }
  const task = new Task('program', fn.name === '' ? 'anonymous' : fn.name, 'running', captureTrace(go));
  addTask(task);
  return run(task, fn, args);
}

async function run<A extends unknown[], R>(task: Task, fn: (...args: A) => R | PromiseLike<R>, args: A): Promise<R> {
  try {
    return await fn(...args);
  } finally {
    removeTask(task);
  }
}
