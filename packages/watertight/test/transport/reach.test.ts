/** From where and to which addresses connections are made: `localAddress`, `family`, `autoSelectFamilyAttemptTimeout`, and TCP keep-alive. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import type { TransportOptions } from 'watertight';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { RawServer, type RawRequest } from '../fixtures/raw-server.js';
import { startSmallProxy } from '../fixtures/small-proxy.js';
import { noStall, stall } from '../fixtures/stall.js';

const noIpv6 = !Object.values(networkInterfaces()).flat().some((each) => each?.address === '::1') && 'this machine has no ::1';
const oneLoopback = process.platform !== 'linux' && 'only Linux has all of 127.0.0.0/8';
const authority = new CertificateAuthority();
const certificate = authority.issue({ names: ['a.example'] });

/** Answers with the address that the client has. */
const from = (request: RawRequest): void => request.reply(String(request.connection.socket.remoteAddress));

/** A `lookup` that gives these addresses, whatever it is asked for. */
function addresses(...all: string[]): Pick<TransportOptions, 'lookup'> {
  const answers = all.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return { lookup: ((_host: string, options: { all?: boolean }, callback: (...args: unknown[]) => void) => {
    if (options.all === true) callback(null, answers);
    else callback(null, answers[0].address, answers[0].family);
  }) as never };
}

async function get(net: Loopback, url: string, options: TransportOptions): Promise<string> {
  return (await net.client(options).client.get(url)).text();
}

describe('localAddress', () => {
  test('is the address that the server sees, and a proxy too', { skip: oneLoopback }, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: from });
    assert.equal(await get(net, server.origin, { localAddress: '127.0.0.5' }), '127.0.0.5');
    const proxy = await startSmallProxy(net);
    await get(net, server.origin, { localAddress: '127.0.0.6', proxy: proxy.url() });
    assert.equal(proxy.server.connections[0].socket.remoteAddress ?? '127.0.0.6', '127.0.0.6');
  }));

  test('leaves the addresses of the other family out', { skip: noIpv6 }, onLoopback(async (net) => {
    const server = await net.serve({ onRequest: from });
    const { port } = server;
    const both = addresses('::1', '127.0.0.1');
    assert.equal(await get(net, `http://a.example:${port}/`, { ...both, localAddress: '127.0.0.1' }), '127.0.0.1');
    await assert.rejects(get(net, `http://[::1]:${port}/`, { localAddress: '127.0.0.1' }), { code: 'ERR_DIAL', message: /::1 is an IPv6 address, and localAddress 127\.0\.0\.1 is an IPv4 address/ });
  }));

  test('that this machine does not have is what the error names', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: from });
    await assert.rejects(get(net, server.origin, { localAddress: '192.0.2.1' }), { code: 'ERR_DIAL', message: /192\.0\.2\.1/ });
    assert.equal(server.connections.length, 0);
  }));
});

describe('family', () => {
  test('4 and 6 connect to addresses of that family, whatever a lookup gives', { skip: noIpv6 }, onLoopback(async (net) => {
    const four = await net.serve({ onRequest: (request) => request.reply('four') });
    const six = await net.serve({ host: '::1', port: four.port, onRequest: (request) => request.reply('six') });
    for (const both of [addresses('::1', '127.0.0.1'), addresses('127.0.0.1', '::1')]) {
      assert.equal(await get(net, `http://a.example:${four.port}/`, { ...both, family: 4 }), 'four');
      assert.equal(await get(net, `http://a.example:${six.port}/`, { ...both, family: 6 }), 'six');
    }
  }));

  for (const [family, host, other] of [[4, '[::1]', /^::1 is an IPv6 address, and the option family is 4$/], [6, '127.0.0.1', /^127\.0\.0\.1 is an IPv4 address, and the option family is 6$/]] as const) {
    test(`${family} does not connect to ${host}`, onLoopback(async (net) => {
      await assert.rejects(get(net, `http://${host}:9/`, { family }), { code: 'ERR_DIAL', message: other });
    }));
  }

  test('of which a name has no address is an error of the name', onLoopback(async (net) => {
    await assert.rejects(get(net, 'http://a.example:9/', { ...addresses('127.0.0.1'), family: 6 }), { code: 'ERR_DNS', message: /no IPv6 address for a\.example/ });
  }));
});

describe('autoSelectFamilyAttemptTimeout', { skip: noStall }, () => {
  for (const scheme of ['http', 'https'] as const) {
    test(`is how long an address that does not answer delays the next one, by ${scheme}; dialTimeout is for all`, onLoopback(async (net) => {
      const dead = await stall('127.0.0.2');
      const server = await RawServer.start({ port: dead.port, tls: scheme === 'https' ? certificate : undefined, onRequest: (request) => request.reply('alive') });
      try {
        const options = { ...addresses('127.0.0.2', '127.0.0.1'), tls: { ca: authority.cert } };
        const url = `${scheme}://a.example:${dead.port}/`;
        const { client, transport } = net.client({ ...options, autoSelectFamilyAttemptTimeout: 10 });
        assert.equal(await (await client.get(url)).text(), 'alive');
        await transport.close();
        assert.equal(await get(net, url, { ...options, autoSelectFamilyAttemptTimeout: 10, family: 4 }), 'alive', 'family leaves more than one address');
        const { error } = await settle(get(net, url, { ...options, autoSelectFamilyAttemptTimeout: Infinity, dialTimeout: 600 }));
        assert.match(error!.message, /took longer than 600 ms \(dialTimeout\)/);
        assert.equal(server.requests.length, 2);
      } finally {
        await server.stop();
        await dead.release();
      }
    }));
  }
});

test('the kernel asks after 15 s of silence whether the server is alive, as with Go\'s Dialer', { skip: process.platform !== 'linux' && 'only Linux shows the timer' }, onLoopback(async (net) => {
  const server = await net.serve({ onRequest: from });
  await get(net, server.origin, {});
  const { remotePort } = server.connections[0].socket;
  const hex = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const line = readFileSync('/proc/net/tcp', 'utf8').split('\n').find((each) => each.includes(` ${hex(remotePort!)} ${hex(server.port)} `));
  // `02:` is the keep-alive timer; what is left of it follows, in hundredths of a second.
  const left = parseInt(/ 02:([0-9A-F]{8}) /.exec(line ?? '')?.[1] ?? '', 16);
  assert.ok(left > 0 && left <= 1500, `the timer is at ${left}: ${line}`);
}));
