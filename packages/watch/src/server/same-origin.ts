/**
 * Owns the check that only the dashboard's own pages change anything.
 *
 * A page of another site can send a form here, though it cannot read the answer.
 */
import type { MiddlewareHandler } from 'hono';

/** Refuses with 403 what a browser sends for a page of another origin. A program that is no browser sends no origin and passes; what it may see is decided in gate.ts. */
export const sameOrigin: MiddlewareHandler = async ({ req, json }, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD' && !isOwn(req.header('sec-fetch-site'), req.header('origin'), req.header('host'))) {
    return json({ error: 'a page of another origin may not do this' }, 403);
  }
  await next();
  return undefined;
};

/** Whether the request comes from our own page. A browser sets `Sec-Fetch-Site` itself, whatever a proxy does to `Host`; older browsers send `Origin` with every POST. */
function isOwn(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
