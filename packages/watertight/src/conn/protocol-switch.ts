/** Owns the decision whether a server may leave HTTP, as a pure function. */
import { Headers, ProtocolError, show, type HeadScanner } from '../wire/index.js';

/**
 * Checks the head of a 101 (Switching Protocols) or of a 2xx answer to CONNECT.
 *
 * @param asked the Upgrade field of the request
 * @param bodyWritten the whole request was sent
 * @throws ProtocolError (`ERR_UNEXPECTED_UPGRADE`) for a protocol that the request did
 * not ask for (RFC 9110 section 7.8), and where the rest of the request could be taken for the other protocol
 */
export function checkSwitch({ status, text, fieldsAt }: Pick<HeadScanner, 'status' | 'text' | 'fieldsAt'>, asked: string | null, bodyWritten: boolean): void {
  if (!bodyWritten) throw new ProtocolError('ERR_UNEXPECTED_UPGRADE', `the server answered ${status} and left HTTP before the request's body was sent`);
  if (status !== 101) return;
  const offered = protocolsOf(asked);
  const chosen = protocolsOf(Headers.parsed(text, fieldsAt).get('upgrade'));
  if (chosen.length > 0 && chosen.every((each) => offered.includes(each))) return;
  throw new ProtocolError('ERR_UNEXPECTED_UPGRADE', `the server answered 101 (Switching Protocols) with the protocol ${show(chosen.join(', '))}, the request asked for ${show(offered.join(', '))} (RFC 9110 section 7.8)`);
}

/** The names of protocols, without their versions, in lower case. */
function protocolsOf(upgrade: string | null): string[] {
  return (upgrade ?? '').toLowerCase().split(',').map((each) => each.trim().split('/')[0]).filter((each) => each !== '');
}
