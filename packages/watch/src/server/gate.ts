/** Owns who may see the dashboard: only this machine by default, and whoever has the token where one is set. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { Access, type AccessOptions } from 'watertight/pprof';

type Refusal = NonNullable<ReturnType<Access['check']>>;

/** The cookie that keeps the token, hidden from scripts. A browser gets it once, by opening `/?token=…`. */
const COOKIE = 'watertight-token';

/** What to do, in the dashboard's words: its options are those of `watertight watch`. */
const REFUSALS: Readonly<Record<Refusal['cause'], string>> = {
  'unknown address': 'The dashboard answers this machine only. To reach it from others, start it with --host and --dashboard-token.',
  proxy: 'The dashboard answers this machine only, and a proxy asks for somebody else. Start it with --dashboard-token.',
  'other machine': 'The dashboard answers this machine only. To reach it from others, start it with --host and --dashboard-token.',
  'other name': 'The dashboard answers as localhost only, so that no page can point a name of its own at it. To use another name, start it with --dashboard-token.',
  'no token': 'This dashboard has a token. Open its address with /?token=TOKEN once: the browser keeps it. A program sends Authorization: Bearer TOKEN.',
  'wrong token': 'That is not the token of this dashboard: it is what was given as --dashboard-token.',
};

export function gate(options: AccessOptions): MiddlewareHandler {
  const access = new Access(options);
  return async (context, next) => {
    const { req } = context;
    const check = (authorization: string | null): Refusal | null =>
      access.check({
        remoteAddress: getConnInfo(context).remote.address ?? null,
        host: req.header('host') ?? null,
        authorization,
        forwarded: req.header('forwarded') !== undefined || req.header('x-forwarded-for') !== undefined,
      });
    const given = req.query('token');
    const kept = getCookie(context, COOKIE);
    // A proxy in front may have an Authorization of its own: any of the three is enough.
    const tokens = [given, kept].filter((token) => token !== undefined).map((token) => `Bearer ${token}`);
    const refusals = [...tokens, req.header('authorization') ?? null].map(check);
    if (!refusals.includes(null)) return context.text(`${REFUSALS[(refusals[0] as Refusal).cause]}\n`, (refusals[0] as Refusal).status);
    if (given !== undefined && options.token !== undefined) {
      if (refusals[0] === null) setCookie(context, COOKIE, given, { httpOnly: true, sameSite: 'Strict', path: '/' });
      return context.redirect(withoutToken(new URL(req.url)));
    }
    await next();
    return undefined;
  };
}

/**
 * The address without the token, which would stay in the history of the browser otherwise. It is relative to the
 * present one: a proxy in front may have taken a prefix of the path away, and a path may begin with `//host`.
 */
function withoutToken({ pathname, searchParams }: URL): string {
  searchParams.delete('token');
  const query = searchParams.toString();
  return `./${pathname.slice(pathname.lastIndexOf('/') + 1)}${query === '' ? '' : `?${query}`}`;
}
