/** The environment's variables: which proxy they name for which URL, and which hosts are not reached through it. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EnvironmentProxies, NoProxy, type Environment } from '#proxy';
import { parseTarget } from '#conn';
import { proxyFromEnvironment, Request } from 'watertight';

/** The proxy of the URL in the environment: its URL, null for none, or the error's message. */
function proxyFor(env: Environment, url: string): string | null {
  try {
    return new EnvironmentProxies(env).proxyFor(parseTarget(url).origin)?.url.href ?? null;
  } catch (error) {
    assert.equal((error as { code: string }).code, 'ERR_INVALID_PROXY');
    return (error as Error).message;
  }
}

describe('the proxy that the environment names', () => {
  const cases: [what: string, env: Environment, url: string, proxy: string | null | RegExp][] = [
    ['none', {}, 'http://a.example/', null],
    ['for http', { HTTP_PROXY: 'http://p:1' }, 'http://a.example/', 'http://p:1/'],
    ['for http, not for https', { HTTP_PROXY: 'http://p:1' }, 'https://a.example/', null],
    ['for https', { HTTPS_PROXY: 'http://p:1' }, 'https://a.example/', 'http://p:1/'],
    ['for https, not for http', { HTTPS_PROXY: 'http://p:1' }, 'http://a.example/', null],
    ['for each its own', { HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://q:2' }, 'https://a.example/', 'http://q:2/'],
    ['in lower case', { http_proxy: 'http://p:1' }, 'http://a.example/', 'http://p:1/'],
    ['in both cases: the upper one counts', { http_proxy: 'http://low:1', HTTP_PROXY: 'http://up:1' }, 'http://a.example/', 'http://up:1/'],
    ['an empty one is none', { HTTP_PROXY: '', http_proxy: 'http://low:1' }, 'http://a.example/', 'http://low:1/'],
    ['two empty ones', { HTTP_PROXY: '', http_proxy: '' }, 'http://a.example/', null],
    ['ALL_PROXY is not read', { ALL_PROXY: 'http://p:1', all_proxy: 'http://p:1' }, 'http://a.example/', null],
    ['an address without a port', { HTTP_PROXY: '127.0.0.1' }, 'http://a.example/', 'http://127.0.0.1/'],
    ['an address and a port', { HTTP_PROXY: '127.0.0.1:8080' }, 'http://a.example/', 'http://127.0.0.1:8080/'],
    ['a name and a port', { HTTP_PROXY: 'cache.corp.example:1234' }, 'http://a.example/', 'http://cache.corp.example:1234/'],
    ['a name alone', { HTTP_PROXY: 'cache.corp.example' }, 'http://a.example/', 'http://cache.corp.example/'],
    ['a URL with TLS', { HTTP_PROXY: 'https://cache.corp.example' }, 'http://a.example/', 'https://cache.corp.example/'],
    ['SOCKS', { HTTP_PROXY: 'socks5://127.0.0.1' }, 'http://a.example/', 'socks5://127.0.0.1'],
    ['SOCKS with the name resolved there', { HTTPS_PROXY: 'socks5h://[::1]:1080' }, 'https://a.example/', 'socks5h://[::1]:1080'],
    ['user and password', { HTTP_PROXY: 'http://u:p@p:1/' }, 'http://a.example/', 'http://u:p@p:1/'],
    ['user and password without a scheme', { HTTP_PROXY: 'u:p@p:1' }, 'http://a.example/', 'http://u:p@p:1/'],
    ['an address of IPv6', { HTTP_PROXY: 'http://[2001:db8::1]:3128' }, 'http://a.example/', 'http://[2001:db8::1]:3128/'],
    ['an address with a zone, which a URL can\'t have', { HTTP_PROXY: 'http://[fe80::1%25eth0]:3128' }, 'http://a.example/', /^the environment variable HTTP_PROXY names no proxy: .*zone/],
    ['a scheme that is none of a proxy', { http_proxy: 'ftp://p:1' }, 'http://a.example/', /^the environment variable http_proxy names no proxy: "ftp:\/\/p:1\/" is no proxy: its scheme is not http/],
    ['what is no URL, without its password', { HTTPS_PROXY: 'http://u:topsecret@p:port' }, 'https://a.example/', /^the environment variable HTTPS_PROXY names no proxy: "http:\/\/\*\*\*@p:port" is no proxy: it can't be parsed/],
    ['what is no URL, for a host that needs none', { HTTP_PROXY: ':', NO_PROXY: 'a.example' }, 'http://a.example/', null],
    ['CGI: http is refused', { HTTP_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' }, 'http://a.example/', /^HTTP_PROXY is refused because REQUEST_METHOD is set/],
    ['CGI: the lower case too, as in Go', { http_proxy: 'http://p:1', REQUEST_METHOD: 'GET' }, 'http://a.example/', /REQUEST_METHOD/],
    ['CGI: https is not', { HTTPS_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' }, 'https://a.example/', 'http://p:1/'],
    ['CGI without a proxy', { REQUEST_METHOD: 'GET' }, 'http://a.example/', null],
    ['NO_PROXY names another host', { HTTP_PROXY: 'p', NO_PROXY: 'b.example' }, 'http://a.example/', 'http://p/'],
    ['NO_PROXY names the host', { HTTP_PROXY: 'p', NO_PROXY: 'b.example, a.example' }, 'http://a.example/', null],
    ['NO_PROXY in lower case', { HTTP_PROXY: 'p', no_proxy: 'a.example' }, 'http://a.example/', null],
    ['NO_PROXY in both cases: the upper one counts', { HTTP_PROXY: 'p', NO_PROXY: 'b.example', no_proxy: 'a.example' }, 'http://a.example/', 'http://p/'],
    ['localhost', { HTTP_PROXY: 'p' }, 'http://localhost/', null],
    ['localhost with a port', { HTTPS_PROXY: 'p' }, 'https://LOCALHOST:8443/', null],
    ['localhost as an absolute name', { HTTP_PROXY: 'p' }, 'http://localhost./', null],
    ['what only begins like it', { HTTP_PROXY: 'p' }, 'http://localhost.example/', 'http://p/'],
    ['a loopback address', { HTTP_PROXY: 'p' }, 'http://127.0.0.1/', null],
    ['another loopback address', { HTTP_PROXY: 'p' }, 'http://127.8.9.10:99/', null],
    ['a loopback address in an odd form', { HTTP_PROXY: 'p' }, 'http://0x7f.1/', null],
    ['the loopback address of IPv6', { HTTP_PROXY: 'p' }, 'http://[::1]/', null],
    ['a loopback address mapped into IPv6', { HTTP_PROXY: 'p' }, 'http://[::ffff:127.0.0.1]/', null],
    ['an address that is none', { HTTP_PROXY: 'p' }, 'http://128.0.0.1/', 'http://p/'],
  ];
  for (const [what, env, url, expected] of cases) {
    test(`${what}: ${JSON.stringify(env)} for ${url}`, () => {
      const proxy = proxyFor(env, url);
      if (expected instanceof RegExp) {
        assert.match(String(proxy), expected);
        assert.doesNotMatch(String(proxy), /topsecret/);
      } else assert.equal(proxy, expected);
    });
  }
});

describe('NO_PROXY', () => {
  const list = 'foobar.com, .barbaz.net, *.quux.net, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64, [2001:db8::99], fe80::7%eth0, bücher.example, UPPER.example, dotted.example., withport.example:8080';
  const cases: [covered: boolean, hosts: string][] = [
    [true, 'http://foobar.com http://www.foobar.com https://a.b.foobar.com:99 http://foobar.com.'],
    [false, 'http://foofoobar.com http://baz.com http://foobar.com.example'],
    [true, 'http://x.barbaz.net http://a.b.barbaz.net http://x.quux.net'],
    [false, 'http://barbaz.net http://quux.net http://wwwbarbaz.net'],
    [true, 'http://192.168.1.1 https://192.168.1.1:5000 http://192.168.1.2:81 http://192.168.1.3 http://192.168.1.3:80'],
    [false, 'http://192.168.1.4 http://192.168.1.2 http://192.168.1.3:81 https://192.168.1.3'],
    [true, 'http://10.0.0.0 http://10.0.0.2 https://10.0.0.3:99'],
    [false, 'http://10.0.0.4 http://10.0.1.1'],
    [true, 'http://[2001:db8::52:0:1] http://[2001:db8:0:0:0:52:0:1]:99 https://[2001:db8::52:0:2] http://[2001:db8::52:0:3] http://[2002:db8:a::123] http://[2002:db8:a:0:ffff::]'],
    [false, 'http://[2001:db8::52:0:2] http://[2001:db8::52:0:3]:8080 http://[2002:db8:a:1::1] http://[2001:db8::52:0:9]'],
    [true, 'http://[2001:db8::99] http://[2001:db8::99]:1 http://[fe80::7] http://[::ffff:192.168.1.1]'],
    [true, 'http://xn--bcher-kva.example http://bücher.example http://a.bücher.example http://upper.example http://dotted.example http://x.dotted.example'],
    [true, 'http://withport.example:8080 http://www.withport.example:8080'],
    [false, 'http://withport.example http://withport.example:8081'],
  ];
  for (const [covered, hosts] of cases) {
    for (const url of hosts.split(' ')) {
      test(`${url} ${covered ? 'needs no proxy' : 'goes through the proxy'}`, () => {
        const { hostname, port } = parseTarget(url).origin;
        assert.equal(new NoProxy(list).covers(hostname, port), covered);
      });
    }
  }

  for (const [what, entries, url, covered] of [
    ['* is every host', 'a.example, *', 'http://b.example', true],
    ['* with spaces', ' * ', 'http://10.9.8.7', true],
    ['*.name is no star', '*.example', 'http://b.other', false],
    ['what is empty', ' ,, ,', 'http://b.example', false],
    ['a port alone', ':80', 'http://b.example', false],
    ['a CIDR that is none', '10.0.0.0/33, 10.0.0.0/x, /8, x/8', 'http://10.0.0.1', false],
    ['all addresses of IPv4', '0.0.0.0/0', 'http://10.0.0.1', true],
    ['which has no name among them', '0.0.0.0/0', 'http://b.example', false],
    ['a dot alone', '.', 'http://b.example', false],
    ['a name with an underscore', 'a_b.example', 'http://a_b.example', true],
    ['an address is no domain of another', '1.2.3.4', 'http://1.2.3.4.example', false],
    ['an empty port is every port', 'b.example:', 'http://b.example:99', true],
  ] as const) {
    test(`${what}: ${JSON.stringify(entries)}`, () => {
      const { hostname, port } = parseTarget(url).origin;
      assert.equal(new NoProxy(entries).covers(hostname, port), covered);
    });
  }

  test('a URL with a zone is refused before anything is asked (URL standard)', () => {
    assert.throws(() => proxyFromEnvironment({ url: 'http://[::1%25.foobar.com]:80/' }), { code: 'ERR_INVALID_URL' });
  });
});

test('the function takes requests, and plain objects with a URL', () => {
  assert.equal(proxyFromEnvironment(new Request('http://localhost/')), null);
  assert.equal(proxyFromEnvironment({ url: new URL('http://127.0.0.1/') }), null);
});
