/** Owns the call of the program's functions in the `tls` option: Node calls them from where a throw would end the process. */
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import { asError } from '../tasks/index.js';
import { callQuietly, isThenable } from '../conn/index.js';

/**
 * The functions among the options, guarded. One that throws ends the handshake
 * by `failed`, whatever `rejectUnauthorized` says: an error that is returned says
 * whom not to trust, one that is thrown says nothing.
 */
export function guardedCallbacks(tls: ConnectionOptions, failed: (error: unknown) => void): ConnectionOptions {
  const own: ConnectionOptions = {};
  const { checkServerIdentity: check, pskCallback } = tls;
  if (check !== undefined && check !== checkServerIdentity) {
    own.checkServerIdentity = (hostname, cert) => {
      try {
        const verdict: unknown = check(hostname, cert);
        if (verdict === undefined || verdict === null || verdict instanceof Error) return verdict ?? undefined;
        if (!isThenable(verdict)) return verdict ? asError(verdict) : undefined;
        // Taken for a yes, a promise would trust everybody.
        callQuietly(() => verdict);
        throw new TypeError('checkServerIdentity returned a promise; it is asked for an Error or undefined, at once');
      } catch (error) {
        failed(error);
        return asError(error);
      }
    };
  }
  if (pskCallback !== undefined) {
    own.pskCallback = (hint) => {
      try {
        return pskCallback(hint);
      } catch (error) {
        failed(error);
        return null;
      }
    };
  }
  return own;
}
