/** Owns the two forms in which a program hands over a request: made already, or as its URL and options. */
import { Request, type RequestInit } from '../conn/index.js';
import { RequestError, show } from '../wire/index.js';

/** A request, or its URL and options as a plain object. */
export type RequestLike = Request | (RequestInit & { readonly url: string | URL });

/** @throws RequestError for what can't be sent. */
export function toRequest(given: RequestLike): Request {
  if (given instanceof Request) return given;
  if (typeof given !== 'object' || given === null) throw new RequestError('ERR_INVALID_OPTION', `a request is a Request, or an object with a url and options, not ${show(given)}`);
  return new Request(given.url, given);
}
