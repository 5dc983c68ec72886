/** Owns the writing of a request's head, and the checks of its method and of the fields that the program must not set. */
import { RequestError, show, withoutUser } from './error.js';
import { isToken, type Headers } from './headers.js';

/** How the server finds the end of the request's body: there is none, it has that many bytes, or it comes in chunks. */
export type RequestFraming = 'none' | number | 'chunked';

/** The parts of a request's head. */
export interface RequestHead {
  readonly method: string;
  /** Path and query, as the URL standard writes them: visible ASCII. */
  readonly target: string;
  /** Host and port as the URL has them, for the Host field. */
  readonly host: string;
  readonly headers: Headers | null;
  readonly framing: RequestFraming;
  /** Sends `Connection: close`. */
  readonly close: boolean;
  /** The Accept-Encoding, unless the program's headers have one; '' for none. */
  readonly acceptEncoding: string;
  /**
   * The head is read by a proxy, with these credentials or, if they are null, with the program's own. Without it,
   * Proxy-Authorization is left out: it is for the next proxy alone (RFC 9110 section 11.7.2), and an origin that
   * learns it can use it.
   */
  readonly toProxy?: { readonly authorization: string | null } | null;
  /** The protocols that the server may switch to. */
  readonly upgrade?: string | null;
  /** The names of the trailer fields that follow the body. */
  readonly trailers?: string | null;
  /** As undici writes it: without a User-Agent of the library's own, and with `Connection: keep-alive` where it is not to be closed. Default: false. */
  readonly likeUndici?: boolean;
}

export const USER_AGENT = 'watertight/0.1';

/** Fields that say where the message ends or what becomes of the connection, or are for a proxy alone: the library writes them, some by what the program's say. */
const RESERVED = new Set(['proxy-authorization', 'transfer-encoding', 'content-length', 'host', 'connection', 'keep-alive', 'proxy-connection', 'upgrade', 'http2-settings', 'trailer']);

/**
 * The head as one string, one character a byte. Its parts were checked when they
 * were made (`Request`, `Headers`): no CR, LF or NUL of the program's can be in it.
 */
