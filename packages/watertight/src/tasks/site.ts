/**
 * Owns call sites: a stack is captured unformatted, which is cheap, and is converted to frames of the
 * program's own sources only when it is first read.
 */
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtin } from './builtin.js';
import { processWide } from './process-record.js';
import { currentScope, type Scope } from './scope.js';
import { mapPosition } from './source-map.js';

/** A position in the program: `file` is an absolute path (or the engine's name of the script); line and column count from 1. */
export interface Site {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function's name as the engine reports it; `''` at the top level of a module. */
  readonly function: string;
}

/**
 * The limits on recorded frames. If the program's own `Error.stackTraceLimit` is between `FRAMES` and
 * `ENOUGH`, it is not changed: setting and restoring it takes a quarter of the time of a capture.
 */
const FRAMES = 10;
const ENOUGH = 25;

/** A captured stack, and the scope in which it was captured. A capture takes about a microsecond; the first read takes longer. */
export class Trace {
  /** Written by the engine, formatted at its first read. */
  declare readonly stack: unknown;
  frames: readonly Site[] | null = null;
  /** How many frames the engine recorded, its own and this library's included; known once the stack was read. */
  recorded = 0;
  /** The scope in which the stack was captured. */
  readonly scope: Scope | null = currentScope();
}

type Capture = (trace: object, below: (...args: never[]) => unknown) => void;

/** Node's own, kept from before a program can remove it; without it, stacks are empty. */
const capture: Capture = (Error.captureStackTrace as Capture | undefined)?.bind(Error) ?? ((): void => undefined);

/** False once `Error` was found frozen: it will never be anything else. */
let mayChangeError = true;

/**
 * Writes the stack above the function `below` into `trace`, with at most `frames` frames, or as many as the
 * program's own limit allows if its `Error` is frozen. The program's limit is restored. Never throws.
 */
export function captureInto(trace: Trace, below: (...args: never[]) => unknown, frames: number): void {
  // Undefined if the program has deleted it.
  const limit = Error.stackTraceLimit as number | undefined;
  if (!mayChangeError) {
    capture(trace, below);
    return;
  }
  try {
    Error.stackTraceLimit = frames;
  } catch {
    mayChangeError = false;
    capture(trace, below);
    return;
  }
  capture(trace, below);
  if (limit === undefined) Reflect.deleteProperty(Error, 'stackTraceLimit');
  else Error.stackTraceLimit = limit;
}

/**
 * Captures the stack above the function `below`; `below` and the functions it called are left out. Frames
 * before an `await` are included if the engine knows them.
 */
export function captureTrace(below: (...args: never[]) => unknown): Trace {
  const trace = new Trace();
  const limit = Error.stackTraceLimit;
  if (limit >= FRAMES && limit <= ENOUGH) capture(trace, below);
  else captureInto(trace, below, FRAMES);
  return trace;
}

/** The limit for requests of other clients, whose interceptors, redirects and retries add many frames above the program's line. */
export const DEEP = 64;

/** Like {@link captureTrace}, but with the limit `DEEP`, for a place deep inside a library. */
export function captureDeepTrace(below: (...args: never[]) => unknown): Trace {
  const trace = new Trace();
  captureInto(trace, below, DEEP);
  return trace;
}

/** All frames of a trace, innermost first, without the engine's and this library's frames. */
export function framesOf(trace: Trace): readonly Site[] {
  if (trace.frames === null) {
    const recorded = readFrames(trace);
    trace.recorded = recorded.length;
    const all = recorded.filter((frame) => !isEngine(frame.file));
    const doer = all.find((frame) => !isObserver(frame.file)) ?? all[0];
    if (doer !== undefined && isOwn(doer.file)) ownTraces.add(trace);
    trace.frames = all.filter((frame) => !isOwn(frame.file));
  }
  return trace.frames;
}

const ownTraces = new WeakSet<Trace>();

/** Whether this library's own code made the call: apart from the engine's, the innermost frames are the library's. */
export function isOwnDoing(trace: Trace): boolean {
  framesOf(trace);
  return ownTraces.has(trace);
}

/**
 * The line that is reported: the innermost frame outside of `node_modules`. If all frames are inside
 * `node_modules` (a program that is itself installed there), the innermost frame. Null for an empty stack.
 */
export function siteOf(trace: Trace): Site | null {
  const frames = framesOf(trace);
  return frames.find((frame) => !isDependency(frame.file)) ?? frames[0] ?? null;
}

/** The innermost frame, even if it is the library's own; null for an empty stack. After this call, `framesOf` returns nothing for the trace. */
export function originOf(trace: Trace): Site | null {
  const frame = readFrames(trace).at(0);
  return frame === undefined ? null : { ...frame, ...mapPosition(frame.file, frame.line, frame.column) };
}

