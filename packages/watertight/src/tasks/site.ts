/**
 * Owns call sites: a stack captured unformatted where it is cheap, and read
 * later, when somebody looks, as frames mapped to the program's own sources.
 */
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentScope, type Scope } from './scope.js';
import { mapPosition } from './source-map.js';

/** A line of the program: `file` is an absolute path (or what the engine calls the script), line and column count from 1. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function's name as the engine has it, `''` at the top level of a module. */
  readonly function: string;
}

/**
 * How many frames are kept. Where the program's own limit is near, it is left
 * as it is (ten by default): setting it twice costs a quarter of the capture.
 */
const FRAMES = 10;
const ENOUGH = 25;

/** A captured stack, and the scope it was captured in. It costs about a microsecond to make; reading it costs more, once. */
export class Trace {
  /** Written by the engine, formatted at its first read. */
  declare readonly stack: unknown;
  frames: readonly Site[] | null = null;
  /** Whose doing it is: the scope that the stack was captured in. */
  readonly scope: Scope | null = currentScope();
}

/**
 * Captures the stack above the function `below`: `below` itself and what it
 * called are left out. Frames beyond an `await` are included where the engine
 * knows them.
 */
export function captureTrace(below: (...args: never[]) => unknown): Trace {
  const trace = new Trace();
  const limit = Error.stackTraceLimit;
  if (limit >= FRAMES && limit <= ENOUGH) {
    Error.captureStackTrace(trace, below);
    return trace;
  }
  Error.stackTraceLimit = FRAMES;
  Error.captureStackTrace(trace, below);
  Error.stackTraceLimit = limit;
  return trace;
}

/** Frames that other clients put between the program's line and the place where a request can be observed: interceptors, redirects and retries included. */
const DEEP = 64;

/** Like {@link captureTrace}, for a place deep inside a library: the program's own limit on frames is put back at once. */
export function captureDeepTrace(below: (...args: never[]) => unknown): Trace {
  const trace = new Trace();
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEEP;
  Error.captureStackTrace(trace, below);
  Error.stackTraceLimit = limit;
  return trace;
}

/** All frames of a trace, innermost first, without the engine's own and the library's. */
export function framesOf(trace: Trace): readonly Site[] {
  if (trace.frames === null) {
    const all = readFrames(trace).filter((frame) => !isEngine(frame.file));
    const doer = all.find((frame) => !isObserver(frame.file)) ?? all[0];
    if (doer !== undefined && isOwn(doer.file)) ownTraces.add(trace);
    trace.frames = all.filter((frame) => !isOwn(frame.file));
  }
  return trace.frames;
}

const ownTraces = new WeakSet<Trace>();

/** Whether the library itself did it, on whosever behalf: its own frames are the innermost, the engine's apart. */
export function isOwnDoing(trace: Trace): boolean {
  framesOf(trace);
  return ownTraces.has(trace);
}

/**
 * The line to blame: the innermost frame that is the program's own, past the
 * frames of packages in `node_modules`. If all are of packages (a program that
 * is itself installed there), the innermost of all. Null for an empty stack.
 */
export function siteOf(trace: Trace): Site | null {
  const frames = framesOf(trace);
  return frames.find((frame) => !isDependency(frame.file)) ?? frames[0] ?? null;
}

/** The innermost frame, even if it is the library's own; null for an empty stack. Reading it uses the trace up: `framesOf` knows nothing of it then. */
export function originOf(trace: Trace): Site | null {
  const frame = readFrames(trace).at(0);
  return frame === undefined ? null : { ...frame, ...mapPosition(frame.file, frame.line, frame.column) };
}

/** Whether a line of the program's own, and not only of packages, is among the frames. */
export function leadsToProgram(trace: Trace): boolean {
  return framesOf(trace).some((frame) => !isDependency(frame.file));
}

/** `src/preview.ts:14:23 (fetchPreview)`: relative to the working directory where the file is inside it. */
export function formatSite(site: Site): string {
  const where = `${displayPath(site.file)}:${site.line}:${site.column}`;
  return site.function === '' ? where : `${where} (${site.function})`;
}

function displayPath(file: string): string {
  if (!isAbsolute(file)) return file;
  const near = relative(process.cwd(), file);
  return near.startsWith('..') || isAbsolute(near) ? file : near.split(sep).join('/');
}

/** `dist/` of this package, and `src/` beside it for stacks that were mapped before we saw them. */
const OWN = [new URL('../', import.meta.url), new URL('../../src/', import.meta.url)].map((url) => fileURLToPath(url));

function isInternal(file: string): boolean {
  return isEngine(file) || isOwn(file);
}

function isEngine(file: string): boolean {
  return file === '' || file.startsWith('node:') || file.startsWith('internal/') || file.startsWith('wasm:');
}

function isOwn(file: string): boolean {
  return OWN.some((root) => file.startsWith(root));
}

