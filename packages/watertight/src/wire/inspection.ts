/** Owns how `console.log` shows the library's objects: their public properties, without credentials. */

/** Node's `util.inspect.custom`, without importing Node. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The function that Node passes to such a method. */
export type Inspect = (value: unknown, options?: object) => string;

/** Fields whose values are secrets. */
const SECRET = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** `Name { … }` with these properties. */
export function inspectAs(name: string, properties: object, options: object, inspect: Inspect): string {
  return `${name} ${inspect(properties, options)}`;
}

/** A field's value as it may be shown. */
export function shownValue(lower: string, value: string): string {
  return SECRET.has(lower) ? '***' : value;
}
