/** Owns the `proxy` option: through which proxy a request goes, if any. */
import { messageOf } from '../tasks/index.js';
import { callQuietly, HookError, isThenable, type Request } from '../conn/index.js';
import { environmentProxies, proxyFromEnvironment } from './environment.js';
import { ProxyError } from './error.js';
import { ProxyServer } from './proxy-server.js';

/** A proxy, or a function that says it for each request; null: none. */
export type ProxyOption = URL | string | ((request: Request) => URL | string | null) | null;

/** Says the proxy of a request; null: none. It throws what the request is to fail with. */
export type ProxyChoice = (request: Request) => ProxyServer | null;

/** As the environment says. */
function fromEnvironment(request: Request): ProxyServer | null {
  return environmentProxies().proxyFor(request.target.origin);
}

/**
 * The choice that the option makes; null: never through a proxy.
 *
 * @throws ProxyError (`ERR_INVALID_PROXY`)
 */
export function proxyChoice(option: ProxyOption | undefined): ProxyChoice | null {
  if (option === null) return null;
  if (option === undefined || option === proxyFromEnvironment) return fromEnvironment;
  if (typeof option === 'function') return chosenBy(option);
  const proxy = ProxyServer.parse(option);
  return () => proxy;
}

/** Whether the choice is to be asked at all. An environment that names no proxy is looked at once. */
export function mayChoose(choice: ProxyChoice): boolean {
  return choice !== fromEnvironment || !environmentProxies().none;
}

/** The most proxies that one function's URLs are remembered of; a program has few. */
const MAX_PARSED = 100;

function chosenBy(choose: (request: Request) => URL | string | null): ProxyChoice {
  const parsed = new Map<string, ProxyServer>();
  return (request) => {
    let chosen: unknown;
    try {
      chosen = choose(request);
    } catch (cause) {
      throw new HookError(`proxy threw, so the request failed: ${messageOf(cause)}`, 'proxy', { cause });
    }
    if (chosen === null) return null;
    if (isThenable(chosen)) {
      callQuietly(() => chosen);
      throw new ProxyError('ERR_INVALID_PROXY', 'the proxy option returned a promise; it is asked for a URL or null, at once');
    }
    const key = chosen instanceof URL ? chosen.href : (chosen as string);
    let proxy = parsed.get(key);
    if (proxy === undefined) {
      proxy = ProxyServer.parse(key);
      if (parsed.size >= MAX_PARSED) parsed.clear();
      parsed.set(key, proxy);
    }
    return proxy;
  };
}
