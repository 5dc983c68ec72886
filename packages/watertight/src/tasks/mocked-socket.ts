/**
 * Owns the question whether a socket is a mock's: libraries for tests (nock, msw and whatever else stands on
 * `@mswjs/interceptors`) answer requests in the process, and nothing is connected.
 */

/** The fields of a socket by which this is decided. Every `net.Socket` has `_handle`, the object of libuv below it; null before it connects and after its end. */
interface SocketLike {
  readonly _handle?: object | null;
  readonly _readableState?: unknown;
}

/**
 * Whether a socket that a request was given is a mock's. Ask before it has ended: the end of a real socket takes its
 * handle away.
 *
 * - nock up to version 13 gives an object that is no stream.
 * - `@mswjs/interceptors` up to 0.41 (nock 14) gives a `net.Socket` without a handle, and later ones a handle whose
 *   `connect` is their own. A request that they let through gets the handle of a real socket, later.
 * - A stream of the program's own, in memory or through a tunnel, is believed to be a connection.
 */
export function isMockedSocket(socket: object): boolean {
  const { _handle: handle, _readableState: state } = socket as SocketLike;
  if (handle === undefined) return state === undefined;
  return handle === null || Object.hasOwn(handle, 'connect');
}
