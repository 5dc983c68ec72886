/** Owns a proxy as its URL names it, with its user and password apart from all that is shown. */
import type { Origin } from '../conn/index.js';
import { show } from '../wire/index.js';
import { ProxyError } from './error.js';

const DEFAULT_PORTS = { http: 80, https: 443, socks5: 1080 } as const;

/** RFC 1929 section 2: the lengths of user and password are one byte each. */
const MAX_SOCKS_TEXT = 255;

/** A proxy. Its properties hold no credential; the methods that give one are for what is sent to the proxy. */
export class ProxyServer {
  /** How it is spoken to: HTTP, HTTP over TLS, or SOCKS5. */
  readonly scheme: keyof typeof DEFAULT_PORTS;
  /** What is connected to. Its scheme says whether TLS with the proxy comes first. */
  readonly origin: Origin;
  readonly #url: URL;
  readonly #username: string;
  readonly #password: string;

  /** @throws ProxyError (`ERR_INVALID_PROXY`) */
  private constructor(url: URL) {
    const scheme = url.protocol.slice(0, -1).replace('socks5h', 'socks5');
    if (!Object.hasOwn(DEFAULT_PORTS, scheme)) throw invalid(url.href, 'its scheme is not http, https, socks5 or socks5h');
    this.scheme = scheme as keyof typeof DEFAULT_PORTS;
    // The URL standard knows the host of an http URL only: lower case, IDNA and the forms of addresses.
    const host = hostOf(url);
    if (host === '') throw invalid(url.href, 'it has no host');
    const port = url.port === '' ? DEFAULT_PORTS[this.scheme] : Number(url.port);
    this.origin = Object.freeze({
      scheme: scheme === 'https' ? 'https' : 'http',
      hostname: host.replace(/^\[(.*)\]$/, '$1'),
      port,
      host: `${host}:${port}`,
      href: `${scheme}://${host}:${port}`,
      key: `${scheme}://${host}:${port}`,
      serverName: null,
      socketPath: null,
    });
    this.#url = url;
    this.#username = decode(url.username);
    this.#password = decode(url.password);
    if (scheme === 'socks5') {
      for (const text of [this.#username, this.#password]) {
        if (Buffer.byteLength(text) > MAX_SOCKS_TEXT) throw invalid(url.href, `its user or password is longer than the ${MAX_SOCKS_TEXT} bytes of SOCKS5 (RFC 1929)`);
      }
    }
  }

  /**
   * `url`: absolute, or `host[:port]` of an HTTP proxy, as in Go's environment. Its path is not looked at.
   *
   * @throws ProxyError (`ERR_INVALID_PROXY`); the message has no user and no password.
   */
  static parse(url: URL | string): ProxyServer {
    if (url instanceof URL) return new ProxyServer(new URL(url));
    if (typeof url !== 'string' || url === '') throw new ProxyError('ERR_INVALID_PROXY', `a proxy is a URL such as http://proxy:3128, not ${show(url)}; for none it is null`);
    let parsed: URL;
    try {
      parsed = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `http://${url}`);
    } catch {
      // Node's error has the whole URL, so it is no cause.
      throw invalid(url, /\[[^\]]*%/.test(url) ? 'a URL has no zone in its address (URL standard)' : 'it can\'t be parsed');
    }
    return new ProxyServer(parsed);
  }

  /** `http://host:port`: for texts and statistics. */
  get href(): string {
    return this.origin.href;
  }

  /** Whether a request to this origin is sent to the proxy itself (RFC 9112 section 3.2.2), so that all such origins share its connections. Otherwise a connection through it is one to the origin. */
  forwards(origin: Origin): boolean {
    return this.scheme !== 'socks5' && origin.scheme === 'http';
  }

  /** Tells proxies apart, those with other credentials as well, so it must not be shown. */
  get identity(): string {
    return `${this.#username}:${this.#password}@${this.origin.href}`;
  }

  /** The value of Proxy-Authorization: Basic, made of the URL's user and password; null if it has none. */
  get authorization(): string | null {
    if (this.#username === '' && this.#password === '') return null;
    return `Basic ${Buffer.from(`${this.#username}:${this.#password}`, 'utf8').toString('base64')}`;
  }

  /** User and password for SOCKS5 (RFC 1929); null if the URL has none. */
  get account(): { readonly username: string; readonly password: string } | null {
    return this.#username === '' && this.#password === '' ? null : { username: this.#username, password: this.#password };
  }

  /** A copy of the URL, user and password included: for the program, which named it. */
  get url(): URL {
    return new URL(this.#url);
  }
}

function hostOf(url: URL): string {
  if (url.hostname === '' || url.protocol === 'http:' || url.protocol === 'https:') return url.hostname;
  try {
    return new URL(`http://${url.hostname}`).hostname;
  } catch {
    throw invalid(url.href, 'its host is none');
  }
}

function invalid(url: string, why: string): ProxyError {
  // Whatever stands before the last @ may be a password, also where the URL is broken.
  const shown = url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@');
  return new ProxyError('ERR_INVALID_PROXY', `${show(shown)} is no proxy: ${why}; it looks like http://proxy:3128, https://proxy or socks5://proxy:1080`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
