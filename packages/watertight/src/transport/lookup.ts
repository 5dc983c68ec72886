/** Owns the call of the program's `lookup`: its answer in any of the forms that Node knows, and its failures. */
import { isIP, type LookupFunction } from 'node:net';
import { asError } from '../tasks/index.js';
import { isThenable, type ResolvedAddress } from '../conn/index.js';

/** What the lookup belongs to. */
export interface LookupOwner {
  /** Nobody waits for the answer any more. */
  ended(): boolean;
  /** The answer is an error, which the socket reports next. */
  failed(error: Error): void;
  /** It begins; then, what it has answered. They may call the program. */
  asked(hostname: string): void;
  answered(addresses: readonly ResolvedAddress[]): void;
}

/**
 * Node asks for all addresses or for one (`options.all`), and takes the answer
 * only in the form that it asked for; this takes both, and the promise of
 * `dns.promises.lookup`. The first answer counts, one without an address is an
 * error, one after the end is ignored. Where only one `family` may be connected to,
 * addresses of the other are left out: a lookup need not look at what it is asked for.
 */
export function guardedLookup(given: LookupFunction, owner: LookupOwner, family: 0 | 4 | 6): LookupFunction {
  return (hostname, asked, callback) => {
    // All addresses: the first one may be of the other family.
    const options = family === 0 ? asked : { ...asked, family, hints: 0, all: true };
    let answered = false;
    owner.asked(hostname);
    if (owner.ended()) return;
    const answer = (thrown: unknown, answers: unknown): void => {
      if (answered || owner.ended()) return;
      answered = true;
      const addresses = thrown === null ? addressesIn(answers).filter((each) => family === 0 || each.family === family || each.family === 0) : [];
      if (addresses.length === 0) {
        const error = thrown === null ? new Error(`lookup gave no ${family === 0 ? '' : `IPv${family} `}address for ${hostname}`) : asError(thrown);
        owner.failed(error);
        if (!owner.ended()) callback(error, '');
        return;
      }
      owner.answered(addresses);
      if (owner.ended()) return;
      if (asked.all === true) callback(null, [...addresses]);
      else callback(null, addresses[0].address, addresses[0].family);
    };
    try {
      // Typed as returning nothing; an async function returns a promise all the same.
      const result = (given as (...args: unknown[]) => unknown)(hostname, options, (error: unknown, address: unknown) => {
        answer(error ?? null, address);
      });
      if (isThenable(result)) {
        result.then(
          // An async function that answers by its callback resolves with nothing.
          (value) => {
            if (value !== undefined) answer(null, value);
          },
          (error: unknown) => answer(error ?? new Error('lookup was rejected'), null),
        );
      }
    } catch (error) {
      // Not in the caller's stack: net does not expect a lookup to throw or to answer at once.
      queueMicrotask(() => answer(error ?? new Error('lookup threw nothing'), null));
    }
  };
}

/** A string, an object as of `dns.promises.lookup`, or an array of these. What is no address stays, for Node to report. */
function addressesIn(answers: unknown): readonly ResolvedAddress[] {
  return (Array.isArray(answers) ? (answers as unknown[]) : [answers]).flatMap((each) => {
    const address = typeof each === 'object' && each !== null ? (each as { address?: unknown }).address : each;
    return typeof address === 'string' && address !== '' ? [{ address, family: isIP(address) }] : [];
  });
}
