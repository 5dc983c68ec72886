/** Owns the trailer fields of a request: their names, which are announced, and their values, which are known when the body has ended. */
import { Headers, isToken, mayTrail, RequestError, show } from '../wire/index.js';
import { RequestBodyError } from './error.js';
import { messageOf } from '../tasks/index.js';

/** The value of a trailer field; null or undefined: the field is not sent. */
export type TrailerValue = string | number | null | undefined;

/** Trailer fields: each value as it is, or a function that is called when the body has ended. */
export type TrailersInit = Readonly<Record<string, TrailerValue | (() => TrailerValue | PromiseLike<TrailerValue>)>>;

/** Trailer fields, checked as far as that can be done before the body is sent. */
export class RequestTrailers {
  /** The value of the Trailer field (RFC 9110 section 6.6.2). */
  readonly names: string;
  private readonly fields: readonly (readonly [name: string, value: TrailersInit[string]])[];

  /** @throws RequestError (`ERR_INVALID_HEADER`, `ERR_INVALID_OPTION`) */
  constructor(init: TrailersInit) {
    this.fields = Object.entries(init);
    const seen = new Set<string>();
    for (const [name, value] of this.fields) {
      const lower = name.toLowerCase();
      if (!isToken(name)) throw new RequestError('ERR_INVALID_HEADER', `${show(name)} in trailers is not a field name (RFC 9110 section 5.1)`);
      if (!mayTrail(lower)) throw new RequestError('ERR_INVALID_HEADER', `${show(name)} can't be a trailer: it must be known before the body (RFC 9110 section 6.5.1); send it in headers`);
      if (seen.has(lower)) throw new RequestError('ERR_INVALID_HEADER', `trailers has ${show(name)} twice`);
      seen.add(lower);
      if (typeof value !== 'function') checkValue(name, value);
    }
    this.names = this.fields.map(([name]) => name).join(', ');
  }

  /**
   * The lines of the fields, each with its line end. Called when the body has
   * ended, and again for each further attempt.
   *
   * @returns rejects with a RequestBodyError for a function that throws, and for what it gave
   */
  async collect(): Promise<string> {
    let lines = '';
    for (const [name, value] of this.fields) {
      let given: TrailerValue;
      try {
        given = typeof value === 'function' ? await value() : value;
        checkValue(name, given);
      } catch (cause) {
        throw new RequestBodyError(`the value of the trailer ${show(name)} can't be sent: ${messageOf(cause)}`, { cause });
      }
      if (given !== null && given !== undefined) lines += `${name}: ${new Headers([[name, String(given)]]).get(name)!}\r\n`;
    }
    return lines;
  }
}

function checkValue(name: string, value: TrailerValue): void {
  if (value === null || value === undefined) return;
  if (typeof value !== 'string' && typeof value !== 'number') throw new RequestError('ERR_INVALID_HEADER', `the value of the trailer ${show(name)} is a string, or a function that returns one, not ${show(value)}`);
  // Checks its characters.
  new Headers([[name, String(value)]]);
}

/** @throws RequestError for what are no trailer fields */
export function toRequestTrailers(init: unknown): RequestTrailers | null {
  if (init === undefined || init === null) return null;
  if (init instanceof RequestTrailers) return init;
  if (typeof init !== 'object' || Symbol.iterator in init) throw new RequestError('ERR_INVALID_OPTION', `trailers is a record of names and values, or functions that return a value, not ${show(init)}`);
  const trailers = new RequestTrailers(init as TrailersInit);
  return trailers.names === '' ? null : trailers;
}