/** The functions that stand in for those of other clients only pass calls on. */
const OBSERVER = OWN.map((root) => join(root, 'instrument', sep));

function isObserver(file: string): boolean {
  return OBSERVER.some((root) => file.startsWith(root));
}

function isDependency(file: string): boolean {
  // A name that starts with a dot is no package: `node_modules/.cache` is where tools let programs of their own run.
  return /[\\/]node_modules[\\/][^.]/.test(file);
}

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown;

interface Hooked {
  prepareStackTrace?: Prepare | undefined;
}

/**
 * The `Error` of the realm that Node's own modules live in. It is not ours
 * where this library was loaded in a realm of node:vm, as by vitest's vmThreads;
 * the engine asks its hook for every realm that has none.
 */
function mainError(): Hooked {
  return Object.getPrototypeOf(process.getBuiltinModule('node:assert').AssertionError) as Hooked;
}

/** Since 20.19 Node itself has a hook in that place, which gives the text that no hook gave. */
const NODE_HOOK = 'ErrorPrepareStackTrace';

function readFrames(trace: Trace): Site[] {
  const holder = Error as Hooked;
  const installed = holder.prepareStackTrace;
  const asked = installed ?? mainError().prepareStackTrace;
  // Where a tool has its own hook (vitest, tsx, source-map-support), only its text has the right lines.
  const tool = asked === undefined || asked.name === NODE_HOOK ? null : asked;
  let sites: readonly NodeJS.CallSite[] | null = null;
  let text: string;
  holder.prepareStackTrace = (error, raw) => {
    sites = raw;
    return tool === null ? '' : tool.call(holder, error, raw);
  };
  try {
    // Reading it makes the engine call the hook.
    text = String(trace.stack);
  } finally {
    holder.prepareStackTrace = installed;
  }
  const raw = sites as readonly NodeJS.CallSite[] | null;
  if (tool === null && raw !== null) return raw.map(toSite);
  const frames = parseFrames(text);
  if (tool !== null) return raw === null ? frames : named(frames, raw);
  // A trace captured in another realm (jest runs tests in one) asked the hook over there: its text is what there is.
  return frames.map((frame) => ({ ...frame, ...mapPosition(frame.file, frame.line, frame.column) }));
}

/** A tool's frames under the engine's names: the source-map-support that jest has calls a function by what it calls. */
function named(frames: Site[], raw: readonly NodeJS.CallSite[]): Site[] {
  const placed = raw.filter((site) => site.getLineNumber() !== null);
  return placed.length === frames.length ? frames.map((frame, at) => ({ ...frame, function: nameOf(placed[at]) })) : frames;
}

function toSite(raw: NodeJS.CallSite): Site {
  const script = raw.getFileName() ?? raw.getEvalOrigin() ?? '';
  return placeOf(script, raw.getLineNumber() ?? 0, raw.getColumnNumber() ?? 0, nameOf(raw), mapPosition);
}

function nameOf(raw: NodeJS.CallSite): string {
  const name = raw.getFunctionName() ?? '';
  // A method called on an object: `Preview.load`; but not `Object.load` of a plain one.
  const type = raw.isConstructor() || raw.isToplevel() ? null : raw.getTypeName();
  return name === '' || type === null || type === 'Object' || name.includes('.') ? name : `${type}.${name}`;
}

/**
 * Sites by place. Thousands of traces may lead through the same few lines, in
 * a leak above all: each line is mapped once, and kept once.
 */
const places = new Map<string, Site>();

/** A program has finitely many lines, but one that generates code could have any number. */
const MAX_PLACES = 20_000;

function placeOf(script: string, line: number, column: number, name: string, map: typeof mapPosition | null): Site {
  const key = `${map === null ? '' : 'mapped '}${line}:${column} ${name}\n${script}`;
  let site = places.get(key);
  if (site === undefined) {
    const file = toPath(script);
    const position = map === null || isInternal(file) ? { file, line, column } : map(file, line, column);
    site = Object.freeze({ ...position, function: name });
    if (places.size >= MAX_PLACES) places.clear();
    places.set(key, site);
  }
  return site;
}

/** One line of V8's stack text: `    at [async ][new ]name [as alias] (file:line:column)`, the parts before the place optional. */
const FRAME = /^\s*at (?:(?:async )?(.+?) \()?(?:async )?((?:\w+:\/\/)?.+?):(\d+):(\d+)\)?$/;

function parseFrames(text: string): Site[] {
  const frames: Site[] = [];
  for (const line of text.split('\n')) {
    const match = FRAME.exec(line);
    if (match === null) continue;
    const name = (match[1] ?? '').replace(/^(?:async |new )+/, '').replace(/ \[as .+\]$/, '').replace(/^.*<anonymous>$|^Object\./, '');
    // That text is mapped already, or will be.
    frames.push(placeOf(match[2], Number(match[3]), Number(match[4]), name, null));
  }
  return frames;
}

function toPath(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}
