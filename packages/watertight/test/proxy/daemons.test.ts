/** Real proxies from packages: tinyproxy, microsocks, HAProxy before one for TLS, and nginx as the server behind. */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { Client, TransportOptions } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { absent, startDaemon } from '../fixtures/daemon.js';
import { onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['127.0.0.1'] });
const trusted: TransportOptions = { tls: { ca: authority.cert } };
const echo = (request: RawRequest): void => request.reply(`${request.head}\n${'x'.repeat(100_000)}`);

function tinyproxy(t: TestContext, ...lines: string[]): Promise<number> {
  return startDaemon(t, {
    program: 'tinyproxy',
    args: ({ file }) => ['-d', '-c', file],
    config: ({ dir, port }) => ['Listen 127.0.0.1', `Port ${port}`, 'Timeout 60', 'Allow 127.0.0.1', `LogFile "${dir}/log"`, 'LogLevel Critical', ...lines, ''].join('\n'),
  });
}

function microsocks(t: TestContext, ...args: string[]): Promise<number> {
  return startDaemon(t, { program: 'microsocks', args: ({ port }) => ['-i', '127.0.0.1', '-p', String(port), ...args] });
}

/** TLS before another server. */
function haproxy(t: TestContext, behind: number): Promise<number> {
  return startDaemon(t, {
    program: 'haproxy',
    args: ({ file }) => ['-db', '-f', file],
    files: { 'server.pem': certificate.cert + certificate.key },
    config: ({ dir, port }) => ['defaults', ' mode tcp', ' timeout connect 10s', ' timeout client 60s', ' timeout server 60s', 'frontend tls', ` bind 127.0.0.1:${port} ssl crt ${dir}/server.pem`, ' default_backend plain', 'backend plain', ` server one 127.0.0.1:${behind}`, ''].join('\n'),
  });
}

/** A reverse proxy that speaks TLS and keeps connections. */
function nginx(t: TestContext, behind: number): Promise<number> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp-${name};`).join(' ');
  return startDaemon(t, {
    program: 'nginx',
    args: ({ file, dir }) => ['-p', dir, '-c', file, '-e', 'stderr'],
    files: { 'cert.pem': certificate.cert, 'key.pem': certificate.key },
    config: ({ dir, port }) => `daemon off; master_process off; pid ${dir}/pid; events {} http { access_log off; ${temporary} server { listen 127.0.0.1:${port} ssl; ssl_certificate ${dir}/cert.pem; ssl_certificate_key ${dir}/key.pem; location / { proxy_pass http://127.0.0.1:${behind}; } } }`,
  });
}

/** What a program does with a response: read twice, closed, left half read and then closed. */
async function useThoroughly(client: Client, url: string, headers: Record<string, string>): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const text = await (await client.get(`${url}/read`, { headers })).text();
    assert.match(text, /^GET \/read /);
    assert.doesNotMatch(text, /proxy-authorization|topsecret/i);
  }
  await (await client.get(`${url}/closed`)).close();
  const half = await client.post(`${url}/half`, 'content');
  await half.body.read(10);
  assert.ok(taskCount() >= 3);
  await half.close();
  client.closeIdleConnections();
  assert.equal(taskCount(), 1);
}

for (const [what, program, start, urlOf] of [
  ['tinyproxy', ['tinyproxy'], (t: TestContext) => tinyproxy(t), (port: number) => `http://127.0.0.1:${port}`],
  ['tinyproxy with a password', ['tinyproxy'], (t: TestContext) => tinyproxy(t, 'BasicAuth user topsecret'), (port: number) => `http://user:topsecret@127.0.0.1:${port}`],
  ['tinyproxy behind HAProxy, over TLS', ['tinyproxy', 'haproxy'], async (t: TestContext) => haproxy(t, await tinyproxy(t, 'BasicAuth user topsecret')), (port: number) => `https://user:topsecret@127.0.0.1:${port}`],
  ['microsocks', ['microsocks'], (t: TestContext) => microsocks(t), (port: number) => `socks5://127.0.0.1:${port}`],
  ['microsocks with a password', ['microsocks'], (t: TestContext) => microsocks(t, '-u', 'user', '-P', 'topsecret'), (port: number) => `socks5h://user:topsecret@127.0.0.1:${port}`],
] as const) {
  describe(what, { skip: absent(...program) }, () => {
    test('http and https requests go through it, and leave nothing', onLoopback(async (net, t) => {
      const plain = await net.serve({ onRequest: echo });
      const secure = await net.serve({ tls: certificate, onRequest: echo });
      const { client } = net.client({ ...trusted, proxy: urlOf(await start(t)) });
      // A tinyproxy that wants no password hands the program's field on.
      await useThoroughly(client, plain.origin, what === 'tinyproxy' ? {} : { 'Proxy-Authorization': 'Basic own' });
      await useThoroughly(client, secure.origin, { 'Proxy-Authorization': 'Basic own' });
    }));
  });
}

describe('refusals of real proxies', () => {
  test('tinyproxy refuses a port, and wants a password', { skip: absent('tinyproxy') }, onLoopback(async (net, t) => {
    const port = await tinyproxy(t, 'BasicAuth user topsecret', 'ConnectPort 443');
    const refused = net.client({ proxy: `http://user:topsecret@127.0.0.1:${port}` }).client;
    await assert.rejects(refused.get('https://127.0.0.1:8443/'), { code: 'ERR_PROXY_REFUSED', status: 403 });
    const unknown = net.client({ proxy: `http://user:wrong@127.0.0.1:${port}` }).client;
    await assert.rejects(unknown.get('https://127.0.0.1/'), (error: Error & { code: string; status: number }) => {
      assert.equal(error.code, 'ERR_PROXY_REFUSED');
      assert.ok(error.status === 401 || error.status === 407, error.message);
      return true;
    });
    assert.equal(taskCount(), 1);
  }));

  test('microsocks says that nobody listens, and does not take the password', { skip: absent('microsocks') }, onLoopback(async (net, t) => {
    const port = await microsocks(t, '-u', 'user', '-P', 'topsecret');
    const { client } = net.client({ proxy: `socks5://user:topsecret@127.0.0.1:${port}` });
    await assert.rejects(client.get('http://127.0.0.1:1/'), { code: 'ERR_PROXY_REFUSED' });
    const unknown = net.client({ proxy: `socks5://user:wrong@127.0.0.1:${port}` }).client;
    await assert.rejects(unknown.get('http://127.0.0.1:1/'), { code: 'ERR_PROXY_REFUSED' });
    assert.equal(taskCount(), 1);
  }));
});

describe('nginx behind tinyproxy', { skip: absent('nginx', 'tinyproxy') }, () => {
  test('one tunnel serves all requests to it', onLoopback(async (net, t) => {
    const server = await net.serve({ onRequest: echo });
    const port = await nginx(t, server.port);
    const { client, transport } = net.client({ ...trusted, proxy: `http://127.0.0.1:${await tinyproxy(t)}` });
    for (let i = 0; i < 5; i++) assert.match(await (await client.get(`https://127.0.0.1:${port}/x`)).text(), /^GET \/x /);
    assert.equal(transport.stats().opened, 1);
    assert.equal(taskCount(), 3);
  }));
});
