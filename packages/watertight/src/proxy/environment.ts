/** Owns the proxies that the environment names, as Go's `ProxyFromEnvironment` reads them. */
import { BlockList, isIP } from 'node:net';
import { parseTarget, type Origin } from '../conn/index.js';
import { ProxyError } from './error.js';
import { NoProxy } from './no-proxy.js';
import { ProxyServer } from './proxy-server.js';

/** A copy of the variables that matter: `process.env` or another record. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What one environment says. It is read once, when this is made. */
export class EnvironmentProxies {
  private readonly http: ProxyServer | ProxyError | null;
  private readonly https: ProxyServer | ProxyError | null;
  private readonly noProxy: NoProxy;
  private readonly isCgi: boolean;
  /** The environment does not change any more, so neither do the answers. */
  private readonly answers = new WeakMap<Origin, ProxyServer | null>();

  constructor(env: Environment) {
    this.http = proxyIn(env, 'HTTP_PROXY');
    this.https = proxyIn(env, 'HTTPS_PROXY');
    this.noProxy = new NoProxy(env.NO_PROXY || env.no_proxy || '');
    this.isCgi = (env.REQUEST_METHOD ?? '') !== '';
  }

  /** No variable names a proxy. */
  get none(): boolean {
    return this.http === null && this.https === null;
  }

  /** @throws ProxyError (`ERR_INVALID_PROXY`) for a variable that names no proxy, or one that an attacker may have set */
  proxyFor(origin: Origin): ProxyServer | null {
    let answer = this.answers.get(origin);
    if (answer === undefined) {
      answer = this.find(origin);
      this.answers.set(origin, answer);
    }
    return answer;
  }

  private find(origin: Origin): ProxyServer | null {
    const proxy = origin.scheme === 'https' ? this.https : this.http;
    if (proxy === null) return null;
    if (origin.scheme === 'http' && this.isCgi) {
      // A server that starts a program by CGI passes the field `Proxy` of a request as HTTP_PROXY (https://httpoxy.org).
      throw new ProxyError('ERR_INVALID_PROXY', 'HTTP_PROXY is refused because REQUEST_METHOD is set: to a program that is started by CGI, a client can pass any HTTP_PROXY; say the proxy in the proxy option, or null for none');
    }
    if (isThisMachine(origin.hostname) || this.noProxy.covers(origin.hostname, origin.port)) return null;
    if (proxy instanceof ProxyError) throw proxy;
    return proxy;
  }
}

/** The upper case goes before the lower one, and an empty variable is none, as in Go. */
function proxyIn(env: Environment, name: string): ProxyServer | ProxyError | null {
  const used = [name, name.toLowerCase()].find((each) => (env[each] ?? '') !== '');
  if (used === undefined) return null;
  try {
    return ProxyServer.parse(env[used]!);
  } catch (error) {
    // Go drops such a value, and the request goes past the proxy that somebody wanted.
    return new ProxyError('ERR_INVALID_PROXY', `the environment variable ${used} names no proxy: ${(error as Error).message}`);
  }
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isThisMachine(hostname: string): boolean {
  const family = isIP(hostname);
  return family === 0 ? hostname === 'localhost' || hostname === 'localhost.' : LOOPBACK.check(hostname, family === 4 ? 'ipv4' : 'ipv6');
}

let found: EnvironmentProxies | null = null;

/** The environment of this process. */
export function environmentProxies(): EnvironmentProxies {
  return (found ??= new EnvironmentProxies(process.env));
}

/**
 * The proxy that the environment names for a request: `HTTP_PROXY` for http,
 * `HTTPS_PROXY` for https, in upper or lower case, unless `NO_PROXY` has the host.
 * Their values are `http:`, `https:`, `socks5:` or `socks5h:` URLs, or the
 * `host[:port]` of an HTTP proxy. `localhost` and loopback addresses never go
 * through a proxy. `ALL_PROXY` is not read, as in Go.
 *
 * It is the default of the transport's option `proxy`, and Go's
 * `ProxyFromEnvironment`. The environment is read once, at the first call in the
 * process: what the program writes into `process.env` afterwards has no effect. A
 * program that wants another proxy later sets the option to a function.
 *
 * Unlike Go, which ignores a variable that it can't read, it throws.
 *
 * @returns null: no proxy. The URL has the user and the password of the variable.
 * @throws ProxyError (`ERR_INVALID_PROXY`) for a variable that names no proxy, and for HTTP_PROXY where REQUEST_METHOD is set (CGI); RequestError (`ERR_INVALID_URL`)
 */
export function proxyFromEnvironment(request: { readonly url: string | URL }): URL | null {
  return environmentProxies().proxyFor(parseTarget(request.url).origin)?.url ?? null;
}
