/**
 * Owns the tracking of what keeps this thread alive: a hook of async_hooks records where each such thing is
 * made. The hook observes only beginnings, because a hook for the ends would slow down every promise on Node
 * 20 and 22. Whether a thing still keeps the thread alive is read from the thing itself when the list is
 * made.
 */
import type { AsyncHook, createHook, executionAsyncResource } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { resources, setResourceSource } from '../tasks/index.js';
import { Census } from './census.js';
import { captureCreation, creationOf, setCreation, type Creation } from './creation.js';
import { isJobOver, isTimerOver, overhear, underSymbol, type Job, type ReusedHandle, type TimerLike } from './internals.js';
import { isMessagePort } from './node-class.js';
import { Roll } from './roll.js';

/**
 * How many frames are recorded, Node's own included: five above a timer, twenty between a client of node:http
 * and its socket.
 */
const SHALLOW = 16;
const DEEP = 50;

/**
 * A step in the making of a connection. The steps after the first run in Node's own callbacks, without a
 * frame of the program: a handle, a connect request for it, and, if a host has several addresses, another
 * handle after that failed or took too long. Each step has the one before as its cause.
 */
type Step = 'handle' | 'connect' | 'timer';

interface Kind {
  readonly frames: number;
  readonly step?: Step;
  /** The roll for a kind of which Node has no list. */
  readonly roll?: { add(thing: object): void };
  /** Called while the thing is being made. */
  readonly attend?: (thing: object, creation: Creation) => void;
}

const rolls = {
  timeouts: new Roll<TimerLike>(isTimerOver),
  immediates: new Roll<TimerLike>(isTimerOver),
  workers: new Roll<Job>(isJobOver),
  jobs: new Roll<Job>(isJobOver),
  compressors: new Roll<Job>(isJobOver),
  children: new Roll<Job>(isJobOver),
};
const census = new Census(rolls);

const KINDS = new Map<string, Kind>();
define({ frames: SHALLOW, roll: rolls.timeouts, step: 'timer' }, 'Timeout');
define({ frames: SHALLOW, roll: rolls.immediates }, 'Immediate');
define({ frames: DEEP, step: 'connect' }, 'TCPCONNECTWRAP', 'PIPECONNECTWRAP');
define({ frames: DEEP, step: 'handle' }, 'TCPWRAP', 'TLSWRAP', 'PIPEWRAP');
define({ frames: DEEP }, 'TCPSERVERWRAP', 'PIPESERVERWRAP', 'TTYWRAP', 'UDPWRAP', 'GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP');
// On Node 26, `readFile` is a job.
define({ frames: SHALLOW, attend: hearReadFile }, 'FSREQCALLBACK', 'FSREQPROMISE');
define({ frames: DEEP, attend: hearPath }, 'FSEVENTWRAP', 'STATWATCHER');
define({ frames: DEEP, roll: rolls.children }, 'PROCESSWRAP');
define({ frames: DEEP, roll: rolls.workers, attend: expectPort }, 'WORKER');
define({ frames: DEEP, attend: hearFile }, 'MESSAGEPORT');
define({ frames: DEEP, roll: rolls.jobs }, 'QUERYWRAP');
define({ frames: DEEP, roll: rolls.compressors }, 'ZLIB');

function define(kind: Kind, ...types: string[]): void {
  for (const type of types) KINDS.set(type, kind);
}

function init(asyncId: number, type: string, trigger: number, resource: object): void {
  const kind = KINDS.get(type);
  if (kind === undefined) return;
  const creation = captureCreation(init, kind.frames, trigger, kind.step === undefined ? null : causeOf(kind.step, trigger, resource));
  // A request that takes a kept-alive connection counts as its maker.
  const thing = resource.constructor.name === 'ReusedHandle' ? ((resource as ReusedHandle).handle ?? resource) : resource;
  setCreation(thing, creation);
  if (kind.step === 'handle') remember(asyncId, creation);
  kind.roll?.add(thing);
  kind.attend?.(thing, creation);
}

function causeOf(step: Step, trigger: number, resource: object): Creation | null {
  if (step === 'connect') return recentHandles.get(trigger)?.deref() ?? null;
  if (step === 'timer') return isConnectTimer(resource) ? (recentHandles.get(trigger)?.deref() ?? null) : null;
  const running = resourceInWork();
  const name = running.constructor.name;
  return name === 'TCPConnectWrap' || name === 'PipeConnectWrap' || isConnectTimer(running) ? creationOf(running) : null;
}

