/** Owns the decision where a response's body ends (RFC 9112 section 6.3), as a pure function. */
import { ProtocolError } from './error.js';
import { orBeLenient } from './leniency.js';

/** The parts of a head that decide where its body ends. */
export interface FramingFields {
  readonly minor: number;
  readonly status: number;
  /** -1 where there is none. */
  readonly contentLength: number;
  readonly chunked: boolean;
}

/**
 * - `none`: the message ends with its head
 * - `length`: Content-Length bytes follow
 * - `chunked`: chunks follow
 * - `close`: the body ends with the connection
 * - `tunnel`: the bytes behind the head are no HTTP (RFC 9110 sections 7.8 and 9.3.6)
 */
export type Framing = 'none' | 'length' | 'chunked' | 'close' | 'tunnel';

/**
 * How the end of the body of a final response to `method` is found.
 *
 * @param http10Chunked HTTP/1.0 may carry a transfer coding, too
 * @throws ProtocolError where a length and a transfer coding contradict each
 * other, or HTTP/1.0 carries a transfer coding (RFC 9112 section 6.1: faulty).
 */
export function framingOf(method: string, head: FramingFields, http10Chunked = false): Framing {
  // RFC 9110 section 9.3.6: what a successful answer to CONNECT says of a length has no meaning.
  if (head.status === 101 || (method === 'CONNECT' && head.status < 300)) return 'tunnel';
  if (head.chunked) {
    if (head.contentLength !== -1) throw new ProtocolError('ERR_TRANSFER_ENCODING', 'the response has both Transfer-Encoding and Content-Length (RFC 9112 section 6.1); the server is faulty or somebody is smuggling');
    if (head.minor === 0 && !http10Chunked) throw new ProtocolError('ERR_TRANSFER_ENCODING', `the response is HTTP/1.0 and has a Transfer-Encoding (RFC 9112 section 6.1); the server is faulty${orBeLenient('http-1.0-chunked')}`);
  }
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return 'none';
  if (head.chunked) return 'chunked';
  if (head.contentLength === -1) return 'close';
  return head.contentLength === 0 ? 'none' : 'length';
}

/** Whether the connection may serve another request by what the response's head says (RFC 9112 section 9.3). */
export function isPersistent(head: { readonly minor: number; readonly close: boolean; readonly keepAlive: boolean }): boolean {
  return !head.close && (head.minor === 1 || head.keepAlive);
}
