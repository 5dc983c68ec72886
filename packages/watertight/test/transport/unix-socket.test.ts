/** Servers on a Unix socket: the option `socketPath`, and URLs that name a socket. */

import assert from 'node:assert/strict';
import net_ from 'node:net';
import { describe, test } from 'node:test';
import { createFetch, fetch, type Client, type CookieJar, type TransportOptions } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { compiledProgram } from '../fixtures/package-root.js';
import { loopbackLookup, onLoopback, type Loopback } from '../fixtures/loopback.js';
import type { RawRequest, RawServer } from '../fixtures/raw-server.js';
import { newSocketPath, noUnixSockets } from '../fixtures/socket-path.js';

const skip = noUnixSockets;
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['a.example', 'localhost'] });

/** Answers with what it was asked. */
const tell = (request: RawRequest): void => request.reply(`${request.header('host')} ${request.target}`);

async function serveAt(net: Loopback, path = newSocketPath(), onRequest: (request: RawRequest) => unknown = tell): Promise<{ server: RawServer; path: string }> {
  return { server: await net.serve({ path, onRequest }), path };
}

async function text(client: Client, url: string | URL): Promise<string> {
  return (await client.get(url)).text();
}

describe('the option socketPath', { skip }, () => {
  test('carries every request, and the URL still decides Host and connect key', onLoopback(async (net) => {
    const { server, path } = await serveAt(net);
    const { client, transport } = net.client({ socketPath: path });
    for (const [url, asked] of [['http://a.example/x', 'a.example /x'], ['http://a.example/y', 'a.example /y'], ['http://b.example:81/', 'b.example:81 /'], ['http://127.0.0.1:9/', '127.0.0.1:9 /']] as const) {
      assert.equal(await text(client, url), asked);
    }
    assert.equal(server.connections.length, 3, 'one for each origin');
    assert.deepEqual(transport.stats().hosts.map(({ key, idle }) => [key, idle]), ['a.example', 'b.example:81', '127.0.0.1:9'].map((host) => [`http://${host} over ${path}`, 1]));
  }));

  test('is below TLS: the certificate is checked for the host of the URL', onLoopback(async (net) => {
    const path = newSocketPath();
    const names: string[] = [];
    await net.serve({ path, onRequest: tell, tls: { ...certificate, SNICallback: (name, done) => {
      names.push(name);
      done(null);
    } } });
    const { client } = net.client({ socketPath: path, tls: { ca: authority.cert } });
    assert.equal(await text(client, 'https://a.example/x'), 'a.example /x');
    await assert.rejects(client.get('https://c.example/'), { code: 'ERR_TLS', message: new RegExp(`https://c\\.example over the socket ${path}`) });
    assert.deepEqual(names, ['a.example', 'c.example']);
  }));

  test('is named where the dial fails', onLoopback(async (net) => {
    const path = newSocketPath();
    const { client } = net.client({ socketPath: path });
    await assert.rejects(client.get('http://a.example/'), (error: { code: string; message: string; cause: { code: string } }) => {
      assert.equal(error.code, 'ERR_DIAL');
      assert.ok(error.message.startsWith(`connecting to http://a.example over the socket ${path} failed: `), error.message);
      assert.equal(error.cause.code, 'ENOENT');
      return true;
    });
  }));

  test('carries fetch, and requests through a clone', onLoopback(async (net) => {
    const { path } = await serveAt(net);
    const { transport } = net.client({ socketPath: path });
    assert.equal(await (await createFetch({ transport })('http://a.example/f')).text(), 'a.example /f');
    const clone = net.adopt(transport.clone());
    assert.equal(await (await clone.roundTrip({ url: 'http://a.example/c' })).text(), 'a.example /c');
  }));

  test('a relative path, and a name without a file where the system has those', { skip: process.platform !== 'linux' && 'abstract names are Linux\'s' }, onLoopback(async (net) => {
    const abstract = `\0wt-${process.pid}-${Date.now()}`;
    let served;
    try {
      served = await serveAt(net, abstract);
    } catch {
      // This Node has none.
      return;
    }
    const { client, transport } = net.client({ socketPath: served.path });
    assert.equal(await text(client, 'http://a.example/'), 'a.example /');
    assert.equal(transport.stats().hosts[0].key, `http://a.example over @${abstract.slice(1)}`);
  }));
});

