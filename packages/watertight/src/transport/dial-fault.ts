/** Owns what is said of a dial that failed. */
import { asError, messageOf } from '../tasks/index.js';
import { WatertightError } from '../wire/index.js';
import { DialError } from './error.js';

/** What a dial is at: it connects, a proxy opens the way, or a TLS handshake runs. */
export type DialStage = 'connect' | 'tunnel' | 'tls';

/** What is known of the dial. */
export interface DialContext {
  readonly stage: DialStage;
  /** Whom the connection is to, such as `http://host` or `the proxy http://host`. */
  readonly peer: string;
  /** The name that was to be resolved. */
  readonly hostname: string;
  /** The fault is what the program's `lookup` answered. */
  readonly isNameError: boolean;
}

/** The error of the dial. `thrown` is what Node reports, or whatever the program's own function threw. */
export function dialFault(thrown: unknown, { stage, peer, hostname, isNameError }: DialContext): Error {
  // What says already what was wrong: a limit on time, a proxy's refusal, a dial within the dial.
  if (thrown instanceof WatertightError) return thrown;
  const cause = asError(thrown) as Error & { code?: unknown; syscall?: unknown; errors?: unknown };
  // OpenSSL's end in a line break.
  const text = messageOf(cause).trimEnd();
  if (isNameError || cause.syscall === 'getaddrinfo') return new DialError('ERR_DNS', `the name ${hostname} was not resolved: ${text}`, { cause: thrown });
  if (stage === 'tls') {
    const hint = cause.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || cause.code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' ? '; the server gave an HTTP response to an HTTPS client, or speaks no TLS at all: is the URL http://?' : '';
    return new DialError('ERR_TLS', `the TLS handshake with ${peer} failed: ${text}${hint}`, { cause: thrown });
  }
  // Several addresses were tried: an AggregateError, whose own message may be empty.
  const message = Array.isArray(cause.errors) ? cause.errors.map(messageOf).join('; ') : text;
  return new DialError('ERR_DIAL', `connecting to ${peer} failed: ${message}`, { cause: thrown });
}
