/**
 * Owns whose doing something is: a scope is a part of the program, a test say,
 * and everything started in it, across `await` and callbacks, carries it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from './process-record.js';

/** A part of the program that is to answer for what it starts. Compared by identity. */
export interface Scope {
  /** For people: a test's full name. */
  readonly name: string;
}

/** The storage is made with the first scope: a process without one pays nothing. */
const scopes = processWide('scopes', () => ({ storage: null as AsyncLocalStorage<Scope> | null }));

/** Runs `fn` in `scope`: what it starts, now and in what follows from it, is the scope's. */
export function runInScope<A extends unknown[], R>(scope: Scope, fn: (...args: A) => R, ...args: A): R {
  scopes.storage ??= new AsyncLocalStorage();
  return scopes.storage.run(scope, fn, ...args);
}

/** The scope that the running code belongs to; null outside of all. */
export function currentScope(): Scope | null {
  return scopes.storage?.getStore() ?? null;
}
