/** Owns what the platform has of the Fetch standard: its classes, and its own `fetch` for what does not go over a connection of ours. */

/** As they were when the library was loaded: a program may put ours, or a mock, in the place of the global `fetch`. */
export const platform = {
  fetch: globalThis.fetch as typeof globalThis.fetch | undefined,
  Request: globalThis.Request as typeof globalThis.Request | undefined,
  Response: globalThis.Response as typeof globalThis.Response | undefined,
  Headers: globalThis.Headers as typeof globalThis.Headers | undefined,
};

export type Input = Parameters<typeof globalThis.fetch>[0];
export type Init = NonNullable<Parameters<typeof globalThis.fetch>[1]>;

/** A Request of the platform, whatever the version of its class. */
export function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && ((platform.Request !== undefined && value instanceof platform.Request) || (typeof globalThis.Request === 'function' && value instanceof globalThis.Request));
}