export function encodeRequestHead(head: RequestHead): string {
  const { method, target, headers, framing, toProxy = null } = head;
  let text = `${method} ${target} HTTP/1.1\r\nHost: ${headers === null ? head.host : hostOf(headers, head.host)}\r\n`;
  const { close, likeUndici = false } = head;
  if (likeUndici) text += head.upgrade ? `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n` : `connection: ${close || method === 'CONNECT' ? 'close' : 'keep-alive'}\r\n`;
  let agent = !likeUndici;
  let { acceptEncoding } = head;
  let fields = '';
  const credentials = toProxy === null ? null : (toProxy.authorization ?? headers?.get('proxy-authorization') ?? null);
  if (headers !== null) {
    for (const [name, value] of headers.raw) {
      const lower = name.toLowerCase();
      if (lower === 'user-agent') {
        agent = false;
        // Go: an empty one is none.
        if (value === '' && !likeUndici) continue;
      }
      else if (lower === 'accept-encoding') acceptEncoding = '';
      else if (RESERVED.has(lower)) continue;
      fields += `${name}: ${value}\r\n`;
    }
  }
  if (agent) text += `User-Agent: ${USER_AGENT}\r\n`;
  if (credentials !== null) text += `Proxy-Authorization: ${credentials}\r\n`;
  text += fields;
  if (framing === 'chunked') {
    text += 'Transfer-Encoding: chunked\r\n';
    // Go: a body of known length is not chunked, and has no trailers.
    if (head.trailers) text += `Trailer: ${head.trailers}\r\n`;
  }
  else if (framing !== 'none') text += `Content-Length: ${framing}\r\n`;
  // RFC 9110 section 8.6: a method that expects content says 0 where there is none.
  else if (method === 'POST' || method === 'PUT' || method === 'PATCH') text += 'Content-Length: 0\r\n';
  if (acceptEncoding !== '') text += `Accept-Encoding: ${acceptEncoding}\r\n`;
  if (head.upgrade && !likeUndici) text += `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  if (close && !likeUndici) text += 'Connection: close\r\n';
  return `${text}\r\n`;
}

/** What the program's fields say of the message and the connection. */
export interface ReservedFields {
  readonly close: boolean;
  readonly declaredLength: number | null;
  /** The protocols of Upgrade; null where there are none. */
  readonly upgrade: string | null;
}

/** `name` or `name/version`, and several of them (RFC 9110 section 7.8). */
const PROTOCOLS = /^[\w!#$%&'*+\-.^`|~]+(?:\/[\w!#$%&'*+\-.^`|~]+)?(?:[ \t]*,[ \t]*[\w!#$%&'*+\-.^`|~]+(?:\/[\w!#$%&'*+\-.^`|~]+)?)*$/;

/** @throws RequestError unless `method` is a token that we can send. */
export function checkMethod(method: unknown): asserts method is string {
  if (typeof method !== 'string' || !isToken(method)) throw new RequestError('ERR_INVALID_METHOD', `${show(method)} is not a method: a method is a token such as GET (RFC 9110 section 9.1)`);
}

/**
 * Checks the fields that the program must not set, and says whether it asks for
 * the connection to be closed, which Content-Length it declares, and which
 * protocols it wants to switch to.
 *
 * @param length bytes of the body, null where it is not known beforehand
 * @throws RequestError for a field that contradicts the body or would change the framing.
 */
export function checkReserved(headers: Headers, length: number | null): ReservedFields {
  let close = false;
  let upgrade: string | null = null;
  let upgradeOption = false;
  let declaredLength: number | null = null;
  let hosts = 0;
  for (const [name, value] of headers.raw) {
    switch (name.toLowerCase()) {
      case 'transfer-encoding':
      case 'http2-settings':
      case 'trailer':
      case 'keep-alive':
      case 'proxy-connection':
        throw new RequestError('ERR_INVALID_HEADER', `the header ${name} frames the message or the connection and is not the caller's to set; leave it out`);
      case 'connection':
        for (const option of value.split(',')) {
          const word = option.trim().toLowerCase();
          if (word === 'close') close = true;
          else if (word === 'upgrade') upgradeOption = true;
          else if (word !== 'keep-alive' && word !== '') throw new RequestError('ERR_INVALID_HEADER', `the header Connection may say close, keep-alive or upgrade, not ${show(word)}`);
        }
        break;
      case 'upgrade':
        if (!PROTOCOLS.test(value)) throw new RequestError('ERR_INVALID_HEADER', `the header Upgrade names protocols, such as websocket, not ${show(value)} (RFC 9110 section 7.8)`);
        upgrade = upgrade === null ? value : `${upgrade}, ${value}`;
        break;
      case 'content-length':
        if (!/^\d{1,15}$/.test(value) || (declaredLength !== null && declaredLength !== Number(value))) throw new RequestError('ERR_INVALID_HEADER', `the Content-Length ${show(value)} is not one decimal number; leave the header out, the body's length is known or it is sent in chunks`);
        declaredLength = Number(value);
        if (length !== null && length !== declaredLength) throw new RequestError('ERR_INVALID_HEADER', `Content-Length says ${declaredLength}, the body has ${length} bytes; leave the header out`);
        break;
      case 'host':
        if (++hosts > 1) throw new RequestError('ERR_INVALID_HEADER', 'there is more than one Host header');
        if (!/^[A-Za-z0-9\-._~%!$&'()*+,;=:[\]]+$/.test(value)) throw new RequestError('ERR_INVALID_HEADER', `the Host header ${show(withoutUser(value))} is not a host with an optional port (RFC 9112 section 3.2)`);
        break;
    }
  }
  if (upgradeOption && upgrade === null) throw new RequestError('ERR_INVALID_HEADER', 'the header Connection says upgrade, and there is no header Upgrade with the protocol (RFC 9110 section 7.8)');
  if (!upgradeOption && upgrade !== null) throw new RequestError('ERR_INVALID_HEADER', `the header Upgrade says ${show(upgrade)}, and the header Connection does not say upgrade (RFC 9110 section 7.8)`);
  return { close, declaredLength, upgrade };
}

function hostOf(headers: Headers, host: string): string {
  return headers.get('host') ?? host;
}
