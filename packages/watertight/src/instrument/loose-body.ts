/**
 * Owns the proof of a leak for a response of undici's `request()` that the server has not finished. Its
 * connection refers to the body (`handler.res`) even if the program does not, so the garbage collector would
 * never collect it.
 *
 * So this reference is made weak while nobody waits for the body. It is made strong again as soon as somebody
 * reads bytes that have not come or adds a listener, because the program may then depend on later bytes. A
 * collected body is replaced by one that accepts no more bytes, so the connection stays busy.
 */
import type { Readable } from 'node:stream';
import { isOfIterator } from './iterator-listeners.js';
import { Patches, type Method, type Replacement } from './patch.js';

interface Handler {
  res: Readable | null;
}

/** Bodies whose handler refers to them weakly. */
const loose = new WeakMap<Readable, WeakRef<Handler>>();

/** The classes of these bodies, of which the methods that add listeners are observed; not before there is such a body, because a request that is read at once need not pay for it. */
let listening = new WeakSet();
const patches = new Patches();

/** Makes `handler`'s reference to the body weak, if nobody waits for the body. */
export function loosen(handler: Handler, body: Readable): void {
  if (loose.has(body) || handler.res !== body || !isUnheeded(body)) return;
  observeListening(Reflect.getPrototypeOf(body)!);
  const weak = new WeakRef(body);
  let left: Readable | null = null;
  Object.defineProperty(handler, 'res', {
    configurable: true,
    enumerable: true,
    get: () => weak.deref() ?? (left ??= unread().on('error', nothing)),
    set: (value: Readable | null) => keep(handler, value),
  });
  loose.set(body, new WeakRef(handler));
}

/** Makes the reference strong again, because somebody waits for the body now. */
export function tighten(body: Readable): void {
  const handler = loose.get(body)?.deref();
  if (handler === undefined) return;
  loose.delete(body);
  // The handler may have dropped the body by itself.
  if (handler.res === body) keep(handler, body);
}

/** Ends the observation of listeners. */
export function endLoosening(): void {
  patches.undo();
  listening = new WeakSet();
}

function observeListening(bodyClass: object): void {
  if (listening.has(bodyClass)) return;
  listening.add(bodyClass);
  for (const name of ['on', 'prependListener', 'prependOnceListener']) patches.replace(bodyClass, name, observedListening);
}

/** A listener may wait for bytes that have not come yet. */
function observedListening(original: Method): Replacement {
  return function (this: Readable, event: unknown, listener: unknown): unknown {
    tighten(this);
    return original.call(this, event, listener);
  };
}

function keep(handler: Handler, value: Readable | null): void {
  Object.defineProperty(handler, 'res', { value, writable: true, configurable: true, enumerable: true });
}

function unread(): Readable {
  // Loaded by now; an import would load it before the program does.
  const { Readable } = process.getBuiltinModule('node:stream');
  return new Readable({ read: nothing });
}

function nothing(): void {
  // Pushed bytes stay in the buffer, and errors are ignored, because nobody reads the replacement.
}

function isUnheeded(body: Readable): boolean {
  if (body.destroyed || body.readableFlowing === true) return false;
  const iterated = body.listenerCount('readable') > 0;
  // An iterator waits if the buffer is empty, and does not wait between two steps. The two cases can be told apart
  // only while the buffer has bytes.
  if (iterated && body.readableLength === 0) return false;
  return body.eventNames().every((event) => body.rawListeners(event).every(isOfIterator));
}
