/**
 * Owns what a value is to the analysis: a response, a part of one through which it can still be
 * finished, or something that tells whether it is.
 */

/** Whose response or body it is: that decides its members. */
export type ClientName = 'fetch' | 'undici' | 'watertight' | 'node' | 'axios';

export type ShapeKind =
  /** The response. */
  | 'response'
  /** Its body, a stream. */
  | 'body'
  /** A reader of a WHATWG stream. */
  | 'reader'
  /** An array of any of these. */
  | 'list'
  /** An entry of what `Promise.allSettled` gives. */
  | 'settled'
  /** `{ done, value }` of one read. */
  | 'read result'
  /** Its `done`. */
  | 'done flag'
  /** What one read gave: null at the end. */
  | 'chunk'
  /** An AbortController, a ClientRequest, a socket: ends the response, does not hold it. */
  | 'canceller'
  /** The error of an (error, data) callback. */
  | 'error';

export interface Shape {
  readonly kind: ShapeKind;
  readonly client: ClientName;
  /** A promise of it. */
  readonly promised: boolean;
  /** A list's elements, a settled entry's value. */
  readonly element: Shape | null;
  /** Which element of a literal array it is. */
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

/** Can the response be finished through it? */
export function holds({ kind }: Shape): boolean {
  return kind === 'response' || kind === 'body' || kind === 'reader' || kind === 'list' || kind === 'settled';
}

/** The same text for the same shape. */
export function shapeKey({ kind, client, promised, element, index }: Shape): string {
  const of = element === null ? '' : `<${shapeKey(element)}>`;
  return `${promised ? 'promise ' : ''}${client} ${kind}${index === null ? '' : index}${of}`;
}
