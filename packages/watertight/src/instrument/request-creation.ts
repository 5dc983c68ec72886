/**
 * Owns the moment at which a request of `node:http` or `node:https` is made, and finds it without loading these
 * modules: a program that never makes such a request must not get their parser, nor what their loading changes in
 * the process. An import of `node:http` in an ES module reads all its exports, and with `http.WebSocket` loads the
 * undici in Node, which then takes the place of the program's own copy as the global dispatcher.
 *
 * Node 22.12, 23.2 and later publish each request on the channel `http.client.request.created`. Before, the first
 * request is recognised by the constructor of emitters, which its own constructor calls; from then on, the methods
 * are observed that Node calls in that constructor. This also sees the requests of `new ClientRequest()`.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import type { ClientRequest } from 'node:http';
import type { Trace } from '../tasks/index.js';
import { fault } from './fault.js';
import { REQUEST } from './foreign-request.js';
import { Patches } from './patch.js';

/** What is told of requests. Neither method may throw. */
export interface CreationListener {
  /** Called in the constructor, as soon as method, host and path are known: returns the call site. Only in versions of Node without the channel. */
  siteOf(request: ClientRequest, below: (...args: never[]) => unknown): Trace | null;
  /** Called when the request is made; `site` is what {@link siteOf} returned, undefined if it was not called. */
  made(request: ClientRequest, site?: Trace | null): void;
}

const CREATED = 'http.client.request.created';
const START = 'http.client.request.start';

/** Whether Node publishes `http.client.request.created`: since 22.12 and 23.2. */
function publishesCreated(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

/** Tells `listener` of all requests from now on; returns a function that ends that. */
export function observeCreation(listener: CreationListener): () => void {
  if (!publishesCreated()) return observeConstructor(listener);
  const onCreated = (message: unknown): void => listener.made((message as { request: ClientRequest }).request);
  subscribe(CREATED, onCreated);
  return () => void unsubscribe(CREATED, onCreated);
}

/** The prototype of the class of Node that has the method, below any class that the program derived from it; null if there is none. */
export function classWith(method: string, of: object): object | null {
  let found: object | null = null;
  for (let each = Reflect.getPrototypeOf(of); each !== null; each = Reflect.getPrototypeOf(each)) {
    if (Object.hasOwn(each, method)) found = each;
  }
  return found;
}

/** The key of the call site on a request that {@link CreationListener.made} was not told of yet; null after that. */
const SITE = Symbol('watertight.site');

type BegunRequest = ClientRequest & { [SITE]?: Trace | null; readonly [REQUEST]?: unknown };

/** Requests that were begun in this call of the event loop, and whose constructor may yet throw. */
const begun = new Set<BegunRequest>();

let told: ((request: BegunRequest) => void) | null = null;

/** Kept from before a test can replace it. */
const nextTick = process.nextTick.bind(process);

/** Tells of each request that was made and has not been told of yet. */
export function flushCreation(): void {
  // One that waits for a socket of its agent has no other sign that its constructor did not throw.
  for (const request of begun) if (request[REQUEST] === undefined && waitsInAgent(request)) told?.(request);
}

function forget(): void {
  flushCreation();
  begun.clear();
}

function waitsInAgent(request: BegunRequest): boolean {
  const { requests } = (request as { readonly agent?: { readonly requests?: object } | null }).agent ?? {};
  return typeof requests === 'object' && Object.values(requests).some((queue) => Array.isArray(queue) && queue.includes(request));
}

function observeConstructor(listener: CreationListener): () => void {
  const patches = new Patches();
  const begin = (request: BegunRequest, below: (...args: never[]) => unknown): void => {
    if (request[SITE] !== undefined) return;
    request[SITE] = listener.siteOf(request, below);
    if (begun.size === 0) nextTick(forget);
    begun.add(request);
  };
  const tell = (request: BegunRequest): void => {
    const site = request[SITE];
    if (site === undefined || request[REQUEST] !== undefined) return;
    request[SITE] = null;
    listener.made(request, site);
  };
  // For a request that the methods below did not show.
  const onStart = (message: unknown): void => {
    const { request } = message as { request: ClientRequest };
    tell(request);
    listener.made(request);
  };
  const stopWaiting = atFirstRequest((prototype) => {
    // The constructor asks for this header when all others are set; or it gets them as an array, and stores them.
    patches.replace(prototype, 'getHeader', (original) => function getHeader(this: ClientRequest, name: unknown): unknown {
      if (name === 'expect') begin(this, getHeader);
      return original.call(this, name);
    });
    patches.replace(prototype, '_storeHeader', (original) => function storeHeader(this: ClientRequest, line: unknown, fields: unknown): unknown {
      const result = original.call(this, line, fields);
      begin(this, storeHeader);
      return result;
    });
    patches.replace(prototype, 'onSocket', (original) => function (this: ClientRequest, socket: unknown, error: unknown): unknown {
      tell(this);
      return original.call(this, socket, error);
    });
  });
  told = tell;
  subscribe(START, onStart);
  return () => {
    stopWaiting();
    unsubscribe(START, onStart);
    patches.undo();
    told = null;
    begun.clear();
  };
}

/** Calls `found` with the prototype of the class of requests, when the first request is about to be made. */
function atFirstRequest(found: (prototype: object) => void): () => void {
  const patches = new Patches();
  let waiting = true;
  patches.replace(EventEmitter, 'init', (original) => function (this: object, options: unknown): unknown {
    // Another module, such as node:domain, may have put its own function around this one.
    if (waiting && 'onSocket' in this && '_implicitHeader' in this) {
      waiting = false;
      patches.undo();
      try {
        found(classWith('onSocket', this)!);
      } catch (error) {
        fault(error);
      }
    }
    return original.call(this, options);
  });
  return () => {
    waiting = false;
    patches.undo();
  };
}
