/** Owns the subscriptions to abort signals: each signal gets one listener, however many requests share it. */

import { callQuietly } from './user-call.js';

type Listener = (reason: unknown) => void;

interface Subscribers {
  readonly listeners: Set<Listener>;
  readonly handler: () => void;
  /** Held here, and so as long as somebody listens. */
  readonly sources: readonly object[];
}

/**
 * What an `AbortSignal.any` was made of. Before Node 22, only its sources' own users keep
 * them: an `AbortSignal.timeout` that nothing else refers to is collected, and never aborts.
 */
const sourcesOf: (signal: AbortSignal) => readonly object[] = Number.parseInt(process.versions.node, 10) >= 22 ? () => NO_SOURCES : weakSources;

const NO_SOURCES: readonly object[] = [];

function weakSources(signal: AbortSignal): readonly object[] {
  const key = Object.getOwnPropertySymbols(signal).find(({ description }) => description === 'kSourceSignals');
  if (key === undefined) return NO_SOURCES;
  // Node's own kind of a Set, which is no instance of ours.
  const sources = (signal as unknown as Record<symbol, Iterable<WeakRef<object>> | undefined>)[key];
  return [...(sources ?? [])].flatMap((source) => source.deref() ?? []);
}

const subscriptions = new WeakMap<AbortSignal, Subscribers>();

/** Calls `listener` with the reason when `signal` aborts; returns the function that ends the subscription. The signal must not have aborted yet. */
export function onAbort(signal: AbortSignal, listener: Listener): () => void {
  let subscribers = subscriptions.get(signal);
  if (subscribers === undefined) {
    const listeners = new Set<Listener>();
    const handler = (): void => {
      subscriptions.delete(signal);
      // One that throws must not keep the others from being told.
      for (const each of [...listeners]) callQuietly(() => each(signal.reason));
    };
    subscribers = { listeners, handler, sources: sourcesOf(signal) };
    subscriptions.set(signal, subscribers);
    signal.addEventListener('abort', handler, { once: true });
  }
  const { listeners, handler } = subscribers;
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    if (subscriptions.get(signal)?.listeners === listeners) subscriptions.delete(signal);
    signal.removeEventListener('abort', handler);
  };
}
