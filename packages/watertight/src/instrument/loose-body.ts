/**
 * Owns the proof for a response of undici's `request()` that the server has
 * not finished: its connection refers to the body (`handler.res`), whoever else
 * does, so the garbage collector could never tell that nobody reads it.
 *
 * So while nobody waits for it, that one reference is made a weak one. It is
 * strong again as soon as somebody asks for bytes that are not there, or
 * listens to anything: then something may depend on what the connection will
 * bring. A body that was let go of is replaced by one that takes no more, and
 * the connection stays as it was: busy.
 */
import { Readable } from 'node:stream';

interface Handler {
  res: Readable | null;
}

/** Bodies whose handler refers to them weakly. */
const loose = new WeakMap<Readable, WeakRef<Handler>>();

/** The listeners that an iterator of a stream adds, as text: what they do ends with the iterator. */
let iteratorListeners: ReadonlySet<string> | null = null;

/** Makes `handler`'s reference to the body a weak one, if nobody waits for the body. */
export function loosen(handler: Handler, body: Readable): void {
  if (loose.has(body) || handler.res !== body || !isUnheeded(body)) return;
  const weak = new WeakRef(body);
  let left: Readable | null = null;
  Object.defineProperty(handler, 'res', {
    configurable: true,
    enumerable: true,
    get: () => weak.deref() ?? (left ??= new Readable({ read: nothing }).on('error', nothing)),
    set: (value: Readable | null) => keep(handler, value),
  });
  loose.set(body, new WeakRef(handler));
}

/** Somebody waits for the body now: its handler is to hold it. */
export function tighten(body: Readable): void {
  const handler = loose.get(body)?.deref();
  if (handler === undefined) return;
  loose.delete(body);
  // It may have let go of the body by itself.
  if (handler.res === body) keep(handler, body);
}

function keep(handler: Handler, value: Readable | null): void {
  Object.defineProperty(handler, 'res', { value, writable: true, configurable: true, enumerable: true });
}

function nothing(): void {
  // What is pushed into what nobody reads waits there; what fails there fails unheard.
}

function isUnheeded(body: Readable): boolean {
  if (body.destroyed || body.readableFlowing === true) return false;
  const known = (iteratorListeners ??= listenersOfIterator());
  const iterated = body.listenerCount('readable') > 0;
  // An iterator that finds nothing waits; between two steps it does not. They can be told apart only while there are bytes.
  if (iterated && body.readableLength === 0) return false;
  return body.eventNames().every((event) => body.rawListeners(event).every((listener) => known.has(String(listener))));
}

function listenersOfIterator(): ReadonlySet<string> {
  const probe = new Readable({ read: nothing });
  const ours = probe.eventNames().length;
  // The listeners are added by the first step, which never ends.
  void probe.iterator({ destroyOnReturn: false }).next();
  if (probe.eventNames().length === ours) return new Set();
  return new Set(probe.eventNames().flatMap((event) => probe.rawListeners(event).map(String)));
}
