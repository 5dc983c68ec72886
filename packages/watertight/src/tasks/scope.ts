/**
 * Owns scopes: a scope is a part of the program, such as a test, and everything that is started in it, also
 * after an `await` and in callbacks, belongs to it.
 */
import type { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from './process-record.js';

/** A part of the program to which the leaks that it starts are attributed. Compared by identity. */
export interface Scope {
  /** For display: a test's full name. */
  readonly name: string;
}

/** Made with the first scope, so that a process without scopes pays nothing. */
const scopes = processWide('scopes', () => ({ storage: null as AsyncLocalStorage<Scope> | null }));

/** Runs `fn` in `scope`: whatever `fn` starts, synchronously or later, belongs to the scope. Returns the result of `fn`. */
export function runInScope<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R {
  scopes.storage ??= new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)();
  return scopes.storage.run(scope, fn, ...args);
}

/** The scope of the running code; null outside of all scopes. */
export function currentScope(): Scope | null {
  return scopes.storage?.getStore() ?? null;
}
