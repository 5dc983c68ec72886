/** Owns a wait that ends after a time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What `work` resolves to; null if that takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | null> {
  const over = new AbortController();
  const late = sleep(ms, null, { signal: over.signal }).catch(() => null);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
