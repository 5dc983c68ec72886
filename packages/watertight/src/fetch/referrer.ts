/** Owns the Referer field: which part of a URL a request may tell to another (Referrer Policy, sections 3 and 8). */

/** The policies. The empty one is the default, `strict-origin-when-cross-origin`. */
const POLICIES = new Set(['no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url']);

/** The last policy of a Referrer-Policy field that is known; '' if there is none. */
export function policyOf(field: string | null): string {
  if (field === null) return '';
  return field.split(',').map((token) => token.trim().toLowerCase()).findLast((token) => POLICIES.has(token)) ?? '';
}

/** What a request to `to` says of `referrer`; null: nothing. */
export function refererOf(referrer: URL, to: URL, policy: string): string | null {
  if (referrer.protocol !== 'http:' && referrer.protocol !== 'https:') return null;
  const origin = `${referrer.origin}/`;
  const full = stripped(referrer);
  const same = referrer.origin === to.origin;
  const downgrade = isTrustworthy(referrer) && !isTrustworthy(to);
  switch (policy) {
    case 'no-referrer':
      return null;
    case 'origin':
      return origin;
    case 'unsafe-url':
      return full;
    case 'same-origin':
      return same ? full : null;
    case 'strict-origin':
      return downgrade ? null : origin;
    case 'origin-when-cross-origin':
      return same ? full : origin;
    case 'no-referrer-when-downgrade':
      return downgrade ? null : full;
    default:
      if (same) return full;
      return downgrade ? null : origin;
  }
}

/** Without user, password and fragment; the origin alone where the URL is too long. */
function stripped(url: URL): string {
  const text = `${url.origin}${url.pathname}${url.search}`;
  return text.length > 4096 ? `${url.origin}/` : text;
}

/** Secure Contexts, section 3.1, as far as it concerns http. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
