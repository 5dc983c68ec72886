/**
 * Owns the entries of the option `ignore`, which name known leaks. Entries can be written in a list and
 * shared between files, and an entry that matches nothing any more can be reported. The kinds are those of
 * goleak.
 */
import { inspect } from 'node:util';
import { candidates, IdentitySet, type Identity } from './candidate.js';
import type { Leak } from './leak.js';
import { startResourceTracking } from './resource-tracking.js';

/** A function's full name as the engine reports it (`load`, `Preview.load`), or a pattern that is searched in that name. */
export type FunctionName = string | RegExp;

/** Recognises entries that another copy of the library made: a test file under jest has its own copy. */
const ENTRY = Symbol.for('watertight.ignore');

/** An entry of the option `ignore`. Made only by the functions of this module. */
export abstract class Ignore {
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && ENTRY in value;
  }

  readonly [ENTRY] = true;

  /** The name of the entry in the report that it matched nothing. */
  abstract readonly description: string;

  /** Whether the entry is reported if it matched nothing. */
  abstract readonly reportsUnmatched: boolean;

  /** @internal */
  abstract ignores(leak: Leak, identity: Identity): boolean;
}

class Rule extends Ignore {
  readonly reportsUnmatched = true;

  constructor(
    readonly description: string,
    private readonly matches: (leak: Leak) => boolean,
  ) {
    super();
  }

  ignores(leak: Leak): boolean {
    return this.matches(leak);
  }
}

/** The snapshot that `ignoreCurrent()` returns. */
export class Baseline extends Ignore {
  readonly description = 'ignoreCurrent()';
  /** A snapshot is often empty, so one that matches nothing is no mistake. */
  readonly reportsUnmatched = false;
  private readonly known: IdentitySet;

  /** @internal */
  constructor() {
    super();
    this.known = new IdentitySet(candidates(true).map(({ identity }) => identity));
  }

  ignores(_leak: Leak, identity: Identity): boolean {
    return this.known.has(identity);
  }

  /** @internal */
  has(identity: Identity): boolean {
    return this.known.has(identity);
  }
}

/**
 * Ignores everything that is alive now, and everything that was proven until now, like goleak's
 * `IgnoreCurrent`. An idle connection of the snapshot that later serves a request is checked again. With
 * `resources: true` (default false) the tracking of resources is started if necessary, and the present
 * resources belong to the snapshot.
 *
 * @throws Error for `resources: true`, if nothing in this process can track resources.
 */
export function ignoreCurrent(options: { readonly resources?: boolean } = {}): Baseline {
  if (options.resources === true) startResourceTracking();
  return new Baseline();
}

/**
 * Ignores leaks with this function at the top of the stack, like goleak's `IgnoreTopFunction`: for a task,
 * the function that `go()` runs; for a request, the function that called the client, even if it belongs to a
 * package.
 */
export function ignoreTopFunction(name: FunctionName): Ignore {
  const matches = matcher('ignoreTopFunction', name);
  return new Rule(`ignoreTopFunction(${inspect(name)})`, (leak) => matches(topFunction(leak)));
}

/**
 * Ignores leaks with this function anywhere in the recorded stack, like goleak's `IgnoreAnyFunction`. Ten
 * frames are recorded, or as many as `Error.stackTraceLimit` says.
 *
 * @throws TypeError for a name that is neither a non-empty string nor a RegExp.
 */
export function ignoreAnyFunction(name: FunctionName): Ignore {
  const matches = matcher('ignoreAnyFunction', name);
  return new Rule(`ignoreAnyFunction(${inspect(name)})`, (leak) => matches(topFunction(leak)) || leak.stack.some((frame) => matches(frame.function)));
}

/**
 * Ignores leaks that this function started, like goleak's `IgnoreCreatedBy`. The function is that of the
 * leak's `site`: the innermost one outside of packages.
 *
 * @throws TypeError for a name that is neither a non-empty string nor a RegExp.
 */
export function ignoreCreatedBy(name: FunctionName): Ignore {
  const matches = matcher('ignoreCreatedBy', name);
  return new Rule(`ignoreCreatedBy(${inspect(name)})`, (leak) => leak.site !== null && matches(leak.site.function));
}

/**
 * Ignores requests by URL, and connections by origin. A string or URL matches itself and every path below it:
 * `http://127.0.0.1:8080` matches the whole origin, `http://127.0.0.1:8080/events` this path, with or without
 * a query, and the paths below it. A RegExp is searched in the URL as reports print it, with query values as
 * `*`.
 *
 * @throws TypeError for anything that is neither an absolute URL nor a RegExp.
 */
export function ignoreUrl(url: string | URL | RegExp): Ignore {
  const description = `ignoreUrl(${inspect(url instanceof URL ? url.href : url)})`;
  const urlOf = (leak: Leak): string => (leak.url === '' ? leak.origin : leak.url);
  if (url instanceof RegExp) {
    const pattern = stateless(url);
    return new Rule(description, (leak) => pattern.test(urlOf(leak)));
  }
  const wanted = parseUrl(url);
  if (wanted === null) throw new TypeError(`ignoreUrl() takes an absolute URL or a RegExp, not ${inspect(url)}`);
  const path = wanted.pathname.replace(/\/$/, '');
  return new Rule(description, (leak) => {
    const found = parseUrl(urlOf(leak));
    return found !== null && found.origin === wanted.origin && (path === '' || found.pathname === path || found.pathname.startsWith(`${path}/`));
  });
}

/**
 * Ignores leaks for which `matches` returns true. `description` names the entry in the report that it matched
 * nothing: `ignoring('the metrics poller', …)`.
 *
 * @throws TypeError if the description is empty or `matches` is not a function.
 */
export function ignoring(description: string, matches: (leak: Leak) => boolean): Ignore {
  if (typeof description !== 'string' || description === '') throw new TypeError(`ignoring() takes a description first, not ${inspect(description)}`);
  if (typeof matches !== 'function') throw new TypeError(`ignoring() takes a function of a leak, not ${inspect(matches)}`);
  return new Rule(`ignoring(${inspect(description)})`, (leak) => matches(leak));
}

/** The top function: for a task, the function it runs; otherwise the innermost frame, even if it belongs to a package. */
function topFunction(leak: Leak): string {
  return leak.kind === 'task' ? (leak.task?.name ?? '') : (leak.stack[0]?.function ?? '');
}

function matcher(caller: string, name: FunctionName): (candidate: string) => boolean {
  if (name instanceof RegExp) {
    const pattern = stateless(name);
    return (candidate) => candidate !== '' && pattern.test(candidate);
  }
  if (typeof name !== 'string' || name === '') throw new TypeError(`${caller}() takes a function's name or a RegExp, not ${inspect(name)}`);
  return (candidate) => candidate === name;
}

/** Without the flags `g` and `y`, with which a RegExp remembers its last match. */
function stateless(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}

function parseUrl(url: unknown): URL | null {
  if (url instanceof URL) return url;
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
}
