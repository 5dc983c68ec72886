/** Owns what `WATERTIGHT_PUSH` and the variables beside it say: where profiles are pushed to, how often, and as what. */
import { basename } from 'node:path';

/** Ms between two pushes, as of Pyroscope's own clients. */
const DEFAULT_INTERVAL = 15_000;
const LEAST_INTERVAL = 100;
const MOST_INTERVAL = 24 * 60 * 60_000;

export interface PushSettings {
  readonly secure: boolean;
  /** A name or an address, without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** Of the receiver's endpoint. */
  readonly path: string;
  /** The receiver as it may be printed: no user, no password. */
  readonly shown: string;
  /** The value of `Authorization`; null for none. */
  readonly authorization: string | null;
  /** The value of `X-Scope-OrgID`; null for none. */
  readonly tenant: string | null;
  readonly interval: number;
  /** The name of the application and its tags, as in `shop{region=eu}`. */
  readonly series: string;
}

/**
 * Reads the variables.
 *
 * @throws TypeError that says what is wrong, without a value that may be secret.
 */
export function pushSettings(env: NodeJS.ProcessEnv, script = process.argv.at(1), host = hostname()): PushSettings {
  const url = receiverOf(env.WATERTIGHT_PUSH ?? '');
  const secure = url.protocol === 'https:';
  const path = url.pathname.replace(/\/+$/, '');
  const tags = new Map([['hostname', tagValue(host)], ...tagsIn(env.WATERTIGHT_PUSH_TAGS ?? '')]);
  return {
    secure,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: path.endsWith('/ingest') ? path : `${path}/ingest`,
    shown: url.origin,
    authorization: authorizationOf(url, env.WATERTIGHT_PUSH_TOKEN ?? ''),
    tenant: fieldValue('WATERTIGHT_PUSH_TENANT', env.WATERTIGHT_PUSH_TENANT ?? ''),
    interval: intervalOf(env.WATERTIGHT_PUSH_INTERVAL ?? ''),
    series: `${nameOf(env, script)}{${[...tags].map(([name, value]) => `${name}=${value}`).join(',')}}`,
  };
}

function receiverOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // The text is not repeated: it may have a password.
  if (url === null || !/^https?:$/.test(url.protocol)) throw new TypeError('it is no URL of a receiver, as in http://localhost:4040');
  if (url.search !== '' || url.hash !== '') throw new TypeError('the URL of the receiver has no query and no fragment: they are added to it');
  return url;
}

function authorizationOf(url: URL, token: string): string | null {
  if (url.username === '' && url.password === '') {
    const bearer = fieldValue('WATERTIGHT_PUSH_TOKEN', token);
    return bearer === null ? null : `Bearer ${bearer}`;
  }
  if (token !== '') throw new TypeError('a receiver is sent the user in the URL, or WATERTIGHT_PUSH_TOKEN, not both');
  let user: string;
  try {
    user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    throw new TypeError('the user or the password in the URL is not encoded as URLs are');
  }
  return `Basic ${Buffer.from(user).toString('base64')}`;
}

function fieldValue(name: string, value: string): string | null {
  if (!/^[\x21-\x7e]*$/.test(value)) throw new TypeError(`${name} is a text of visible ASCII characters without spaces, because it is sent in a header field`);
  return value === '' ? null : value;
}

function intervalOf(text: string): number {
  if (text === '') return DEFAULT_INTERVAL;
  const interval = Number(text);
  if (!/^\d+$/.test(text) || interval < LEAST_INTERVAL || interval > MOST_INTERVAL) throw new TypeError(`WATERTIGHT_PUSH_INTERVAL is a number of milliseconds from ${LEAST_INTERVAL} to ${MOST_INTERVAL}, not ${JSON.stringify(text)}`);
  return interval;
}

/** The characters that Pyroscope allows; the others, such as those of `@shop/api`, become `_`. */
function nameOf(env: NodeJS.ProcessEnv, script: string | undefined): string {
  const candidates = [env.WATERTIGHT_PUSH_NAME, env.OTEL_SERVICE_NAME, env.npm_package_name, basename(script ?? '').replace(/\.[cm]?[jt]s$/, '')];
  const name = candidates.find((candidate) => candidate !== undefined && candidate !== '') ?? 'node';
  return name.replace(/^@/, '').replace(/[^\w./-]/g, '_');
}

function tagsIn(text: string): [string, string][] {
  const pairs = text.split(',').map((pair) => pair.trim());
  return pairs.filter((pair) => pair !== '').map((pair) => {
    const match = /^([a-z_]\w*)=([^{}=]*)$/i.exec(pair);
    if (match === null || match[1].startsWith('__')) throw new TypeError(`WATERTIGHT_PUSH_TAGS is name=value, with commas between, as in region=eu,version=1.2; ${JSON.stringify(pair)} is not`);
    return [match[1], tagValue(match[2])];
  });
}

/** Pyroscope's form of a name with tags has no way to write these characters. */
function tagValue(text: string): string {
  return text.trim().replace(/[{},=\s]/g, '_');
}

function hostname(): string {
  return process.getBuiltinModule('node:os').hostname();
}
