// Running the command as a process of its own, the way a shell does.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** Resolves when the command has written `text`, to either stream. */
  wrote(text: string): Promise<void>;
  readonly ended: Promise<Ended>;
}

/** Starts `watertight` with the arguments. `group`: as the leader of a process group, as an interactive shell does; `input`: with a pipe for standard input. */
export function start(args: readonly string[], options: { cwd?: string; group?: boolean; input?: boolean; nodeFlags?: readonly string[] } = {}): Started {
  // Coverage and test settings of this process are its own.
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), main, ...args], {
    cwd: options.cwd,
    detached: options.group ?? false,
    env,
    stdio: [options.input === true ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (piece: string) => {
      text[name] += piece;
      child.emit('wrote');
    });
  }
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, ...text }));
  return {
    process: child,
    ended,
    async wrote(wanted) {
      const deadline = AbortSignal.timeout(20_000);
      while (!text.stdout.includes(wanted) && !text.stderr.includes(wanted)) {
        if (deadline.aborted || child.exitCode !== null) {
          child.kill('SIGKILL');
          throw new Error(`the command has not written ${JSON.stringify(wanted)}, but\n${text.stdout}\n${text.stderr}`);
        }
        await Promise.race([once(child, 'wrote'), once(child, 'close'), once(deadline, 'abort')]);
      }
    },
  };
}

/** Runs `watertight` to its end. */
export function watertight(...args: string[]): Promise<Ended> {
  return start(args).ended;
}
