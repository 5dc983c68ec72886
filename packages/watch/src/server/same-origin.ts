/** Owns that only our own pages change anything: a page of another site can send a form here, though it can't read the answer. */
import type { MiddlewareHandler } from 'hono';

/** Refuses with 403 what a browser sends for another origin's page. A program that is no browser says nothing of an origin, and passes: what it may see, the gate decides. */
export const sameOrigin: MiddlewareHandler = async ({ req, json }, next) => {
  if (req.method !== 'GET' && req.method !== 'HEAD' && !isOwn(req.header('sec-fetch-site'), req.header('origin'), req.header('host'))) {
    return json({ error: 'a page of another origin may not do this' }, 403);
  }
  await next();
  return undefined;
};

/** `Sec-Fetch-Site` is the browser's own word, whatever a proxy does to `Host`; browsers that do not have it send `Origin` with every POST. */
function isOwn(site: string | undefined, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
