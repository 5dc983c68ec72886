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
  /** Resolves to the first group of the pattern, when the command has written what it matches. */
  found(pattern: RegExp): Promise<string>;
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
  async function until(look: () => string | undefined, wanted: string): Promise<string> {
    const deadline = AbortSignal.timeout(60_000);
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (deadline.aborted || child.exitCode !== null) {
        child.kill('SIGKILL');
        throw new Error(`the command has not written ${wanted}, but\n${text.stdout}\n${text.stderr}`);
      }
      await Promise.race([once(child, 'wrote'), once(child, 'close'), once(deadline, 'abort')]);
    }
  }
  return {
    process: child,
    ended,
    async wrote(wanted) {
      await until(() => (text.stdout.includes(wanted) || text.stderr.includes(wanted) ? wanted : undefined), JSON.stringify(wanted));
    },
    found: (pattern) => until(() => (pattern.exec(text.stdout) ?? pattern.exec(text.stderr))?.[1], String(pattern)),
  };
}

/** Runs `watertight` to its end. */
export function watertight(...args: string[]): Promise<Ended> {
  return start(args).ended;
}
