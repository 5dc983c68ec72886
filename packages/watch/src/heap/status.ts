/** Owns what the status of a response is when the snapshot has no numbers: the one with its reason phrase. */
import { STATUS_CODES } from 'node:http';

const BY_PHRASE = new Map(Object.entries(STATUS_CODES).map(([code, phrase]) => [(phrase ?? '').toLowerCase(), Number(code)]));

/** null: not a phrase of RFC 9110 and its kin. */
export function statusOf(phrase: string | null): number | null {
  return phrase === null ? null : (BY_PHRASE.get(phrase.trim().toLowerCase()) ?? null);
}
