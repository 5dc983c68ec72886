/** Owns who may see the dashboard: this machine, unless it was told otherwise; with a token, whoever has it. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { Access, type AccessOptions } from 'watertight/pprof';

/** A browser can't send the token by itself; it is given once, as `/?token=…`, and kept as a cookie that scripts do not see. */
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
      // Without the token in the address, where it would be seen and kept.
      const url = new URL(req.url);
      url.searchParams.delete('token');
      return context.redirect(url.pathname + url.search);
    }
    await next();
    return undefined;
  };
}
