/** Owns what is known of a Node stream that is a request's body: it may have ended already, with or without bytes left, and then its length is known. */
import type { RequestBody } from '../conn/index.js';

interface State {
  readonly ended?: unknown;
  readonly objectMode?: unknown;
  readonly length?: unknown;
}

/** Bytes that are left in a stream whose end has come; null if more may come. */
function bytesLeft(stream: unknown): number | null {
  const { pipe, _readableState: state } = Object(stream) as { pipe?: unknown; _readableState?: State };
  if (typeof pipe !== 'function' || state?.ended !== true || state.objectMode === true) return null;
  return typeof state.length === 'number' && Number.isFinite(state.length) ? state.length : null;
}

/** It was read to its end before, such as by a parser of bodies: then it is no body, as for undici. One that is empty and whose end nobody has seen is read to its end, which closes it. */
export function isOver(stream: unknown): boolean {
  return bytesLeft(stream) === 0 && (stream as { readableEnded?: unknown }).readableEnded !== false;
}

/**
 * Lets the request look once more when the code that makes it has returned: a
 * server passes a request on before it has seen the end of it, and a stream may be
 * written and ended in the same turn. If the end is known then, so is the length,
 * and the body is not sent in chunks. `checkLength` may throw what the request is to fail with.
 */
export function measureEnd(body: RequestBody, stream: unknown, checkLength: (length: number) => void): void {
  const { pipe, read } = Object(stream) as { pipe?: unknown; read?: unknown };
  if (body.length !== null || body.measure !== undefined || typeof pipe !== 'function' || typeof read !== 'function') return;
  const measured = body as { -readonly [Name in keyof RequestBody]: RequestBody[Name] };
  measured.measure = async () => {
    measured.measure = undefined;
    await Promise.resolve();
    // It reads nothing, but makes the stream find out that there is nothing.
    (stream as { read(size: number): unknown }).read(0);
    const length = bytesLeft(stream);
    if (length !== null) checkLength(length);
    measured.length = length;
  };
}