/** Whether at least one frame is outside of `node_modules`. */
export function leadsToProgram(trace: Trace): boolean {
  return framesOf(trace).some((frame) => !isDependency(frame.file));
}

/** Whether the stack, of at most `frames` frames, may have had more of them, further out. Called after `framesOf`. */
export function isCut(trace: Trace, frames: number): boolean {
  return trace.recorded >= (mayChangeError ? frames : Error.stackTraceLimit);
}

/** Text such as `src/preview.ts:14:23 (fetchPreview)`; the path is relative if the file is inside the working directory. */
export function formatSite(site: Site): string {
  const where = `${displayPath(site.file)}:${site.line}:${site.column}`;
  return site.function === '' ? where : `${where} (${site.function})`;
}

function displayPath(file: string): string {
  if (!isAbsolute(file)) return file;
  const near = relative(process.cwd(), file);
  return near.startsWith('..') || isAbsolute(near) ? file : near.split(sep).join('/');
}

/** Of each copy of this package: the folder `dist/`, and the folder `src/` beside it, which appears in stacks that a tool has mapped already. */
const OWN = processWide('own-folders', (): string[] => []);
for (const folder of ['../', '../../src/']) {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  if (!OWN.includes(path)) OWN.push(path);
}

function isInternal(file: string): boolean {
  return isEngine(file) || isOwn(file);
}

function isEngine(file: string): boolean {
  return file === '' || file.startsWith('node:') || file.startsWith('internal/') || file.startsWith('wasm:');
}

function isOwn(file: string): boolean {
  return OWN.some((root) => file.startsWith(root));
}

/** The wrappers around functions of other clients; they only pass calls on. */
function isObserver(file: string): boolean {
  return OWN.some((root) => file.startsWith(join(root, 'instrument', sep)));
}

function isDependency(file: string): boolean {
  // No package name starts with a dot: tools put generated programs into `node_modules/.cache`.
  return /[\\/]node_modules[\\/][^.]/.test(file);
}

type Prepare = (error: Error, sites: NodeJS.CallSite[]) => unknown;

interface Hooked {
  prepareStackTrace?: Prepare | undefined;
}

/**
 * The `Error` of the realm in which Node's own modules run. It differs from this module's `Error` if the
 * library was loaded in a realm of node:vm (vitest's vmThreads). The engine calls this realm's hook for every
 * realm without a hook.
 */
function mainError(): Hooked {
  return Object.getPrototypeOf(builtin('node:assert').AssertionError) as Hooked;
}

/** The name of the hook that Node itself installs from 20.19 on; it returns the same text as no hook. */
const NODE_HOOK = 'ErrorPrepareStackTrace';

function readFrames(trace: Trace): Site[] {
  const holder = Error as Hooked;
  const installed = holder.prepareStackTrace;
  const asked = installed ?? mainError().prepareStackTrace;
  // If a tool (vitest, tsx, source-map-support) has its own hook, only the text from that hook has the right lines.
  const tool = asked === undefined || asked.name === NODE_HOOK ? null : asked;
  let sites: readonly NodeJS.CallSite[] | null = null;
  let text: string;
  const replaced = setHook(holder, (error, raw) => {
    sites = raw;
    return tool === null ? '' : tool.call(holder, error, raw);
  });
  try {
    // Reading `stack` makes the engine call the hook.
    text = String(trace.stack);
  } finally {
    if (replaced) holder.prepareStackTrace = installed;
  }
  const raw = sites as readonly NodeJS.CallSite[] | null;
  if (tool === null && raw !== null) return raw.map(toSite);
  const frames = parseFrames(text);
  if (tool !== null) return raw === null ? frames : named(frames, raw);
  // A trace captured in another realm (jest runs tests in one) was formatted by the hook of that realm, so only its
  // text is available.
  return frames.map((frame) => ({ ...frame, ...mapPosition(frame.file, frame.line, frame.column) }));
}

/** Returns false if `Error` is frozen; only the text of a stack is available then. */
function setHook(holder: Hooked, hook: Prepare): boolean {
  if (!mayChangeError) return false;
  mayChangeError = Reflect.set(holder, 'prepareStackTrace', hook);
  return mayChangeError;
}

/** A tool's frames with the engine's function names: jest's source-map-support gives a frame the name of the function it calls, which is wrong. */
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
  // A method has the name of its type before it, `Preview.load`, but a method of a plain object has no `Object.`
  // before it.
  const type = raw.isConstructor() || raw.isToplevel() ? null : raw.getTypeName();
  return name === '' || type === null || type === 'Object' || name.includes('.') ? name : `${type}.${name}`;
}

/**
 * Sites by position. Thousands of traces may contain the same few lines, above all in a leak, so each line is
 * mapped and stored once.
 */
const places = new Map<string, Site>();

/** Bounds the memory of a program that generates code. */
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
    // The text is mapped by the hook that made it, or will be by the caller.
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
