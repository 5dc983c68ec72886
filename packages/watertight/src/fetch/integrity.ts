/** Owns the check of a body against `integrity` (Subresource Integrity, section 3.3). */
import { createHash } from 'node:crypto';

/** From the weakest to the strongest. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'];

const HASH = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/i;

/** Whether the bytes have one of the hashes of the strongest algorithm named. Without a hash that can be read, everything has. */
export function matchesIntegrity(bytes: Uint8Array, integrity: string): boolean {
  const hashes = integrity
    .split(/[\t\n\f\r ]+/)
    .map((token) => HASH.exec(token))
    .filter((match) => match !== null)
    .map(([, algorithm, digest]) => ({ algorithm: algorithm.toLowerCase(), digest: digest.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '') }));
  if (hashes.length === 0) return true;
  const strongest = ALGORITHMS.findLast((algorithm) => hashes.some((hash) => hash.algorithm === algorithm))!;
  const actual = createHash(strongest).update(bytes).digest('base64').replace(/=+$/, '');
  return hashes.some(({ algorithm, digest }) => algorithm === strongest && digest === actual);
}
