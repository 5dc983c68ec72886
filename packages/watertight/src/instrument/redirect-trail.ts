/**
 * Owns the call sites of redirects that `fetch` is about to follow. The request
 * that follows is made in a later turn, where nothing leads back to the
 * program's line; but it goes where the response pointed to.
 */
import type { Trace } from '../tasks/index.js';

/** Redirects that are not followed leave something behind; too many are forgotten. */
const MAX_LEFT = 100;

export class RedirectTrail {
  private readonly left = new Map<string, (Trace | null)[]>();
  private count = 0;

  /** The response to the request for `base`, which was made at `trace`, pointed to `location`. */
  leave(trace: Trace | null, base: string, location: string): void {
    let target: string;
    try {
      target = withoutHash(new URL(location, base));
    } catch {
      return;
    }
    if (this.count >= MAX_LEFT) this.clear();
    this.count++;
    const others = this.left.get(target);
    if (others === undefined) this.left.set(target, [trace]);
    else others.push(trace);
  }

  /** The call site of what was redirected to `url`; undefined if nothing was. */
  follow(url: string): Trace | null | undefined {
    if (this.count === 0) return undefined;
    const traces = this.left.get(url);
    if (traces === undefined) return undefined;
    this.count--;
    if (traces.length === 1) this.left.delete(url);
    return traces.shift();
  }

  private clear(): void {
    this.left.clear();
    this.count = 0;
  }
}

function withoutHash(url: URL): string {
  return url.origin + url.pathname + url.search;
}
