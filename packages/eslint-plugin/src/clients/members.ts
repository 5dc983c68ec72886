/**
 * Owns the table of what each member of a response, a body or a reader does to it. A member that is not in
 * the table counts as finishing it, because a false alarm costs more than a missed leak.
 */
import { shape, type ClientName, type Shape } from './shape.js';

export type MemberUse =
  /** The member only reads something about it. */
  | { readonly kind: 'look' }
  /** The property is a part of the response. */
  | { readonly kind: 'gives'; readonly shape: Shape }
  /** The call returns a part of the response. */
  | { readonly kind: 'makes'; readonly shape: Shape }
  /** The call returns the same object. */
  | { readonly kind: 'same' }
  /** The call adds an event listener; the event decides. */
  | { readonly kind: 'listen' }
  /** The call reads a part. */
  | { readonly kind: 'part'; readonly shape: Shape | null }
  /** The call finishes the response. */
  | { readonly kind: 'finish' }
  /** The effect is unknown. */
  | { readonly kind: 'unknown' };

const LOOK: MemberUse = { kind: 'look' };
const SAME: MemberUse = { kind: 'same' };
const LISTEN: MemberUse = { kind: 'listen' };
const FINISH: MemberUse = { kind: 'finish' };
const UNKNOWN: MemberUse = { kind: 'unknown' };

type Table = ReadonlyMap<string, MemberUse>;

function table(entries: { look?: string; same?: string; listen?: string; finish?: string; others?: Record<string, MemberUse> }): Table {
  const all = new Map<string, MemberUse>(Object.entries(entries.others ?? {}));
  const add = (names: string | undefined, use: MemberUse): void => {
    for (const name of names?.split(' ') ?? []) all.set(name, use);
  };
  add(entries.look, LOOK);
  add(entries.same, SAME);
  add(entries.listen, LISTEN);
  add(entries.finish, FINISH);
  return all;
}

const WEB_STREAM = table({
  look: 'locked',
  finish: 'cancel pipeTo pipeThrough tee @@asyncIterator',
  others: { getReader: { kind: 'makes', shape: shape('reader', 'fetch') } },
});

const READER = table({
  look: 'releaseLock closed',
  finish: 'cancel',
  others: { read: { kind: 'part', shape: shape('read result', 'fetch', true) } },
});

const NODE_LOOKS =
  'readable readableAborted readableDidRead readableEncoding readableEnded readableFlowing readableHighWaterMark readableLength ' +
  'readableObjectMode destroyed errored closed complete aborted isPaused listenerCount listeners rawListeners eventNames emit unshift ' +
  'off removeListener removeAllListeners setMaxListeners getMaxListeners statusCode statusMessage headers headersDistinct rawHeaders ' +
  'trailers trailersDistinct rawTrailers httpVersion httpVersionMajor httpVersionMinor url method';

/** `pause` does not finish it; `read()` may return null before the end, so its result tells nothing. */
const NODE_STREAM = table({
  look: NODE_LOOKS,
  same: 'setEncoding pause setTimeout',
  listen: 'on once addListener prependListener prependOnceListener',
  finish: 'destroy resume pipe text json bytes arrayBuffer blob formData dump @@asyncIterator @@asyncDispose iterator toArray forEach',
  others: {
    read: { kind: 'part', shape: null },
    socket: { kind: 'gives', shape: shape('canceller', 'node') },
    connection: { kind: 'gives', shape: shape('canceller', 'node') },
    req: { kind: 'gives', shape: shape('canceller', 'node') },
  },
});

const UNDICI_BODY: Table = new Map<string, MemberUse>([
  ...NODE_STREAM,
  ['bodyUsed', LOOK],
  ['body', { kind: 'gives', shape: shape('body', 'fetch') }],
]);

const WATERTIGHT_BODY = table({
  look: 'state',
  finish: 'close readAll drain @@asyncIterator @@asyncDispose',
  others: {
    read: { kind: 'part', shape: shape('chunk', 'watertight', true) },
    toReadableStream: { kind: 'makes', shape: shape('body', 'fetch') },
    toReadable: { kind: 'makes', shape: shape('body', 'node') },
  },
});

const RESPONSES: Readonly<Record<ClientName, Table>> = {
  fetch: table({
    look: 'status ok headers url redirected statusText type bodyUsed',
    finish: 'text json bytes arrayBuffer blob formData textConverted buffer',
    // Reading a clone to its end also takes the original's bytes from the connection.
    others: { body: { kind: 'gives', shape: shape('body', 'fetch') }, clone: { kind: 'makes', shape: shape('response', 'fetch') } },
  }),
  // Its body is a stream of Node.
  'node-fetch': table({
    look: 'status ok headers url redirected statusText type bodyUsed size timeout',
    finish: 'text json bytes arrayBuffer blob formData textConverted buffer',
    others: { body: { kind: 'gives', shape: shape('body', 'node') }, clone: { kind: 'makes', shape: shape('response', 'node-fetch') } },
  }),
  undici: table({
    look: 'statusCode statusText headers trailers opaque context',
    others: { body: { kind: 'gives', shape: shape('body', 'undici') } },
  }),
  watertight: table({
    look: 'status statusText proto headers trailers contentLength uncompressed request tls ok url',
    finish: 'text json bytes arrayBuffer saveTo close @@asyncDispose',
    others: { body: { kind: 'gives', shape: shape('body', 'watertight') } },
  }),
  node: NODE_STREAM,
  axios: table({
    look: 'status statusText headers config request',
    others: { data: { kind: 'gives', shape: shape('body', 'node') } },
  }),
};

const BODIES: Readonly<Record<ClientName, Table>> = {
  fetch: WEB_STREAM,
  'node-fetch': NODE_STREAM,
  undici: UNDICI_BODY,
  watertight: WATERTIGHT_BODY,
  node: NODE_STREAM,
  axios: NODE_STREAM,
};

const CANCELLER = table({ finish: 'abort destroy destroySoon' });
const READ_RESULT = table({ look: 'value', others: { done: { kind: 'gives', shape: shape('done flag', 'fetch') } } });
const SETTLED = table({ look: 'status reason' });

/** What the member does; `name` is null if the code does not contain the member's name. */
export function memberUse(of: Shape, name: string | null): MemberUse {
  if (name === null) return of.kind === 'canceller' || of.kind === 'chunk' ? LOOK : UNKNOWN;
  switch (of.kind) {
    case 'response':
      return RESPONSES[of.client].get(name) ?? UNKNOWN;
    case 'body':
      return BODIES[of.client].get(name) ?? UNKNOWN;
    case 'reader':
      return READER.get(name) ?? UNKNOWN;
    case 'read result':
      return READ_RESULT.get(name) ?? LOOK;
    case 'canceller':
      return CANCELLER.get(name) ?? LOOK;
    case 'settled':
      if (name === 'value' && of.element !== null) return { kind: 'gives', shape: of.element };
      return SETTLED.get(name) ?? UNKNOWN;
    case 'record':
      return name === of.field && of.element !== null ? { kind: 'gives', shape: of.element } : LOOK;
    case 'list':
      return UNKNOWN; // the value flow knows arrays
    case 'sibling':
    case 'done flag':
    case 'chunk':
    case 'error':
      return LOOK;
  }
}

/** Whether a listener for this event makes a Node stream flow; other listeners only wait. */
export function startsFlow(event: string | null): boolean {
  return event === null || event === 'data' || event === 'readable';
}
