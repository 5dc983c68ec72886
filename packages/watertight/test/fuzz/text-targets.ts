/** What reads text of programs, of the environment and of proxies: URLs, HTTP_PROXY and NO_PROXY, Set-Cookie, answers to CONNECT and of SOCKS5, profiles. */

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CookieJar } from 'tough-cookie';
import { Request, WatertightError } from 'watertight';
import { parseDump, parseProfile, parseProfileStream, ProfileError } from 'watertight/pprof';
import { EnvironmentProxies, httpConnect, NoProxy, ProxyServer, socksConnect } from '#proxy';
import { DEFAULT_LIMITS, STRICT } from '#wire';
import { crashes, recordings } from '../pprof/read/recordings.js';
import { mutated, piecesOf, withCuts, type FuzzTarget } from './target.js';

const bytesOf = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));
const mutatedText = (texts: readonly string[]): fc.Arbitrary<string> => mutated(bytesOf(texts)).map((bytes) => bytes.toString('latin1'));

/** The result, or the code of an error of ours; any other goes on. */
function ours<T>(run: () => T): T | { code: string } {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof WatertightError)) throw error;
    return { code: (error as WatertightError & { code: string }).code };
  }
}

const URLS = ['http://a.test/', 'https://u:p@a.test:8443/x/../y?z=1#f', 'http://[::1]:80/a b', 'http://a.test\\@b.test/', 'http://unix:/run/app.sock:/path', 'http://xn--a.test./%2e%2e/', 'HTTP://A.TEST/\t\n', 'http://127.1/', 'http://0x7f.1/'];
const PROXIES = ['http://u:p@proxy:3128', 'socks5://[::1]:1080', 'https://proxy', 'proxy:3128', 'socks5h://a%40b:c@proxy'];
const NO_PROXY = ['*.test, a.test:80', '10.0.0.0/8,::1/128', '[::1]:80,.b.test', '*', ' , ,', '::ffff:127.0.0.1'];
const COOKIES = ['a=b; Path=/; Secure', 'a=b; Domain=co.uk', '__proto__=x; Domain=__proto__', 'a=%0d%0aX:y; SameSite=None', '=; ;;', 'a="b c"; Expires=Thu, 01 Jan 1970 00:00:01 GMT'];
const CONNECT = ['HTTP/1.1 200 OK\r\nA: b\r\n\r\n', 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200\r\n\r\nrest', 'HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n'];
const SOCKS = ['\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00', '\x05\x02\x01\x00\x05\x00\x00\x03\x01a\x00\x50', '\x05\xff', '\x05\x00\x05\x05\x00\x04aaaabbbbccccdddd\x00\x50', 'HTTP/1.1 400 no'];

/** A proxy that says its pieces, one in each turn, whatever it is asked, and ends. */
function saying(pieces: readonly Uint8Array[]): Duplex {
  const left = [...pieces];
  return new Duplex({
    read() {
      setImmediate(() => {
        let next = left.shift();
        while (next?.length === 0) next = left.shift();
        this.push(next ?? null);
      });
    },
    write: (_chunk, _encoding, done) => done(),
  });
}

async function converse(pieces: readonly Uint8Array[], ask: (stream: Duplex, signal: AbortSignal) => Promise<void>): Promise<string> {
  const stream = saying(pieces).on('error', () => undefined);
  const limit = new AbortController();
  try {
    await ask(stream, limit.signal);
    return 'open';
  } catch (error) {
    if (!(error instanceof WatertightError)) throw error;
    return (error as WatertightError & { code: string }).code;
  } finally {
    stream.destroy();
  }
}

const viaHttp = ProxyServer.parse('http://proxy:3128');
const viaSocks = ProxyServer.parse('socks5://u:p@proxy:1080');
const connect = (stream: Duplex, signal: AbortSignal): Promise<void> => httpConnect(stream, { proxy: viaHttp, target: 'a.test:443', headers: null, limits: DEFAULT_LIMITS, leniency: STRICT, signal });
const socks = (stream: Duplex, signal: AbortSignal): Promise<void> => socksConnect(stream, { proxy: viaSocks, hostname: 'a.test', port: 80, timeout: 60_000, signal });

const profiles = [...recordings.flatMap(({ forms }) => [forms[0], gunzipSync(forms[0]), forms[1], forms[2]]), ...crashes.map(({ bytes }) => bytes)].filter((bytes) => bytes.length < 30_000);

const target = <T>(name: string, cost: number, cases: fc.Arbitrary<T>, check: FuzzTarget<T>['check']): FuzzTarget => ({ name, cost, cases, check });

async function profileOutcome(read: () => unknown): Promise<string> {
  try {
    return JSON.stringify(await read(), (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    return error.code;
  }
}

export const TEXT_TARGETS: readonly FuzzTarget[] = [
  target('url', 1, fc.oneof(mutatedText(URLS), fc.webUrl(), fc.string()), (url) => {
    const made = ours(() => new Request(url));
    // What was taken is one URL for the standard's parser too, and its own spelling means the same.
    if (made instanceof Request) assert.equal(new Request(made.url).url, made.url);
  }),
  target('proxy: environment', 2, fc.record({ HTTP_PROXY: mutatedText(PROXIES), https_proxy: mutatedText(PROXIES), NO_PROXY: mutatedText(NO_PROXY) }), (env) => {
    const { origin } = { origin: { scheme: 'http', hostname: 'a.test', port: 80, host: 'a.test', href: 'http://a.test' } };
    ours(() => new EnvironmentProxies(env).proxyFor(origin as never));
  }),
  target('proxy: NO_PROXY', 1, fc.tuple(mutatedText(NO_PROXY), fc.constantFrom('a.test', 'a.test.', '127.0.0.1', '::1', 'x.b.test'), fc.nat(65_535)), ([list, host, port]) => {
    const covers = new NoProxy(list).covers(host, port);
    // Order does not matter, nor does what is said twice.
    assert.equal(new NoProxy(list.split(',').reverse().concat(list.split(',')).join(',')).covers(host, port), covers);
  }),
  target('proxy: CONNECT answers', 30, withCuts(mutated(bytesOf(CONNECT))), async ({ bytes, cuts }) => {
    assert.equal(await converse(piecesOf(bytes, cuts), connect), await converse([bytes], connect));
  }),
  target('proxy: SOCKS5 answers', 60, withCuts(mutated(bytesOf(SOCKS))), async ({ bytes, cuts }) => {
    await converse(piecesOf(bytes, cuts), socks);
  }),
  target('cookies', 20, fc.array(mutatedText(COOKIES), { maxLength: 4 }), async (lines) => {
    const jar = new CookieJar();
    for (const line of lines) await jar.setCookie(line, 'https://a.test/', { ignoreError: true });
    const value = await jar.getCookieString('https://a.test/');
    // What a jar gives becomes a field, or is refused: never another line.
    ours(() => new Request('https://a.test/', { headers: { Cookie: value } }));
    assert.equal(({} as Record<string, unknown>).x, undefined);
  }),
  target('profile: all forms', 40, withCuts(mutated(profiles)), async ({ bytes, cuts }) => {
    const whole = await profileOutcome(() => parseProfile(bytes));
    assert.equal(await profileOutcome(() => parseProfileStream(piecesOf(bytes, cuts))), whole);
  }),
  target('profile: dumps in logs', 40, mutated(profiles), async (bytes) => {
    await profileOutcome(() => parseDump(bytes));
  }),
];