/** Whether a timer is the one after which Node tries the next address. */
function isConnectTimer(timer: TimerLike): boolean {
  return typeof timer._onTimeout === 'function' && timer._onTimeout.name === 'internalConnectMultipleTimeout';
}

/** The records of the latest handles by async id, which is all that a connect request knows of its handle. */
const recentHandles = new Map<number, WeakRef<Creation>>();
const MOST_RECENT = 1024;

function remember(asyncId: number, creation: Creation): void {
  recentHandles.set(asyncId, new WeakRef(creation));
  if (recentHandles.size <= MOST_RECENT) return;
  for (const oldest of recentHandles.keys()) {
    recentHandles.delete(oldest);
    break;
  }
}

/** A watcher's path is passed to `start` only, and stored nowhere. */
function hearPath(watcher: object, creation: Creation): void {
  overhear(watcher, 'start', ([path]) => {
    creation.detail = String(path);
  });
}

let workerBeingMade: Creation | null = null;

function expectPort(_worker: object, creation: Creation): void {
  workerBeingMade = creation;
}

/** A worker's file is in the first message through the first port made for it, and nowhere else. */
function hearFile(port: object): void {
  const worker = workerBeingMade;
  workerBeingMade = null;
  if (worker === null) return;
  overhear(port, 'postMessage', ([message]) => {
    const { filename, doEval } = (message ?? {}) as { filename?: unknown; doEval?: unknown };
    worker.detail = doEval === false && typeof filename === 'string' ? filename : '[eval]';
  });
}

/** A job that `run` finishes is over, although the object exists until it is collected. */
function hearRun(job: object): void {
  overhear(job, 'run', (_args, result) => {
    if (!Array.isArray(result)) rolls.jobs.add(job);
  });
}

function hearReadFile(request: object): void {
  if (request.constructor.name.endsWith('Job')) hearRun(request);
}

const LISTEN = 'tracing:net.server.listen:asyncStart';

/** The server's handle is made only after the lookup of its host, so the call of `listen` is recorded here. */
function onListen(message: unknown): void {
  setCreation((message as { server: object }).server, captureCreation(onListen, DEEP));
}

const WORKER = 'worker_threads';

/** The ports between a worker and its maker are listed as the worker. */
function onWorker(message: unknown): void {
  const { worker } = message as { worker: object };
  for (const symbol of Object.getOwnPropertySymbols(worker)) {
    const port: unknown = (worker as Record<symbol, unknown>)[symbol];
    if (isMessagePort(port)) census.portsOfWorkers.set(port, underSymbol(worker, 'kHandle') as object);
  }
}

let hook: AsyncHook | null = null;
let resourceInWork: typeof executionAsyncResource;
let tracking = false;

/**
 * Starts recording, in this thread, where everything is made that can keep it alive; `resources()` lists it.
 * Things made before are listed without a line. Does nothing if resources are tracked already.
 */
export function trackResources(): void {
  if (resources() !== null) return;
  // From Node 24.12 on, this keeps the hook from slowing down promises.
  const options: Parameters<typeof createHook>[0] & { trackPromises: boolean } = { init, trackPromises: false };
  if (hook === null) {
    const { asyncWrapProviders, createHook, executionAsyncResource } = process.getBuiltinModule('node:async_hooks');
    // The jobs of node:crypto: PBKDF2REQUEST, KEYPAIRGENREQUEST …
    const cryptoJobs = Object.keys(asyncWrapProviders).filter((type) => type.endsWith('REQUEST') && !type.startsWith('HTTP'));
    define({ frames: DEEP, attend: hearRun }, ...cryptoJobs);
    resourceInWork = executionAsyncResource;
    hook = createHook(options);
  }
  hook.enable();
  subscribe(LISTEN, onListen);
  subscribe(WORKER, onWorker);
  setResourceSource(() => census.take());
  tracking = true;
}

/** Ends the tracking: nothing is recorded or listed until it starts again. */
export function untrackResources(): void {
  if (!tracking) return;
  tracking = false;
  hook?.disable();
  unsubscribe(LISTEN, onListen);
  unsubscribe(WORKER, onWorker);
  setResourceSource(null);
  for (const roll of Object.values(rolls)) roll.clear();
  recentHandles.clear();
}
