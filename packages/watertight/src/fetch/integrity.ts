/** Owns the check of a body against `integrity` (Subresource Integrity, section 3.3). */
import { createHash } from 'node:crypto';

/** From the weakest to the strongest. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

/** What follows the first `-`, up to the options, is the digest, whatever it is made of: a wrong one does not hold. */
const HASH = /^(sha256|sha384|sha512)(?:-([^?]*))?(?:\?.*)?$/is;

/** Whether the bytes have one of the hashes of the strongest algorithm named. Where none is named that is known, everything has. */
export function matchesIntegrity(bytes: Uint8Array, integrity: string): boolean {
  const hashes = integrity
    .split(/[\t\n\f\r ]+/)
    .map((token) => HASH.exec(token))
    .filter((match) => match !== null)
    .map(([, algorithm, digest = '']) => ({ algorithm: algorithm.toLowerCase(), digest: digest.replaceAll('-', '+').replaceAll('_', '/').replace(/={1,2}$/, '') }));
  if (hashes.length === 0) return true;
  const strongest = ALGORITHMS.findLast((algorithm) => hashes.some((hash) => hash.algorithm === algorithm))!;
  const actual = createHash(strongest).update(bytes).digest('base64').replace(/=+$/, '');
  return hashes.some(({ algorithm, digest }) => algorithm === strongest && digest === actual);
}
