/**
 * Owns what a leak check leaves out: entries that say which leaks are known,
 * to be written in a list, shared between files, and told apart when one of
 * them matches nothing any more. The kinds are goleak's.
 */
import { inspect } from 'node:util';
import { candidates, IdentitySet, type Identity } from './candidate.js';
import type { Leak } from './leak.js';
import { startResourceTracking } from './resource-tracking.js';

/** A name of a function as the engine has it (`load`, `Preview.load`), whole; or a pattern that is searched in it. */
export type FunctionName = string | RegExp;

/** An entry is one whichever copy of the library made it: a test file under jest has its own. */
const ENTRY = Symbol.for('watertight.ignore');

/** An entry of the option `ignore`: made by the functions here, never by hand. */
export abstract class Ignore {
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && ENTRY in value;
  }

  readonly [ENTRY] = true;

  /** As it is called in the report of an entry that matched nothing. */
  abstract readonly description: string;

  /** Whether an entry that matched nothing is worth a word. */
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

/** What was there at one moment: `ignoreCurrent()`. */
export class Baseline extends Ignore {
  readonly description = 'ignoreCurrent()';
  /** It says nothing of what was there: often it was nothing. */
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
 * A snapshot: what is alive now, and what was proven until now, is not looked
 * at. An idle connection of the snapshot that serves a request later is looked
 * at again. With `resources: true` the tracking of resources is started, if it
 * has not been, and those that there are belong to the snapshot. Like goleak's
 * `IgnoreCurrent`.
 */
export function ignoreCurrent(options: { readonly resources?: boolean } = {}): Baseline {
  if (options.resources === true) startResourceTracking();
  return new Baseline();
}

/**
 * Ignores what has this function on top of its stack: the function that a
 * `go()` task runs; for a request, the one that called the client, be it a
 * package's. Like goleak's `IgnoreTopFunction`.
 *
 * @throws TypeError for a name that is neither a non-empty string nor a RegExp.
 */
export function ignoreTopFunction(name: FunctionName): Ignore {
  const matches = matcher('ignoreTopFunction', name);
  return new Rule(`ignoreTopFunction(${inspect(name)})`, (leak) => matches(topFunction(leak)));
}

/**
 * Ignores what has this function anywhere in its stack (the ten frames, or as
 * many as `Error.stackTraceLimit` says, that were recorded). Like goleak's
 * `IgnoreAnyFunction`.
 *
 * @throws TypeError for a name that is neither a non-empty string nor a RegExp.
 */
export function ignoreAnyFunction(name: FunctionName): Ignore {
  const matches = matcher('ignoreAnyFunction', name);
  return new Rule(`ignoreAnyFunction(${inspect(name)})`, (leak) => matches(topFunction(leak)) || leak.stack.some((frame) => matches(frame.function)));
}

/**
 * Ignores what this function started: the one that `site` names, the
 * program's own, past the frames of packages. Like goleak's `IgnoreCreatedBy`.
 *
 * @throws TypeError for a name that is neither a non-empty string nor a RegExp.
 */
export function ignoreCreatedBy(name: FunctionName): Ignore {
  const matches = matcher('ignoreCreatedBy', name);
  return new Rule(`ignoreCreatedBy(${inspect(name)})`, (leak) => leak.site !== null && matches(leak.site.function));
}

/**
 * Ignores requests by URL, and connections by origin. A string or URL stands
 * for itself and everything below: `http://127.0.0.1:8080` for all of the
 * origin, `http://127.0.0.1:8080/events` for this path, with or without a
 * query, and the paths below it. A RegExp is searched in the URL as reports
 * print it, query values as `*`.
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
 * Ignores what `matches` returns true for. The description is how the entry
 * is called when it matches nothing: `ignoring('the metrics poller', …)`.
 *
 * @throws TypeError if the description is empty or `matches` is no function.
 */
export function ignoring(description: string, matches: (leak: Leak) => boolean): Ignore {
  if (typeof description !== 'string' || description === '') throw new TypeError(`ignoring() takes a description first, not ${inspect(description)}`);
  if (typeof matches !== 'function') throw new TypeError(`ignoring() takes a function of a leak, not ${inspect(matches)}`);
  return new Rule(`ignoring(${inspect(description)})`, (leak) => matches(leak));
}

/** What runs on top: the task's own function; else the innermost frame of the stack, a package's included. */
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

/** Without the flags that make a RegExp remember where it matched last. */
function stateless(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
}

function parseUrl(url: unknown): URL | null {
  if (url instanceof URL) return url;
  return typeof url === 'string' && URL.canParse(url) ? new URL(url) : null;
}
