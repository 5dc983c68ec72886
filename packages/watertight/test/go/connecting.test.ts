/** Dials, TLS and proxies as the tests of Go's transport and client pin them. docs/go-parity.md says which test is which. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { DialError, HookError, ProxyError, type TransportOptions } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { assertWorks, loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';

const ca = new CertificateAuthority();
const certificate = ca.issue({ names: ['example.test', '127.0.0.1'] });
const hello = { onRequest: (request: { reply(body: string): void }) => request.reply('Hello') };

describe('the program\'s own dial', () => {
  for (const [scheme, option] of [['http', 'dial'], ['https', 'dial'], ['https', 'dialTls']] as const) {
    test(`${option} makes the connection to ${scheme}, and is told host and port`, onLoopback(async (net) => {
      const server = await net.serve({ ...hello, tls: scheme === 'https' ? certificate : undefined });
      const asked: string[] = [];
      const { client } = net.client({ tls: { ca: ca.cert }, [option]: ({ host, port }: { host: string; port: number }) => {
        asked.push(`${host}:${port}`);
        return option === 'dial' ? connect(server.port, '127.0.0.1') : new Promise((resolve, reject) => {
          const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca: ca.cert, servername: 'example.test' }, () => resolve(socket)).on('error', reject);
        });
      } });
      assert.equal(await (await client.get(`${scheme}://example.test:1234/`)).text(), 'Hello');
      assert.deepEqual(asked, ['example.test:1234']);
    }));

    test(`${option} to ${scheme} that fails is the cause of the error`, onLoopback(async (net) => {
      const failure = new Error('no way');
      const { client } = net.client({ [option]: () => Promise.reject(failure) });
      await assert.rejects(client.get(`${scheme}://example.test/`), (error) => error instanceof DialError && error.cause === failure);
    }));
  }

  test('dialTls is not asked for http', onLoopback(async (net) => {
    const server = await net.serve(hello);
    const { client } = net.client({ dialTls: () => Promise.reject(new Error('asked')) });
    await assertWorks(client, server.origin);
  }));
});

describe('TLS', () => {
  for (const [what, options, works] of [
    ['an authority that is not known', {}, false],
    ['an authority that is given', { tls: { ca: ca.cert } }, true],
    ['rejectUnauthorized: false', { tls: { rejectUnauthorized: false } }, true],
  ] as [string, TransportOptions, boolean][]) {
    test(`with ${what} ${works ? 'works' : 'is refused, and names the certificate'}`, onLoopback(async (net) => {
      const server = await net.serve({ ...hello, tls: certificate });
      const { client } = net.client({ ...options, lookup: loopbackLookup().lookup });
      const pending = client.get(`https://example.test:${server.port}/`);
      if (works) {
        const response = await pending;
        assert.equal(response.tls?.protocol, 'TLSv1.3');
        assert.equal(await response.text(), 'Hello');
      } else await assert.rejects(pending, { name: 'DialError', code: 'ERR_TLS', message: /certificate/ });
    }));
  }

  test('tls.servername is the name that is asked for, and that the certificate must have', onLoopback(async (net) => {
    const asked: string[] = [];
    const server = await net.serve({ ...hello, tls: { ...certificate, SNICallback: (name, done) => (asked.push(name), done(null, tls.createSecureContext(certificate))) } });
    const url = `https://some-other-host.test:${server.port}/`;
    const { lookup } = loopbackLookup();
    const { client } = net.client({ lookup, tls: { ca: ca.cert, servername: 'example.test' } });
    assert.equal(await (await client.get(url)).text(), 'Hello');
    assert.deepEqual(asked, ['example.test']);
    assert.equal(server.requests[0].header('host'), `some-other-host.test:${server.port}`);
    const { client: wrong } = net.client({ lookup, tls: { ca: ca.cert, servername: 'badserver.test' } });
    await assert.rejects(wrong.get(`https://example.test:${server.port}/`), { name: 'DialError', code: 'ERR_TLS', message: /badserver\.test/ });
  }));

  test('the hooks of the handshake are called once each for a connection, and with the error of one that fails', onLoopback(async (net) => {
    const server = await net.serve({ ...hello, tls: certificate });
    const calls: string[] = [];
    const trace = { tlsHandshakeStart: () => void calls.push('start'), tlsHandshakeDone: (_state: unknown, error: Error | null) => void calls.push(error === null ? 'done' : `failed: ${(error as { code?: string }).code}`) };
    const { client } = net.client({ tls: { ca: ca.cert } });
    for (let i = 0; i < 2; i++) await (await client.get(server.origin, { trace })).text();
    const { client: distrustful } = net.client();
    await assert.rejects(distrustful.get(server.origin, { trace }));
    assert.deepEqual(calls, ['start', 'done', 'start', 'failed: ERR_TLS']);
  }));

  test('a server that closes in the handshake, or at once after it, is an error that says so', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => void socket.once('data', () => socket.destroy()) });
    const { client } = net.client();
    await assert.rejects(client.get(`https://127.0.0.1:${server.port}/`), { name: 'DialError', code: 'ERR_TLS' });
    const secure = await net.serve({ tls: certificate, parse: false, onConnection: ({ socket }) => void socket.destroy() });
    const { client: trusting } = net.client({ tls: { ca: ca.cert } });
    await assert.rejects(trusting.get(secure.origin), (error: { code?: string }) => /^ERR_(CONNECTION|TLS)/.test(String(error.code)));
  }));
});

describe('the hooks of a dial', () => {
  test('of a name tell the name, each address once, and the error of the one that failed', onLoopback(async (net) => {
    const port = await closedPort();
    const { client } = net.client({ lookup: loopbackLookup().lookup });
    const calls: string[] = [];
    const trace = { getConn: (to: string) => void calls.push(`get ${to}`), connectStart: (_network: string, to: string) => void calls.push(`start ${to}`), connectDone: (_network: string, to: string, error: Error | null) => void calls.push(`done ${to} ${(error as { code?: string }).code}`) };
    await assert.rejects(client.get(`http://a.example:${port}/`, { trace }), { message: /ECONNREFUSED|refused/ });
    assert.deepEqual(calls, [`get a.example:${port}`, `start 127.0.0.1:${port}`, `done 127.0.0.1:${port} ECONNREFUSED`]);
  }));

  test('that are none change nothing', onLoopback(async (net) => {
    const server = await net.serve(hello);
    const { client } = net.client();
    for (const trace of [{}, { getConn: undefined, gotConn: null as never }, null]) assert.equal(await (await client.get(server.origin, { trace })).text(), 'Hello');
  }));
});

describe('a proxy', () => {
  test('user and password of its URL are decoded before they are sent', onLoopback(async (net) => {
    const proxy = await startSmallProxy(net);
    const server = await net.serve(hello);
    const { client } = net.client({ proxy: proxy.url(`u:${encodeURIComponent('@/?!:')}`) });
    assert.equal(await (await client.get(server.origin)).text(), 'Hello');
    assert.equal(proxy.seen[0].headers['proxy-authorization'], `Basic ${Buffer.from('u:@/?!:').toString('base64')}`);
  }));

  test('whose answer to CONNECT has no reason is no crash: the error has the status', onLoopback(async (net) => {
    const proxy = await net.serve({ onRequest: ({ connection }) => void connection.write('HTTP/1.1 400\r\nContent-Length: 10\r\n\r\nAloha Olaa') });
    const { client } = net.client({ proxy: proxy.origin });
    await assert.rejects(client.get('https://go.example/'), (error) => error instanceof ProxyError && error.message.includes('400'));
  }));

  test('whose function throws fails the request with that as the cause', onLoopback(async (net) => {
    const failure = new Error('some proxy error');
    const { client } = net.client({ proxy: () => {
      throw failure;
    } });
    await assert.rejects(client.get('http://a.example/'), (error) => error instanceof HookError && error.cause === failure);
  }));

  test('that can\'t be connected to is named in the error, and its system error is the cause', onLoopback(async (net) => {
    const port = await closedPort();
    const { client } = net.client({ proxy: `http://127.0.0.1:${port}` });
    for (const url of ['http://a.example/', 'https://a.example/']) {
      await assert.rejects(client.get(url), (error: Error) => error.message.includes(`proxy http://127.0.0.1:${port}`) && (error.cause as { code?: string }).code === 'ECONNREFUSED');
    }
  }));

  test('gets the same fields with every CONNECT, whatever was sent with the one before', onLoopback(async (net) => {
    const proxy = await startSmallProxy(net);
    const server = await net.serve({ ...hello, tls: certificate });
    const fields = { 'User-Agent': 'foo', Other: 'bar' };
    const { client, transport } = net.client({ proxy: proxy.url('user:pw'), proxyConnectHeaders: fields, tls: { ca: ca.cert } });
    for (let i = 0; i < 2; i++) {
      await (await client.get(server.origin)).text();
      transport.closeIdleConnections();
    }
    assert.deepEqual(fields, { 'User-Agent': 'foo', Other: 'bar' });
    assert.deepEqual(proxy.seen.map(({ headers }) => [headers['user-agent'], headers.other]), [['foo', 'bar'], ['foo', 'bar']]);
  }));
});

describe('user and password of a URL', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  for (const [what, userinfo, sent] of [
    ['become an Authorization', 'My User:My Pass', basic('My User:My Pass')],
    ['may lack the password', 'user:', basic('user:')],
    ['may lack the user', ':pass', basic(':pass')],
    ['are decoded', 'a%40b:c%3Ad', basic('a@b:c:d')],
    ['may be beyond ASCII', 'jürgen:grün', basic('jürgen:grün')],
  ] as const) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve(hello);
      const { client } = net.client();
      await (await client.get(`http://${userinfo}@127.0.0.1:${server.port}/`)).text();
      assert.equal(server.requests[0].header('authorization'), sent);
    }));
  }

  test('give way to an Authorization that the program has set', onLoopback(async (net) => {
    const server = await net.serve(hello);
    const { client } = net.client();
    await (await client.get(`http://user:pw@127.0.0.1:${server.port}/`, { headers: { Authorization: 'Bearer mine' } })).text();
    assert.deepEqual(server.requests[0].all('authorization'), ['Bearer mine']);
  }));

  for (const userinfo of ['user:topsecret', ':topsecret', 'user%3Atopsecret', 'user:topsecret%20and%20more']) {
    test(`are in no error (${userinfo})`, onLoopback(async (net) => {
      const port = await closedPort();
      const { client } = net.client();
      await assert.rejects(client.get(`http://${userinfo}@127.0.0.1:${port}/`), (error: Error) => !/topsecret|user/.test(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`));
    }));
  }
});
