/** A dial: names, addresses, TLS with its certificate checks on, and the program's own ways to dial. */

import assert from 'node:assert/strict';
import net_ from 'node:net';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Response } from 'watertight';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { loopbackLookup, onLoopback } from '../fixtures/loopback.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const echo = (request: RawRequest): void => request.reply(request.target);
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['127.0.0.1', 'a.example', 'b.example'] });
const trusted = { tls: { ca: authority.cert } };

async function text(client: Client, url: string): Promise<string> {
  return (await client.get(url)).text();
}

describe('TLS', () => {
  test('a private authority is trusted where it is given, and the response says what was agreed on', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const { client } = net.client(trusted);
    const response = await client.get(`${server.origin}/x`);
    assert.equal(await response.text(), '/x');
    const { tls: state } = response;
    assert.deepEqual({ authorized: state?.authorized, serverName: state?.serverName, resumed: state?.resumed, protocol: state?.protocol }, { authorized: true, serverName: '', resumed: false, protocol: 'TLSv1.3' });
    assert.equal(state?.peerCertificate.subject.CN, '127.0.0.1');
  }));

  const refused: [what: string, tlsOf: () => tls.TlsOptions, host: string, options: object, message: RegExp][] = [
    ['a certificate of an unknown authority', () => certificate, '127.0.0.1', {}, /unable to verify|self-signed|unable to get/],
    ['a self-signed certificate', () => selfSigned({ names: ['127.0.0.1'] }), '127.0.0.1', {}, /self-signed|self signed/],
    ['a self-signed one, though an authority is given', () => selfSigned({ names: ['127.0.0.1'] }), '127.0.0.1', trusted, /self-signed|self signed/],
    ['a certificate of another name', () => certificate, 'c.example', trusted, /c\.example/],
    ['an expired certificate', () => authority.issue({ names: ['127.0.0.1'], notBefore: new Date(Date.now() - 9e8), notAfter: new Date(Date.now() - 8e8) }), '127.0.0.1', trusted, /expired/],
  ];
  for (const [what, tlsOf, host, options, message] of refused) {
    test(`${what} is refused`, onLoopback(async (net) => {
      const server = await net.serve({ tls: tlsOf(), onRequest: echo });
      const { client } = net.client({ ...options, lookup: loopbackLookup().lookup });
      await assert.rejects(client.get(`https://${host}:${server.port}/`), (error: Error & { code: string }) => {
        assert.equal(error.name, 'DialError');
        assert.equal(error.code, 'ERR_TLS');
        assert.match(error.message, message);
        assert.ok(error.cause instanceof Error);
        return true;
      });
      assert.equal(server.requests.length, 0, 'not a byte of the request was sent');
    }));
  }

  for (const [what, ca, message] of [
    ['a path', '/etc/ssl/ca.pem', /tls\.ca holds no certificate/],
    ['empty text', '', /tls\.ca holds no certificate/],
    ['a key', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n', /tls\.ca holds no certificate/],
    ['bytes that are no PEM', Buffer.from([0x30, 0x82, 1, 2]), /tls\.ca holds no certificate/],
    ['a list with one that is none', [authority.cert, 'x'], /tls\.ca holds no certificate/],
    ['a number', 5, /type number/],
    ['a list with a null', [null], /null/],
    ['a certificate that is damaged', authority.cert.replace(/\n[^-\n]{20}/, '\n!!!!'), /./],
  ] as const) {
    test(`a tls.ca that is none is a fault of TLS: ${what}`, onLoopback(async (net) => {
      const server = await net.serve({ tls: certificate, onRequest: echo });
      const { client } = net.client({ tls: { ca: ca as string } });
      await assert.rejects(client.get(server.origin), (error: Error & { code: string }) => {
        assert.equal(error.name, 'DialError');
        assert.equal(error.code, 'ERR_TLS');
        assert.match(error.message, message);
        return true;
      });
      assert.equal(server.requests.length, 0);
    }));
  }

  test('tls options that Node refuses are a fault of TLS', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const { client } = net.client({ tls: { cert: 'no certificate' } });
    await assert.rejects(client.get(server.origin), { name: 'DialError', code: 'ERR_TLS', message: /the tls options can't be used/ });
  }));

  test('rejectUnauthorized: false is what it takes to go without the check; undefined is not', onLoopback(async (net) => {
    const server = await net.serve({ tls: selfSigned({ names: ['other'] }), onRequest: echo });
    const { client } = net.client({ tls: { rejectUnauthorized: false } });
    const response = await client.get(server.origin);
    assert.equal(response.tls?.authorized, false);
    await response.text();
    const { client: careful } = net.client({ tls: { rejectUnauthorized: undefined } });
    await assert.rejects(careful.get(server.origin), { code: 'ERR_TLS' });
  }));

  test('SNI has the URL\'s host, whatever the Host field says, and none for an address', onLoopback(async (net) => {
    const names: (string | false)[] = [];
    const server = await net.serve({ tls: { ...certificate, SNICallback: (name, done) => {
      names.push(name);
      done(null);
    } }, onRequest: echo });
    const { lookup } = loopbackLookup();
    const { client } = net.client({ ...trusted, lookup });
    const response = await client.get(`https://a.example:${server.port}/`, { headers: { Host: 'b.example' } });
    await response.text();
    assert.deepEqual(names, ['a.example']);
    assert.equal(response.tls?.serverName, 'a.example');
    await text(client, server.origin);
    assert.deepEqual(names, ['a.example']);
  }));

  test('a session is resumed by the same transport to the same name, and by no other', onLoopback(async (net) => {
    // Each connection ends with its response, so that the next one dials.
    const server = await net.serve({ tls: certificate, onRequest: (request) => request.reply('x', { fields: ['Connection: close'] }) });
    const { lookup } = loopbackLookup();
    const { client, transport } = net.client({ ...trusted, lookup });
    const resumed = async (by: Client, host: string): Promise<boolean | undefined> => {
      const response = await by.get(`https://${host}:${server.port}/`);
      await response.text();
      // TLS 1.3 sends its tickets behind the handshake.
      await sleep(10);
      return response.tls?.resumed;
    };
    assert.equal(await resumed(client, 'a.example'), false);
    assert.equal(await resumed(client, 'a.example'), true);
    assert.equal(await resumed(client, 'b.example'), false, 'another server name');
    const { client: other } = net.client({ ...trusted, lookup });
    assert.equal(await resumed(other, 'a.example'), false, 'another transport');
    const clone = net.adopt(transport.clone());
    const response: Response = await clone.roundTrip({ url: `https://a.example:${server.port}/` });
    await response.text();
    assert.equal(response.tls?.resumed, false, 'a clone');
  }));

  test('a server that speaks plain HTTP on that port is named as a likely mistake', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: ({ socket }) => socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')) });
    const { client } = net.client();
    await assert.rejects(client.get(`https://127.0.0.1:${server.port}/`), { code: 'ERR_TLS', message: /is the URL http:\/\/\?/ });
  }));

  test('a server that ends the handshake is an error of it', onLoopback(async (net) => {
    const server = await net.serve({ parse: false, onConnection: (connection) => connection.socket.destroy() });
    const { client } = net.client();
    await assert.rejects(client.get(`https://127.0.0.1:${server.port}/`), { name: 'DialError', code: 'ERR_TLS' });
  }));

  test('a body over TLS comes whole, and its connection is used again', onLoopback(async (net) => {
    const body = Buffer.alloc(3 << 20, 'abcdefg');
    const server = await net.serve({ tls: certificate, onRequest: (request) => request.reply(body) });
    const { client } = net.client(trusted);
    for (let i = 0; i < 2; i++) assert.ok(body.equals(await (await client.get(server.origin)).bytes()));
    assert.equal(server.connections.length, 1);
  }));
});

