/** Owns what the platform has of the Fetch standard: its classes, and its own `fetch` for what does not go over a connection of ours. */

interface Platform {
  fetch: typeof globalThis.fetch | undefined;
  Request: typeof globalThis.Request | undefined;
  Response: typeof globalThis.Response | undefined;
  Headers: typeof globalThis.Headers | undefined;
}

/**
 * `fetch` is as it was when the library was loaded: a program may put ours, or a
 * mock, in its place. The classes are as they are when the first is needed: reading
 * one, even its descriptor, makes Node load its undici, which takes 40 ms and puts an
 * Agent in the place of the global dispatcher, if the program has not.
 */
export const platform: Platform = {
  fetch: globalThis.fetch,
  get Request() {
    return keep('Request');
  },
  get Response() {
    return keep('Response');
  },
  get Headers() {
    return keep('Headers');
  },
};

function keep<K extends keyof Platform>(name: K): Platform[K] {
  const value = (globalThis as Platform)[name];
  Object.defineProperty(platform, name, { value });
  return value;
}

export type Input = Parameters<typeof globalThis.fetch>[0];
export type Init = NonNullable<Parameters<typeof globalThis.fetch>[1]>;

/** A Request of the platform, whatever the version of its class. */
export function isRequest(value: unknown): value is Request {
  return typeof value === 'object' && value !== null && ((platform.Request !== undefined && value instanceof platform.Request) || (typeof globalThis.Request === 'function' && value instanceof globalThis.Request));
}
