/**
 * Owns the call sites of redirects that `fetch` is about to follow. `fetch` makes the following request a few
 * promises later, without the program on its stack; but the request goes to the URL in the response's
 * Location, in the same turn of the event loop.
 */
import { nextCheck, type Trace } from '../tasks/index.js';

interface Redirected {
  /** With credentials and query: never to be shown. */
  readonly fullUrl: string;
  /** The response's Location. */
  readonly location: string | null;
  readonly trace: Trace | null;
}

/** The most redirects that are remembered in one turn; further ones lose their call site. */
const MAX_LEFT = 1000;

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
    if (this.left.size === 0) nextCheck(() => this.left.clear());
    const url = target.origin + target.pathname + target.search;
    const others = this.left.get(url);
    if (others === undefined) this.left.set(url, [trace]);
    else others.push(trace);
  }

  /** The call site of the request that was redirected to this request's URL; undefined if there was none. */
  follow({ origin, path }: { readonly origin: string | URL | null; readonly path: string }): Trace | null | undefined {
    if (this.left.size === 0) return undefined;
    const url = String(origin) + path;
    const traces = this.left.get(url);
    if (traces === undefined) return undefined;
    if (traces.length === 1) this.left.delete(url);
    return traces.shift();
  }
}