describe('a dial that fails', () => {
  test('because nobody listens', onLoopback(async (net) => {
    const server = await net.serve();
    const { origin } = server;
    await server.stop();
    const { client } = net.client();
    await assert.rejects(client.get(origin), (error: { code: string; message: string; cause: { code: string } }) => {
      assert.equal(error.code, 'ERR_DIAL');
      assert.match(error.message, /connecting to http:\/\/127\.0\.0\.1:\d+ failed: .*ECONNREFUSED/);
      assert.equal(error.cause.code, 'ECONNREFUSED');
      return true;
    });
    // A stopped server can't be stopped again at the end.
    await server.listen(0);
  }));

  test('because the name is not resolved', onLoopback(async (net) => {
    const unknown = (_host: string, _options: object, callback: (error: Error) => void): void => {
      process.nextTick(callback, Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.example'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }));
    };
    const { client } = net.client({ lookup: unknown as never });
    await assert.rejects(client.get('http://nowhere.example/'), { name: 'DialError', code: 'ERR_DNS', message: /nowhere\.example/ });
  }));

  test('tells each address it has tried', onLoopback(async (net) => {
    const server = await net.serve();
    const { port } = server;
    await server.stop();
    const two = (_host: string, options: { all?: boolean }, callback: (error: null, addresses: unknown, family?: number) => void): void => {
      if (options.all === true) process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 }]);
      else process.nextTick(callback, null, '127.0.0.1', 4);
    };
    const { client } = net.client({ lookup: two as never });
    await assert.rejects(client.get(`http://two.example:${port}/`), { code: 'ERR_DIAL', message: /127\.0\.0\.1:.*127\.0\.0\.2:/ });
    await server.listen(0);
  }));
});

