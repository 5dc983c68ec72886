/** Owns the subscriptions to abort signals: each signal gets one listener, however many requests share it. */

import { callQuietly } from './user-call.js';

type Listener = (reason: unknown) => void;

interface Subscribers {
  readonly listeners: Set<Listener>;
  readonly handler: () => void;
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
    subscribers = { listeners, handler };
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
