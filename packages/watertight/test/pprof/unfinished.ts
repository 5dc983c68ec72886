/** What there is to profile, in a test: responses that a marked line leaves unread, and records of every kind made by hand. */

import type { Client, Response } from 'watertight';
import { addTask, captureTrace, now, removeTask, Task, type Holder, type TaskKind, type TaskState } from '#tasks';

/** The function to blame. */
export async function fetchPreview(client: Client, url: string): Promise<Response> {
  return client.get(url); // at: preview
}

/** A holder that nobody finishes; opened now, of 1,000 bytes, at the line that calls this. */
export function holder(over: Partial<Holder> = {}): Holder {
  const at = now();
  return {
    client: 'watertight',
    method: 'GET',
    url: 'http://127.0.0.1:80/a?token=*',
    origin: 'http://127.0.0.1:80',
    status: 200,
    bytesRead: 0,
    contentLength: 1000,
    openedAt: at,
    lastReadAt: at,
    awaited: false,
    abandoned: false,
    trace: captureTrace(holder),
    ...over,
  };
}

/** Live tasks until the test ends them. */
export class LiveTasks {
  readonly #tasks: Task[] = [];

  task(kind: TaskKind, name: string, held: Holder | null = null, state: TaskState = 'select', ago = 0): Task {
    const task = new Task(kind, name, state, held?.trace ?? null, kind === 'program' ? {} : { host: '127.0.0.1:80', scheme: 'http' });
    task.holder = held;
    if (ago > 0) task.setState(state, now() - ago);
    addTask(task);
    this.#tasks.push(task);
    return task;
  }

  /** Both loops of a connection. */
  connection(held: Holder | null): void {
    this.task('connection', 'readLoop', held);
    this.task('connection', 'writeLoop', held);
  }

  end(): void {
    for (const task of this.#tasks.splice(0)) removeTask(task);
  }
}
