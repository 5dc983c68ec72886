/** Owns the field Retry-After (RFC 9110 section 10.2.3): how long the server asks to wait. */

/** The three forms of a date (RFC 9110 section 5.6.7); the last has no zone, and is GMT as the others are. */
const IMF = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const RFC_850 = /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * The wait in milliseconds; null where the field says nothing that can be understood. A
 * date is compared with the response's own Date, where it has one: what counts is the
 * server's clock, and ours may be wrong.
 *
 * @param value the field; null if there is none
 * @param date the field Date of the same response; null if there is none
 * @param today our clock, ms since 1970
 */
export function parseRetryAfter(value: string | null, date: string | null, today: number): number | null {
  if (value === null) return null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = httpDate(text);
  if (at === null) return null;
  const sentAt = date === null ? null : httpDate(date.trim());
  return Math.max(0, at - (sentAt ?? today));
}

/** Ms since 1970; null for what is no date of HTTP. */
function httpDate(text: string): number | null {
  const known = IMF.test(text) || RFC_850.test(text) ? text : ASCTIME.test(text) ? `${text} GMT` : null;
  const at = known === null ? NaN : Date.parse(known);
  return Number.isNaN(at) ? null : at;
}
