/** Owns the Referer field: which part of a URL a request may tell to another (Referrer Policy, sections 3 and 8). */

/** The policies. The empty one is the default, `strict-origin-when-cross-origin`. */
const POLICIES = new Set(['no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url']);

/** The last policy of a Referrer-Policy field that is known; '' if there is none. */
export function policyOf(field: string | null): string {
  if (field === null) return '';
  return field.split(',').map((token) => token.trim().toLowerCase()).findLast((token) => POLICIES.has(token)) ?? '';
}

/** Schemes whose URLs nobody else can do anything with. */
const LOCAL = new Set(['about:', 'blob:', 'data:']);

/** What a request to `to` says of `referrer`; null: nothing. */
export function refererOf(referrer: URL, to: URL, policy: string): string | null {
  if (LOCAL.has(referrer.protocol)) return null;
  const origin = stripped(referrer, true);
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
function stripped(url: URL, originOnly = false): string {
  const copy = new URL(url);
  copy.username = copy.password = copy.hash = '';
  if (originOnly) copy.pathname = copy.search = '';
  return copy.href.length > 4096 ? stripped(url, true) : copy.href;
}

/** Secure Contexts, section 3.1, as far as it concerns http. */
function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || protocol === 'file:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