describe('a URL of a Unix socket', { skip }, () => {
  test('is requested over that socket, whose server is called localhost; equal sockets share connections', onLoopback(async (net) => {
    const { server, path } = await serveAt(net);
    const { server: second, path: other } = await serveAt(net, newSocketPath('my app:1.sock'));
    const { client, transport } = net.client();
    for (const url of [`http://unix:${path}:/a?b=c`, `unix:${path}:/a?b=c`, new URL(`unix:${path}:/a?b=c`)]) assert.equal(await text(client, url), 'localhost /a?b=c');
    assert.equal(await text(client, `unix:${other.replace('app:', 'app%3A')}:/z`), 'localhost /z');
    assert.deepEqual([server.connections.length, second.connections.length], [1, 1]);
    assert.deepEqual(transport.stats().hosts.map(({ key }) => key), [`http://unix:${path}:`, `http://unix:${other.replace('my app:', 'my%20app%3A')}:`]);
    const response = await client.get(`http://unix:${path}:/`);
    assert.equal(response.request.url, `http://unix:${path}:/`);
    await response.close();
  }));

  test('by https is checked for the name localhost', onLoopback(async (net) => {
    const path = newSocketPath();
    await net.serve({ path, onRequest: tell, tls: certificate });
    const { client } = net.client({ tls: { ca: authority.cert } });
    assert.equal(await text(client, `https://unix:${path}:/x`), 'localhost /x');
  }));

  test('goes past no option that decides where connections go', onLoopback(async (net) => {
    const { server, path } = await serveAt(net);
    const options: TransportOptions[] = [{ lookup: loopbackLookup().lookup }, { proxy: () => null }, { proxy: 'http://127.0.0.1:9' }, { socketPath: '/other.sock' }];
    for (const option of options) {
      const { client } = net.client(option);
      await assert.rejects(client.get(`unix:${path}:/x`), { name: 'RequestError', code: 'ERR_INVALID_URL', message: new RegExp(`names a Unix socket, and the transport's option ${Object.keys(option)[0]} decides`) });
    }
    assert.equal(server.requests.length, 0);
  }));

  test('leaves the connection to the program\'s dial, which is told the path', onLoopback(async (net) => {
    const { path } = await serveAt(net);
    const asked: unknown[] = [];
    const { client } = net.client({ dial: ({ host, port, socketPath }) => {
      asked.push([host, port, socketPath]);
      return net_.connect(path);
    } });
    assert.equal(await text(client, 'unix:/somewhere.sock:/x'), 'localhost /x');
    assert.equal(await text(client, 'http://a.example/x'), 'a.example /x');
    assert.deepEqual(asked, [['localhost', 80, '/somewhere.sock'], ['a.example', 80, null]]);
  }));

  test('is none for fetch: the standard knows a host unix, and no scheme unix', onLoopback(async (net) => {
    const { server, path } = await serveAt(net);
    await assert.rejects(fetch(`unix:${path}:/x`), TypeError);
    const { lookup, asked } = loopbackLookup();
    const { transport } = net.client({ lookup });
    const tcp = await net.serve({ onRequest: tell });
    // As the URL standard reads it, the host is `unix` and the port 80: nobody but this test would listen there.
    await createFetch({ transport })(`http://unix:${path}:/x`).then((response) => response.text(), () => undefined);
    assert.deepEqual(asked, ['unix']);
    assert.deepEqual([server.requests.length, tcp.requests.length], [0, 0]);
  }));

  test('stores no cookies and asks for none', onLoopback(async (net) => {
    const { path } = await serveAt(net, undefined, (request) => request.reply('x', { fields: ['Set-Cookie: a=b'] }));
    const jar = { getCookieString: () => assert.fail('asked'), setCookie: () => assert.fail('stored') } as unknown as CookieJar;
    const { client } = net.client({}, { jar });
    assert.equal(await text(client, `unix:${path}:/x`), 'x');
  }));
});

describe('a redirect', { skip }, () => {
  for (const [what, location] of [['in one form', (path: string) => `http://unix:${path}:/secret`], ['in the other', (path: string) => `unix:${path}:/secret`]] as const) {
    test(`never leads to a Unix socket: ${what}`, onLoopback(async (net) => {
      const { server, path } = await serveAt(net);
      const tcp = await net.serve({ onRequest: (request) => request.reply('', { status: '302 Found', fields: [`Location: ${location(path)}`] }) });
      const { lookup } = loopbackLookup();
      for (const { client } of [net.client(), net.client({ lookup })]) await assert.rejects(client.get(tcp.origin, { timeout: 5000 }));
      assert.equal(server.requests.length, 0);
    }));
  }

  for (const location of ['/next', 'http://localhost/next', '//localhost/next']) {
    test(`of a server on a Unix socket to itself stays there: ${location}`, onLoopback(async (net) => {
      const { server, path } = await serveAt(net, undefined, (request) => {
        if (request.target === '/next') request.reply(`${request.header('referer')} ${request.header('x-key')}`);
        else request.reply('', { status: '302 Found', fields: [`Location: ${location}`] });
      });
      const { client } = net.client({}, { sensitiveHeaders: ['X-Key'] });
      assert.equal(await (await client.get(`unix:${path}:/first`, { headers: { 'X-Key': 'k' } })).text(), 'http://localhost/first k');
      assert.equal(server.connections.length, 1);
    }));
  }

  test('of such a server to another one is followed there, without credentials and without the path of the socket', onLoopback(async (net) => {
    const tcp = await net.serve({ onRequest: (request) => request.reply(`${request.header('referer')} ${request.header('authorization')}`) });
    const { path } = await serveAt(net, undefined, (request) => request.reply('', { status: '302 Found', fields: [`Location: ${tcp.origin}/there`] }));
    const { client } = net.client();
    assert.equal(await (await client.get(`unix:${path}:/first`, { headers: { Authorization: 'secret' } })).text(), 'http://localhost/first undefined');
  }));
});

test('a proxy of the environment is not asked, neither for socketPath nor for such a URL', { skip }, onLoopback(async (net) => {
  const { path } = await serveAt(net);
  const { execFile } = await import('node:child_process');
  const env = { ...process.env, HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '', no_proxy: '', REQUEST_METHOD: '' };
  delete (env as Record<string, string | undefined>).REQUEST_METHOD;
  const out = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [compiledProgram('transport/past-the-proxy.js'), path], { env }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(stderr, { cause: error }))));
  });
  assert.deepEqual(JSON.parse(out), ['a.example /x', 'localhost /y', 'ERR_DIAL']);
}));
