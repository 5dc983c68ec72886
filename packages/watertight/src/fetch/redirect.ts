/** Owns what `fetch` does with a redirect: the Fetch standard's HTTP-redirect fetch (section 4.4). */
import { locationUrl } from '../client/index.js';
import type { Headers as Fields } from '../wire/index.js';

/** More redirects than this end the fetch. */
export const MAX_REDIRECTS = 20;

/** A redirect, and the request that got it. */
export interface RedirectFacts {
  readonly status: number;
  readonly location: string;
  /** The URL of the request, and its method. */
  readonly url: URL;
  readonly method: string;
  /** The mode of the request. */
  readonly mode: string;
  /** A copy, to be changed. */
  readonly fields: Fields;
  readonly hasBody: boolean;
  /** The body is a stream, which can't be sent again. */
  readonly isStream: boolean;
  /** How many have been followed. */
  readonly count: number;
}

/** The request that follows. */
export interface NextRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Fields;
  readonly keepBody: boolean;
}

/** Fields that describe a body. */
const BODY_FIELDS = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];

/** Fields that say who asks: they stay with their origin. */
const ORIGIN_FIELDS = ['authorization', 'proxy-authorization', 'cookie', 'host'];

/** @throws Error saying why the redirect can't be followed; it is the cause of the TypeError */
export function nextRequest(facts: RedirectFacts): NextRequest {
  const { status, fields, url: from } = facts;
  const url = resolve(facts.location, from);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error('URL scheme must be a HTTP(S) scheme');
  if (facts.count >= MAX_REDIRECTS) throw new Error('redirect count exceeded');
  const sameOrigin = url.origin === from.origin;
  // A program has no origin of its own that a URL could have as well.
  if (facts.mode === 'cors' && (url.username !== '' || url.password !== '')) throw new Error('cross origin not allowed for request mode "cors": the redirect has a user or a password');
  url.username = url.password = '';
  if (facts.mode === 'same-origin' && !sameOrigin) throw new Error('request mode cannot be "same-origin"');
  if (status !== 303 && facts.hasBody && facts.isStream) throw new Error(`the body is a stream, which can't be sent again to where a ${status} points`);
  let { method } = facts;
  let keepBody = facts.hasBody;
  if (((status === 301 || status === 302) && method === 'POST') || (status === 303 && method !== 'GET' && method !== 'HEAD')) {
    method = 'GET';
    keepBody = false;
    for (const name of BODY_FIELDS) fields.delete(name);
  }
  if (!sameOrigin) for (const name of ORIGIN_FIELDS) fields.delete(name);
  return { url, method, headers: fields, keepBody };
}

function resolve(location: string, base: URL): URL {
  try {
    return locationUrl(location, base);
  } catch {
    throw new Error('the Location of the redirect is no URL');
  }
}
