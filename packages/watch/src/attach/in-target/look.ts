/**
 * Owns the look at the program from within: it is bundled into one text, which `watertight attach` evaluates in the
 * process through the inspector. It loads nothing that the program has not loaded, changes nothing, and leaves nothing.
 */
import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import { isBeingRead, isComplete, isOpen, isReadable } from './body-stream.js';
import { ResponseReader } from './fetch.js';
import { isObject, type FoundBody, type FoundPool, field } from './found.js';
import { isAgent, isClientRequest, isClientResponse, poolsOf, unreadResponse } from './node-http.js';
import { ownUnread } from './own.js';
import { isClient, isRequestBody, poolOf, runningOn, unreadOn } from './undici.js';

export type { FoundBody, FoundPool } from './found.js';

/** What {@link sift} gives: the bodies, in the order of `anchors`. */
export interface Sifted {
  readonly bodies: readonly FoundBody[];
  /** How many responses are being read at this moment. */
  readonly beingRead: number;
  readonly pools: readonly FoundPool[];
}

/** The objects of the latest sift, which the inspector asks for, and what was found of each. */
export let anchors: readonly object[] = [];
let latest: readonly FoundBody[] = [];

/** A body and the object through which it is held. */
class Findings {
  private readonly bodies = new Map<object, FoundBody>();
  private readonly agents = new Set<Agent>();
  private readonly clients = new Set<object>();
  beingRead = 0;

  body(anchor: object, body: FoundBody): void {
    this.bodies.set(anchor, body);
  }

  response(response: Parameters<typeof unreadResponse>[0]): void {
    const body = unreadResponse(response);
    if (body !== null) this.body(response, body);
    else if (isOpen(response)) this.beingRead++;
    this.agent((response.req as { agent?: unknown }).agent);
  }

  agent(agent: unknown): void {
    if (isObject(agent) && isAgent(agent)) this.agents.add(agent);
  }

  client(client: object): void {
    if (this.clients.has(client)) return;
    this.clients.add(client);
    const unread = unreadOn(client);
    if (unread !== null) this.body(unread.stream ?? unread.request, unread.body);
    else if (runningOn(client) !== null) this.beingRead++;
  }

  /**
   * The bodies of `request()`. Where another copy of undici made the connection, its request does not show the body:
   * such a request is counted with one of the bodies that have not come in full.
   */
  bodiesOfRequests(streams: readonly Readable[]): void {
    const hidden = [...this.bodies].filter(([anchor, { client }]) => client === 'undici' && !isReadable(anchor));
    for (const stream of streams) {
      if (this.bodies.has(stream) || !isOpen(stream) || isBeingRead(stream)) continue;
      const buffered = stream.readableLength;
      const [anchor, body] = (isComplete(stream) ? undefined : hidden.shift()) ?? [];
      if (anchor !== undefined) this.bodies.delete(anchor);
      this.body(stream, body === undefined ? { client: 'undici', method: '', url: '', status: 0, buffered, age: null, pinned: false } : { ...body, buffered });
    }
  }

  own(): void {
    for (const { holder, body } of ownUnread()) this.body(holder, body);
  }

  result(): Sifted {
    anchors = [...this.bodies.keys()];
    latest = [...this.bodies.values()];
    const pools = [...[...this.agents].flatMap(poolsOf), ...[...this.clients].map(poolOf)];
    return { bodies: latest, beingRead: this.beingRead, pools: joined(pools) };
  }
}

/** One line for each kind and origin. */
function joined(pools: readonly FoundPool[]): readonly FoundPool[] {
  const byOrigin = new Map<string, FoundPool>();
  for (const pool of pools) {
    const key = `${pool.kind} ${pool.origin}`;
    const { connections = 0, idle = 0, queued = 0 } = byOrigin.get(key) ?? {};
    byOrigin.set(key, { ...pool, connections: connections + pool.connections, idle: idle + pool.idle, queued: queued + pool.queued });
  }
  return [...byOrigin.values()].filter(({ connections, queued }) => connections + queued > 0);
}

