/** Owns the access to mocha: it finds the copy that runs the tests, and checks that it has what the adapter needs. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A test or a hook. */
export interface MochaRunnable {
  readonly type: string;
  readonly title: string;
  readonly originalTitle?: string;
  readonly file?: string;
  readonly state?: string;
  readonly pending?: boolean;
  readonly ctx?: { readonly currentTest?: MochaRunnable };
  fullTitle(): string;
}

export interface MochaSuite {
  readonly root: boolean;
  eachTest(visit: (test: MochaRunnable) => void): unknown;
}

type Next = (error?: unknown, suite?: unknown) => void;

/** The steps of mocha's Runner that are replaced; their names have not changed since mocha 1. */
export interface RunnerSteps {
  run: (this: MochaRunner, ...args: unknown[]) => unknown;
  runTest: (this: MochaRunner, next: Next) => unknown;
  hook: (this: MochaRunner, name: string, next: Next) => unknown;
  hookUp: (this: MochaRunner, name: string, next: Next) => unknown;
  hookDown: (this: MochaRunner, name: string, next: Next) => unknown;
}

export interface MochaRunner extends RunnerSteps {
  readonly test?: MochaRunnable;
  readonly suite: MochaSuite;
  fail(runnable: MochaRunnable, error: Error, force?: boolean): void;
}

export interface MochaModule {
  readonly Runner: { readonly prototype: RunnerSteps };
  readonly Runnable: { readonly prototype: { run: (this: MochaRunnable, next: Next) => unknown } };
  readonly Suite: { readonly prototype: { emit: (this: MochaSuite, event: string, ...args: unknown[]) => unknown } };
  readonly Hook: new (title: string, fn: () => void) => MochaRunnable & { parent: MochaSuite };
}

/**
 * The mocha as which this process was started. If the process was started as something else, `started` is
 * false and mocha is the one found from the working directory.
 *
 * @throws Error if there is none, or if it lacks what the adapter needs.
 */
export function findMocha(): { mocha: MochaModule; started: boolean } {
  const own = process.argv[1] === undefined ? null : packageAbove(process.argv[1]);
  const root = own ?? installed();
  if (root === null) throw new Error('watertight/mocha was imported in a process without mocha: run the tests with `mocha --require watertight/mocha`');
  const loaded = createRequire(join(root, 'package.json'))(root) as MochaModule & { default?: MochaModule };
  const mocha = loaded.default ?? loaded;
  const missing = (['run', 'runTest', 'hook', 'hookUp', 'hookDown'] as const).filter((name) => typeof mocha.Runner?.prototype[name] !== 'function');
  if (missing.length > 0) throw new Error(`watertight/mocha does not know this mocha (${root}): its Runner has no ${missing.join(', ')}. Call verifyNone() of watertight/leak in an afterEach hook instead.`);
  return { mocha, started: own !== null };
}

/** The folder of the mocha package that contains a file. */
function packageAbove(file: string): string | null {
  let folder: string;
  try {
    folder = dirname(realpathSync(file));
  } catch {
    return null;
  }
  for (; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return nameIn(manifest) === 'mocha' ? folder : null;
    if (folder === dirname(folder)) return null;
  }
}

function nameIn(manifest: string): unknown {
  try {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }).name;
  } catch {
    return null;
  }
}

function installed(): string | null {
  try {
    return packageAbove(createRequire(join(process.cwd(), 'any.js')).resolve('mocha'));
  } catch {
    return null;
  }
}
