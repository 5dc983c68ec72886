/** Owns what a look finds in the program, as plain data that goes over the inspector, and the reading of properties that must not run the program's code. */

/** One response whose body nobody has read to its end. */
export interface FoundBody {
  readonly client: 'watertight' | 'undici' | 'fetch' | 'node:http';
  readonly method: string;
  /** Without credentials, query values replaced by `*`; `''` if the runtime does not know it any more. */
  readonly url: string;
  /** 0 if the runtime does not know it any more. */
  readonly status: number;
  /** Bytes of the body that wait in memory for a reader; null if the runtime does not tell. */
  readonly buffered: number | null;
  /** Milliseconds since the response, or its request, began; null if the runtime does not tell. */
  readonly age: number | null;
  /** Whether its connection can serve nobody else until it is read. */
  readonly pinned: boolean;
}

/** Connections of one agent or pool, and what it queues. */
export interface FoundPool {
  readonly kind: 'node:http' | 'undici' | 'watertight';
  /** Scheme, host and port, or the agent's own key. */
  readonly origin: string;
  readonly connections: number;
  readonly idle: number;
  /** Requests that have no connection yet. */
  readonly queued: number;
}

/** The value of an own property with this name or, for a symbol, this description; accessors are not called. */
export function field(object: unknown, name: string): unknown {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return undefined;
  const own = Object.getOwnPropertyDescriptor(object, name);
  if (own !== undefined) return own.value;
  for (const key of Object.getOwnPropertySymbols(object)) {
    if (key.description === name) return Object.getOwnPropertyDescriptor(object, key)?.value;
  }
  return undefined;
}

/** Whether the object has an own symbol with this description. */
export function hasSymbol(object: object, description: string): boolean {
  return Object.getOwnPropertySymbols(object).some((key) => key.description === description);
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

const MAX_SHOWN = 2000;

/** The URL of a request for `path` at `base`, without user, password, fragment and query values. */
export function shownUrl(base: string, path = ''): string {
  const absolute = /^[a-z][\w+.-]*:\/\//i.test(path) ? path : base + path;
  const plain = absolute.replace(/^([\w+.-]+:\/\/)[^/?#]*@/, '$1').replace(/#.*/s, '');
  const query = plain.indexOf('?');
  const shown = query === -1 ? plain : `${plain.slice(0, query)}?${plain.slice(query + 1).replace(/=[^&]*/g, '=*')}`;
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
