/** Owns who may see the dashboard: only this machine by default, and whoever has the token where one is set. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { Access, type AccessOptions } from 'watertight/pprof';

/** The cookie that keeps the token, hidden from scripts. A browser gets it once, by opening `/?token=…`. */
const COOKIE = 'watertight-token';

export function gate(options: AccessOptions): MiddlewareHandler {
  const access = new Access(options);
  return async (context, next) => {
    const { req } = context;
    const given = req.query('token');
    const token = given ?? getCookie(context, COOKIE);
    const refusal = access.check({
      remoteAddress: getConnInfo(context).remote.address ?? null,
      host: req.header('host') ?? null,
      authorization: req.header('authorization') ?? (token === undefined ? null : `Bearer ${token}`),
      forwarded: req.header('forwarded') !== undefined || req.header('x-forwarded-for') !== undefined,
    });
    if (refusal !== null) return context.text(`${refusal.text}\n`, refusal.status);
    if (given !== undefined && options.token !== undefined) {
      setCookie(context, COOKIE, given, { httpOnly: true, sameSite: 'Strict', path: '/' });
      // Redirects to the address without the token, which would stay in the history of the browser otherwise.
      const url = new URL(req.url);
      url.searchParams.delete('token');
      return context.redirect(url.pathname + url.search);
    }
    await next();
    return undefined;
  };
}
