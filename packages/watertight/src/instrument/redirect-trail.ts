/**
 * Owns the call sites of redirects that are about to be followed by `fetch`.
 * The request that follows is made a few promises later, where nothing leads
 * back to the program's line; but it goes where the response pointed to, and it
 * does so in the same turn of the event loop.
 */
import type { Trace } from '../tasks/index.js';

interface Redirected {
  /** As it is, never to be shown. */
  readonly fullUrl: string;
  /** The response's Location. */
  readonly location: string | null;
  readonly trace: Trace | null;
}

/** A server that redirects thousands of requests in one turn is served worse, not forever. */
const MAX_LEFT = 1000;

/** As it was before a test put another in its place, which might never run. */
const atEndOfTurn = setImmediate;

export class RedirectTrail {
  private readonly left = new Map<string, (Trace | null)[]>();

  leave({ fullUrl, location, trace }: Redirected): void {
    if (location === null || this.left.size >= MAX_LEFT) return;
    let target: URL;
    try {
      target = new URL(location, fullUrl);
    } catch {
      return;
    }
    if (this.left.size === 0) atEndOfTurn(() => this.left.clear());
    const url = target.origin + target.pathname + target.search;
    const others = this.left.get(url);
    if (others === undefined) this.left.set(url, [trace]);
    else others.push(trace);
  }

  /** The call site of what was redirected to where this request goes; undefined if nothing was. */
  follow({ origin, path }: { readonly origin: string | URL | null; readonly path: string }): Trace | null | undefined {
    if (this.left.size === 0) return undefined;
    const url = String(origin) + path;
    const traces = this.left.get(url);
    if (traces === undefined) return undefined;
    if (traces.length === 1) this.left.delete(url);
    return traces.shift();
  }
}