describe('the program\'s own dial', () => {
  test('is told host and port, and may give a socket that is connecting or connected', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: echo });
    const asked: unknown[] = [];
    for (const connected of [false, true]) {
      const { client } = net.client({ dial: async ({ host, port }) => {
        asked.push([host, port]);
        const socket = net_.connect(server.port, '127.0.0.1');
        if (connected) await new Promise((resolve) => socket.once('connect', resolve));
        return socket;
      } });
      for (const path of ['/a', '/b']) assert.equal(await text(client, `http://virtual.example:81${path}`), path);
    }
    assert.deepEqual(asked, [['virtual.example', 81], ['virtual.example', 81]]);
    assert.deepEqual(server.requests.map((request) => request.header('host')), Array.from({ length: 4 }, () => 'virtual.example:81'));
  }));

  test('is below TLS: the certificate is checked against the URL\'s host', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const dial = (): net_.Socket => net_.connect(server.port, '127.0.0.1');
    const { client } = net.client({ ...trusted, dial });
    assert.equal(await text(client, 'https://a.example/x'), '/x');
    await assert.rejects(client.get('https://c.example/x'), { code: 'ERR_TLS' });
  }));

  test('dialTls hands out a socket whose handshake is done', onLoopback(async (net) => {
    const server = await net.serve({ tls: certificate, onRequest: echo });
    const { client } = net.client({ dialTls: async () => {
      const socket = tls.connect({ port: server.port, host: '127.0.0.1', ca: authority.cert, servername: 'a.example' });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      return socket;
    } });
    const response = await client.get('https://a.example/x');
    assert.equal(await response.text(), '/x');
    assert.equal(response.tls?.authorized, true);
  }));

  for (const [what, dial] of [
    ['rejects', () => Promise.reject(new Error('no route'))],
    ['throws', () => { throw new Error('no route'); }],
  ] as const) {
    test(`that ${what} fails the request, with its error as the cause`, onLoopback(async (net) => {
      const { client } = net.client({ dial });
      await assert.rejects(client.get('http://127.0.0.1:9/'), (error: { code: string; cause: Error }) => error.code === 'ERR_DIAL' && error.cause.message === 'no route');
    }));
  }

  test('that gives no socket is told so', onLoopback(async (net) => {
    for (const wrong of [undefined, null, {}, 'socket']) {
      const { client } = net.client({ dial: () => wrong as never });
      await assert.rejects(client.get('http://127.0.0.1:9/'), { code: 'ERR_DIAL' });
    }
  }));

  test('a socket that comes after the request was cancelled is destroyed', onLoopback(async (net) => {
    const server = await net.serve();
    let give: (socket: net_.Socket) => void = () => {};
    const { client } = net.client({ dial: () => new Promise((resolve) => (give = resolve)) });
    const cancel = new AbortController();
    const pending = assert.rejects(client.get('http://127.0.0.1:9/', { signal: cancel.signal }));
    cancel.abort();
    await pending;
    const socket = net_.connect(server.port, '127.0.0.1');
    give(socket);
    await sleep(30);
    assert.equal(socket.destroyed, true);
  }));
});
