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
  /** An object that has any of these as a property. */
  | 'record'
  /** Another property of such an object, which may tell whether the response is there. */
  | 'sibling'
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

/** A value that a path knows. */
export type Constant = boolean | number | string | null | undefined;

/**
 * What is known of another property of a record, or of another element of a tuple: its value; or that it tells
 * nothing about the response (`free`); or nothing.
 */
export type Sibling = { readonly kind: 'value'; readonly value: Constant } | { readonly kind: 'free' } | { readonly kind: 'unknown' };

export interface Siblings {
  readonly known: ReadonlyMap<string, Sibling>;
  /** Those that are not written out. */
  readonly others: Sibling;
}

export interface Shape {
  readonly kind: ShapeKind;
  readonly client: ClientName;
  /** True for a promise of the value. */
  readonly promised: boolean;
  /** The shape of a list's elements, of a record's property, or of a settled entry's value. */
  readonly element: Shape | null;
  /** The index in an array literal. */
  readonly index: number | null;
  /** The name of a record's property. */
  readonly field: string | null;
  /** The rest of a record or tuple. */
  readonly siblings: Siblings | null;
}

export function shape(kind: ShapeKind, client: ClientName, promised = false): Shape {
  return { kind, client, promised, element: null, index: null, field: null, siblings: null };
}

export function promiseOf(value: Shape): Shape {
  return value.promised ? value : { ...value, promised: true };
}

export function awaited(value: Shape): Shape {
  return value.promised ? { ...value, promised: false } : value;
}

export function listOf(element: Shape, index: number | null = null, siblings: Siblings | null = null): Shape {
  return { ...shape('list', element.client), element, index, siblings };
}

export function settledOf(value: Shape): Shape {
  return { ...shape('settled', value.client), element: awaited(value) };
}

export function recordOf(element: Shape, field: string, siblings: Siblings): Shape {
  return { ...shape('record', element.client), element, field, siblings };
}

/** The shape of such a value when it is alone. */
export function asSibling(client: ClientName, sibling: Sibling): Shape {
  return { ...shape('sibling', client), siblings: { known: new Map(), others: sibling } };
}

/** What is known of the property `name` of a record, or of an element of a tuple, that is not the response. */
export function siblingOf({ siblings }: Shape, name: string): Sibling {
  return siblings === null ? { kind: 'unknown' } : (siblings.known.get(name) ?? siblings.others);
}

/** Whether the response can be finished through the value. */
export function holds({ kind }: Shape): boolean {
  return kind === 'response' || kind === 'body' || kind === 'reader' || kind === 'list' || kind === 'record' || kind === 'settled';
}

/** A text that is equal for equal shapes. */
export function shapeKey({ kind, client, promised, element, index, field, siblings }: Shape): string {
  const of = element === null ? '' : `<${shapeKey(element)}>`;
  return `${promised ? 'promise ' : ''}${client} ${kind}${index ?? ''}${field ?? ''}${siblings === null ? '' : keyOf(siblings)}${of}`;
}

function keyOf({ known, others }: Siblings): string {
  const text = (sibling: Sibling): string => (sibling.kind === 'value' ? JSON.stringify(sibling.value ?? String(sibling.value)) : sibling.kind);
  return `{${[...known].map(([name, sibling]) => `${name}:${text(sibling)}`).join()};${text(others)}}`;
}
