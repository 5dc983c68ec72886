/** Owns the header fields of undici's `dispatch`: their forms, and what the dispatcher takes out of them. */
import type { DispatchErrors } from './dispatch-error.js';

/** The fields of a request. */
export interface DispatchFields {
  /** Those to send, in their order. */
  readonly pairs: [name: string, value: string][];
  readonly host: string | null;
  /** The Content-Length that the program gives. */
  readonly contentLength: number | null;
  /** `Connection: close` is among them. */
  readonly close: boolean;
}

/** They belong to one connection, of which the dispatcher decides, or announce trailers, of which there are none: left out, so that a program may pass on what it has received. */
const LEFT_OUT = new Set(['proxy-connection', 'http2-settings', 'trailer']);

/** They frame the message. */
const REFUSED = new Set(['transfer-encoding', 'keep-alive', 'upgrade']);

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * Names and values in turn, pairs, or a record, whose values may be lists. Undefined values are left out, null is empty.
 *
 * @throws InvalidArgumentError of undici, NotSupportedError of undici for Expect
 */
export function fieldsOf(given: unknown, errors: DispatchErrors): DispatchFields {
  const fields = new FieldReader(errors);
  if (given === undefined || given === null) return fields;
  if (typeof given !== 'object') throw new errors.InvalidArgumentError('headers must be an object or an array');
  if (Array.isArray(given) && !given.every((each) => Array.isArray(each))) {
    if (given.length % 2 !== 0) throw new errors.InvalidArgumentError('headers array must be even');
    for (let i = 0; i < given.length; i += 2) fields.add(given[i], given[i + 1]);
  } else if (isIterable(given)) {
    for (const pair of given) {
      if (!Array.isArray(pair) || pair.length !== 2) throw new errors.InvalidArgumentError('headers must be in key-value pair format');
      fields.add(pair[0], pair[1]);
    }
  } else for (const name of Object.keys(given)) fields.add(name, (given as Record<string, unknown>)[name]);
  return fields;
}

/** An iterator that a polluted Object.prototype has does not count. */
function isIterable(value: object): value is Iterable<unknown> {
  const iterate = (value as Partial<Iterable<unknown>>)[Symbol.iterator];
  return typeof iterate === 'function' && iterate !== (Object.prototype as Partial<Iterable<unknown>>)[Symbol.iterator];
}

class FieldReader implements DispatchFields {
  readonly pairs: [string, string][] = [];
  host: string | null = null;
  contentLength: number | null = null;
  close = false;

  constructor(private readonly errors: DispatchErrors) {}

  add(name: unknown, given: unknown): void {
    if (given === undefined) return;
    if (typeof name !== 'string') this.refuse('a header\'s name is a string');
    const lower = name.toLowerCase();
    if (LEFT_OUT.has(lower)) return;
    if (REFUSED.has(lower)) this.refuse(`invalid ${lower} header`);
    if (lower === 'expect') throw new this.errors.NotSupportedError('expect header not supported');
    if (lower === 'connection') this.readConnection(this.single(name, given));
    else if (lower === 'content-length') this.readLength(this.single(name, given));
    else if (lower === 'host') {
      if (this.host !== null) this.refuse('duplicate host header');
      this.host = this.single(name, given);
      this.pairs.push([name, this.host]);
    } else if (Array.isArray(given)) for (const each of given as unknown[]) this.pairs.push([name, this.text(name, each)]);
    else this.pairs.push([name, this.text(name, given)]);
  }

  /** Options of one connection: all but `close` are for whoever sent them on. */
  private readConnection(value: string): void {
    for (const option of value.split(',')) {
      if (!TOKEN.test(option.trim())) this.refuse('invalid connection header');
      if (option.trim().toLowerCase() === 'close') this.close = true;
    }
  }

  private readLength(value: string): void {
    if (this.contentLength !== null) this.refuse('duplicate content-length header');
    if (!/^\d+$/.test(value)) this.refuse('invalid content-length header');
    this.contentLength = Number(value);
  }

  private single(name: string, given: unknown): string {
    if (Array.isArray(given)) this.refuse(`invalid ${name} header`);
    return this.text(name, given);
  }

  private text(name: string, given: unknown): string {
    const value = given as string | number | boolean | object | null;
    if (value === null) return '';
    if (typeof value === 'object') this.refuse(`invalid ${name} header`);
    return String(value);
  }

  private refuse(message: string): never {
    throw new this.errors.InvalidArgumentError(message);
  }
}
