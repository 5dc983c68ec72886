/**
 * Owns the shapes of values in the analysis: a response, a part through which it can still be finished, or a
 * value that tells whether it is finished.
 */

/** The client of a response or body, which decides its members. */
export type ClientName = 'fetch' | 'node-fetch' | 'undici' | 'watertight' | 'node' | 'axios';

export type ShapeKind =
  /** The response. */
  | 'response'
  /** Its body, a stream. */
  | 'body'
  /** A reader of a WHATWG stream. */
  | 'reader'
  /** An array of any of these. */
  | 'list'
  /** An entry of the result of `Promise.allSettled`. */
  | 'settled'
  /** The result `{ done, value }` of one read. */
  | 'read result'
  /** The `done` of a read result. */
  | 'done flag'
  /** The chunk of one read; null at the end. */
  | 'chunk'
  /** An AbortController, a ClientRequest or a socket, which can end the response but does not hold it. */
  | 'canceller'
  /** The error of an (error, data) callback. */
  | 'error';

export interface Shape {
  readonly kind: ShapeKind;
  readonly client: ClientName;
  /** True for a promise of the value. */
  readonly promised: boolean;
  /** The shape of a list's elements, or of a settled entry's value. */
  readonly element: Shape | null;
  /** The index in an array literal. */
  readonly index: number | null;
}

export function shape(kind: ShapeKind, client: ClientName, promised = false): Shape {
  return { kind, client, promised, element: null, index: null };
}

export function promiseOf(value: Shape): Shape {
  return value.promised ? value : { ...value, promised: true };
}

export function awaited(value: Shape): Shape {
  return value.promised ? { ...value, promised: false } : value;
}

export function listOf(element: Shape, index: number | null = null): Shape {
  return { kind: 'list', client: element.client, promised: false, element, index };
}

export function settledOf(value: Shape): Shape {
  return { kind: 'settled', client: value.client, promised: false, element: awaited(value), index: null };
}

/** Whether the response can be finished through the value. */
export function holds({ kind }: Shape): boolean {
  return kind === 'response' || kind === 'body' || kind === 'reader' || kind === 'list' || kind === 'settled';
}

/** A text that is equal for equal shapes. */
export function shapeKey({ kind, client, promised, element, index }: Shape): string {
  const of = element === null ? '' : `<${shapeKey(element)}>`;
  return `${promised ? 'promise ' : ''}${client} ${kind}${index === null ? '' : index}${of}`;
}
