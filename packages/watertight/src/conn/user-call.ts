/** Owns the calls of the program's own functions: what such a function throws becomes an error of the request, and never breaks the caller. */
import { messageOf } from '../tasks/index.js';
import type { ClientTrace } from './client-trace.js';
import { HookError, type HookName } from './error.js';

/** What a hook is called for. If the hook throws, it is cancelled, exactly as by its signal. */
export interface Hooked {
  readonly request: { readonly trace: ClientTrace | null };
  cancel(reason: unknown): void;
}

/**
 * Calls a hook of the request, if the program set it. It returns normally in any
 * case. But the request may be over then: the hook threw, aborted the request or
 * closed the transport. So the caller must look at its own state afterwards.
 */
export function callHook<K extends keyof ClientTrace>(owner: Hooked, name: K, ...args: Parameters<NonNullable<ClientTrace[K]>>): void {
  callUnawaited(
    () => {
      const { trace } = owner.request;
      const hook = (trace?.[name] ?? null) as ((...args: unknown[]) => unknown) | null;
      return hook?.apply(trace, args);
    },
    (error) => owner.cancel(hookFailed(name, error)),
  );
}

/**
 * Calls a function of the program that nobody waits for. `failed` gets what it
 * throws, or what the promise that it returns is rejected with, which must not end
 * the process; that may come at any later time.
 *
 * @returns it gave a promise, so it may fail later.
 */
export function callUnawaited(call: () => unknown, failed: (thrown: unknown) => void): boolean {
  try {
    const result = call();
    if (!isThenable(result)) return false;
    result.then(undefined, failed);
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

/** Calls a function of the program for whose result the request waits. What it throws, or its promise is rejected with, becomes the `cause` of the rejection. */
export async function callAwaited<T>(name: HookName, call: () => T | PromiseLike<T>): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (error) {
    throw new HookError(`${name} threw, so the request failed: ${messageOf(error)}`, name, { cause: error });
  }
}

/** Calls a function whose failure has no consequence, because what it belongs to is over: a throw and a rejection are dropped. */
export function callQuietly(call: () => unknown): void {
  // The request has its outcome already.
  callUnawaited(call, () => undefined);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function hookFailed(name: keyof ClientTrace, thrown: unknown): HookError {
  return new HookError(`the hook ${name} threw, so the request was cancelled: ${messageOf(thrown)}; catch inside the hook what must not end the request`, name, { cause: thrown });
}
