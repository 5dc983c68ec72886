/** Owns a target: one process to watch, named by the address of its profiles. */

/** A process to watch. */
export interface Target {
  /** As it was given, without credentials and query: `http://127.0.0.1:6060`. What reports call it. */
  readonly url: string;
  /** The folder of its profiles, without credentials and query: `http://127.0.0.1:6060/debug/pprof/`. Two targets with the same are one. */
  readonly profiles: string;
  /** For people; the host and port where nothing else is said. */
  readonly name: string;
  /** `Authorization` and the like; never shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same with the query that the service wants: what is asked for. */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A count that is known to be too many: `assess` says when it will be met. */
  readonly limit: number | null;
}

/** What a target may be given besides its address. */
export interface TargetSettings {
  readonly name?: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly token?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly limit?: number;
}

/** An address that can't be scraped. The message has the address without its credentials, and what is wrong. */
export class TargetError extends Error {
  readonly code = 'ERR_TARGET';

  override get name(): string {
    return 'TargetError';
  }
}

const PPROF = '/debug/pprof/';

/**
 * A target from what a person writes: `http://host:6060`, `host:6060`,
 * `https://user:password@host/service/debug/pprof/`. An address without a path
 * means `/debug/pprof/` there, as every Go service with `net/http/pprof` has it.
 *
 * @throws TargetError if it is no http or https address.
 */
export function parseTarget(text: string, settings: TargetSettings = {}): Target {
  const url = parseUrl(text);
  const shown = shownUrl(text);
  const headers: Record<string, string> = {};
  if (url.username !== '' || url.password !== '') {
    headers.authorization = `Basic ${Buffer.from(`${decode(url.username)}:${decode(url.password)}`).toString('base64')}`;
    url.username = url.password = '';
  }
  if (settings.token !== undefined) headers.authorization = `Bearer ${settings.token}`;
  if (url.pathname === '/') url.pathname = PPROF;
  else if (!url.pathname.endsWith('/')) url.pathname += url.pathname.endsWith('/goroutine') ? '' : '/';
  url.pathname = url.pathname.replace(/\/goroutine$/, '/');
  url.hash = '';
  const address = url.href;
  url.search = '';
  return { url: shown, profiles: url.href, name: settings.name ?? url.host, headers, address, labels: settings.labels ?? {}, limit: settings.limit ?? null };
}

function parseUrl(text: string): URL {
  const [, port] = /^\s*:?(\d+)\s*$/.exec(text) ?? [];
  if (port !== undefined) throw new TargetError(`${JSON.stringify(text)} is a port alone; write the host as well: 127.0.0.1:${port}`);
  if (/^\s*https?:(?!\/\/)/i.test(text)) throw new TargetError(`${JSON.stringify(shownText(text))} has no // after its scheme; write it like http://127.0.0.1:6060`);
  const absolute = withScheme(text);
  const url = URL.canParse(absolute) ? new URL(absolute) : null;
  if (url === null || url.hostname === '') throw new TargetError(`${JSON.stringify(shownText(text))} is no address of a service; write it like http://127.0.0.1:6060`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TargetError(`${JSON.stringify(shownText(text))} is neither http nor https`);
  return url;
}

function withScheme(text: string): string {
  const trimmed = text.trim();
  return /^[a-z][a-z\d+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
}

function shownUrl(text: string): string {
  return withScheme(text)
    .replace(/[?#].*$/s, '')
    .replace(/\/\/[^/]*@/, '//');
}

/**
 * What may be shown of a text that is no address: its scheme, and nothing else before its last @, since a password may
 * have any characters; no query.
 */
export function shownText(text: string): string {
  const at = text.lastIndexOf('@');
  const [scheme] = /^\s*[a-z][a-z\d+.-]*:\/\//i.exec(text) ?? [''];
  return (at === -1 ? text : `${scheme}…${text.slice(at)}`).replace(/[?#].*/s, '');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of something beside the profiles: `''` is their index, `goroutine` a profile, `/metrics` a path of the service. */
export function addressOf(target: Target, path: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(target.address);
  // A service mounted under a prefix has its other pages under the same one.
  if (path.startsWith('/')) url.pathname = url.pathname.replace(/\/debug\/pprof\/$|\/$/, '') + path;
  else url.pathname = new URL(path, url).pathname;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
