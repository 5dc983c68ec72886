/**
 * Owns the program's own tasks: a function run as a task is in the live set
 * until what it returned has settled.
 */
import { addTask, removeTask } from './live.js';
import { captureTrace } from './site.js';
import { Task } from './task.js';

/**
 * Runs `fn(...args)` at once as a tracked task, as Go's `go` statement does,
 * and returns what it returns as a promise. The task ends when that settles,
 * whichever way; the error stays the caller's to handle.
 *
 * @throws TypeError if `fn` is not a function.
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
