/** Owns the decision which content codings of a response are undone. */
import { Headers, ProtocolError, show, type HeadScanner, type ResponseReader } from '../wire/index.js';
import { codingsOf, MAX_CODINGS, type Coding, type CodingName } from '../coding/index.js';
import type { Decoding } from './request.js';

const NONE: readonly Coding[] = [];
const GZIP = codingsOf('gzip')!;

/** What must be known of a message. */
export interface CodedMessage {
  readonly scanner: Pick<HeadScanner, 'codings' | 'gzip' | 'text' | 'fieldsAt'>;
  readonly framing: ResponseReader['framing'];
}

/**
 * The codings in the order in which they are undone: those that the transport
 * offered, or all, where the request wants that.
 *
 * @param offered what the transport offered for this request; null for nothing
 * @throws ProtocolError for more than five
 */
export function undoneCodings({ scanner, framing }: CodedMessage, offered: readonly CodingName[] | null, decoding: Decoding): readonly Coding[] {
  if (scanner.codings === 0 || framing === 'none' || framing === 'tunnel') return NONE;
  if (offered !== null) {
    if (scanner.gzip && offered.includes('gzip')) return GZIP;
  } else if (decoding !== 'all') return NONE;
  const value = Headers.parsed(scanner.text, scanner.fieldsAt).get('content-encoding')!;
  const codings = codingsOf(value, offered ?? undefined);
  if (codings === null) throw new ProtocolError('ERR_HEADER_FIELD', `the body has more than ${MAX_CODINGS} content codings: ${show(value)}`);
  return codings;
}