/** What the open sockets lead to: every response that occupies a connection. Takes no longer than the sockets are many. */
export function walk(): Sifted {
  const found = new Findings();
  found.own();
  const handles = (process as unknown as { _getActiveHandles?: () => readonly object[] })._getActiveHandles?.() ?? [];
  for (const handle of handles) {
    const request: unknown = (handle as { _httpMessage?: unknown })._httpMessage;
    if (isClientRequest(request)) {
      found.agent((request as { agent?: unknown }).agent);
      const response: unknown = (request as { res?: unknown }).res;
      if (isObject(response) && isClientResponse(response)) found.response(response);
    }
    const client = field(handle, 'client');
    if (isObject(client) && isClient(client)) found.client(client);
  }
  return found.result();
}

/** The prototypes whose objects the inspector is to look for: of what the program has loaded, and nothing else. */
export function prototypes(): readonly object[] {
  const loaded = new Set((process as unknown as { moduleLoadList?: readonly string[] }).moduleLoadList ?? []);
  const found: object[] = [process.getBuiltinModule('node:events').EventEmitter.prototype];
  // This getter loads undici, unless that has happened.
  if (loaded.has('NativeModule internal/deps/undici/undici')) add(found, (globalThis as { Response?: unknown }).Response);
  const { _cache: cache } = process.getBuiltinModule('node:module') as unknown as { _cache?: Record<string, { exports?: unknown } | undefined> };
  for (const [path, module] of Object.entries(cache ?? {})) {
    if (/[\\/]fetch[\\/]response\.js$/.test(path)) add(found, field(module?.exports, 'Response'));
  }
  return found;
}

function add(found: object[], constructor: unknown): void {
  const prototype = field(constructor, 'prototype');
  if (isObject(prototype) && !found.includes(prototype)) found.push(prototype);
}

/** What the inspector found, of each prototype. */
export function sift(emitters: readonly object[], ...ofFetch: (readonly [prototype: object, responses: readonly object[]])[]): Sifted {
  const found = new Findings();
  found.own();
  const streams: Readable[] = [];
  for (const emitter of emitters) {
    try {
      if (isClientResponse(emitter)) found.response(emitter);
      else if (isAgent(emitter)) found.agent(emitter);
      else if (isRequestBody(emitter)) streams.push(emitter);
      else if (isClient(emitter)) found.client(emitter);
    } catch {
      // An object that only looks like one of these.
    }
  }
  found.bodiesOfRequests(streams);
  const running = found.result();
  const responses = ofFetch.flatMap(([prototype, objects]) => {
    const reader = new ResponseReader(prototype);
    return objects.flatMap((response) => {
      const body = reader.unread(response);
      return body === null ? [] : [{ response, body }];
    });
  });
  return merge(running, responses);
}

/** A response of `fetch` that occupies a connection was found twice: as the connection's, and as an object. */
function merge(running: Sifted, responses: readonly { readonly response: object; readonly body: FoundBody }[]): Sifted {
  const ofConnections = running.bodies.map((body, index) => ({ body, anchor: anchors[index] }));
  const merged: { body: FoundBody; anchor: object }[] = [];
  for (const { response, body } of responses) {
    const at = ofConnections.findIndex(({ body: { client, url, status } }) => client === 'fetch' && url === body.url && status === body.status);
    if (at === -1) merged.push({ anchor: response, body });
    else {
      const [{ body: on }] = ofConnections.splice(at, 1);
      merged.push({ anchor: response, body: { ...body, method: on.method, buffered: (body.buffered ?? 0) + (on.buffered ?? 0), pinned: true } });
    }
  }
  const all = [...ofConnections, ...merged];
  anchors = all.map(({ anchor }) => anchor);
  latest = all.map(({ body }) => body);
  return { ...running, bodies: latest };
}

/**
 * Of each body of the latest sift, whether it is unread still and none of its bytes has been taken, nor has come. The
 * program may have been between two reads, or about to begin.
 */
export function still(): readonly boolean[] {
  const own = new Map(ownUnread().map(({ holder, body }) => [holder, body.buffered]));
  return anchors.map((anchor, index) => {
    const { client, buffered } = latest[index];
    if (client === 'watertight') return own.get(anchor) === buffered;
    // A request of undici whose body is not in sight, or a Response.
    if (!isReadable(anchor)) return field(anchor, 'completed') !== true && field(anchor, 'aborted') !== true;
    // undici reads the stream on behalf of a Response, until that has enough.
    return isOpen(anchor) && anchor.readableLength === buffered && (client === 'fetch' || !isBeingRead(anchor));
  });
}
