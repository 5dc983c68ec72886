/** Owns the start of the lab's child processes: each ends when this process does, however this one ends. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The processes there are; each file says what it does. */
export type LabProgram = 'server-process.js' | 'scenario-process.js' | 'stage-process.js';

/** The test server, listening on as many loopback ports as it was asked for. It ends when it is disconnected. */
export interface ServerChild {
  readonly child: ChildProcess;
  readonly ports: readonly number[];
}

export function startChild(program: LabProgram, args: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(program, import.meta.url)), args, {
    // Flags of this process (a debugger, a test runner) are not for its children.
    execArgv: [],
    // Standard error is read, so that what a failing child writes is shown in its row and not across the progress line.
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
}

/** Keeps the last of what a child says on standard error; returns the function that reads it as one line. */
export function complaintOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text = (text + piece).slice(-10_000);
  });
  // Of a stack, the line with the message.
  return () => /^(?:\w+ )*\w*Error\b.*$/m.exec(text)?.[0] ?? text.trim();
}

/** @throws Error if it ends before it listens. */
export async function startServer(ports: number): Promise<ServerChild> {
  const child = startChild('server-process.js', [String(ports)]);
  const [message] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The lab's server ended before it listened (status ${String(code)}).`);
    }),
  ])) as [{ ports: number[] }];
  return { child, ports: message.ports };
}
