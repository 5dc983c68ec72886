/** A small project of its own, inside the workspace so that it finds the packages as a user's would, and real runners on it. */

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { packageRoot } from '../fixtures/package-root.js';
import { RawServer } from '../fixtures/raw-server.js';

/** A process that ran, and what it printed, without colours. */
export interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** `node_modules` of the workspace: where the runners are installed. */
export const modules = ((): string => {
  for (let folder = realpathSync(fileURLToPath(packageRoot)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', 'typescript'))) return join(folder, 'node_modules');
    if (folder === dirname(folder)) throw new Error('no node_modules above the package');
  }
})();

/** Whether a package is installed: a runner that is not is skipped, with a message. */
export const isInstalled = (name: string): boolean => existsSync(join(modules, name, 'package.json'));

/** What a test run sets in the environment, and a runner inside of it must not see. */
const INHERITED = ['NODE_TEST_CONTEXT', 'NODE_OPTIONS', 'NODE_V8_COVERAGE', 'VITEST', 'JEST_WORKER_ID', 'NODE_CHANNEL_FD'];

/** A run that hangs is the adapter's fault: this long is longer than any takes. */
const RUN_MS = 90_000;

/** The folder that the projects of this process lie in, made for the first of them. */
let shelf: string | null = null;

function theShelf(): string {
  if (shelf !== null) return shelf;
  // Not below a node_modules: what lies there is a package to runners and to us, not the program.
  const all = fileURLToPath(new URL('dist-test/.projects/', packageRoot));
  mkdirSync(all, { recursive: true });
  const own = (shelf = mkdtempSync(join(all, 'shelf-')));
  process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  return own;
}

export class Project {
  readonly folder: string;

  constructor(name: string) {
    this.folder = mkdtempSync(join(theShelf(), `${name}-`));
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  /** A file that a run left behind, once; null if it left none. */
  read(name: string): string | null {
    const path = join(this.folder, name);
    if (!existsSync(path)) return null;
    const text = readFileSync(path, 'utf8');
    rmSync(path);
    return text;
  }

  /**
   * Puts a copy of the built package into a node_modules above the project: as npm would, and not a link into a workspace.
   * All projects of this process find the same copy there.
   */
  install(): void {
    this.copyTo(join(theShelf(), 'node_modules', 'watertight'));
  }

  /** Puts a copy of the built package into a folder of the project. */
  installInto(name: string): void {
    this.copyTo(join(this.folder, name));
  }

  private copyTo(target: string): void {
    if (existsSync(target)) return;
    for (const part of ['dist', 'src', 'package.json']) cpSync(fileURLToPath(new URL(part, packageRoot)), join(target, part), { recursive: true });
  }

  /** Runs `node ...args` in the project. */
  async node(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !INHERITED.includes(name)));
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_MS,
      killSignal: 'SIGKILL',
      env: { ...inherited, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', ...environment },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output: stripVTControlCharacters(output) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * How many tests of a file run at the same time, each with a project and a runner of its own: a runner that has found a
 * leak waits for over a second whether the response is read after all.
 */
export const AT_ONCE = 4;

/** A test with a project of its own and a server that answers each request with 50 bytes. */
export function inProject(name: string, body: (project: Project, origin: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const server = await RawServer.start({ onRequest: (request) => request.reply('x'.repeat(50)) });
    const project = new Project(name);
    try {
      await body(project, server.origin);
    } finally {
      await server.stop();
      project.remove();
    }
  };
}
