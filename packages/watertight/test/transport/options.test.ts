/** Options of a transport: wrong ones are refused by name, and nothing inherited counts. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { goDefaults, Transport, type TransportOptions } from 'watertight';

describe('refused:', () => {
  for (const [name, ...values] of [
    ['maxIdleConns', -1, '5', NaN],
    ['maxIdleConnsPerHost', '5', NaN],
    ['maxConnsPerHost', -1, {}],
    ['maxWaitersPerHost', -1],
    ['idleConnTimeout', -1, '90s'],
    ['dialTimeout', -1],
    ['tlsHandshakeTimeout', -1],
    ['responseHeaderTimeout', -1],
    ['expectContinueTimeout', -1],
    ['bodyIdleTimeout', -1],
    ['maxResponseHeaderBytes', -1],
    ['maxDecompressedBytes', -1],
    ['drainOnClose', -1, true],
    ['track', 'some', 1],
    ['dial', {}, 'tcp'],
    ['dialTls', 1],
    ['lookup', 'dns'],
    ['tls', 'no', null],
    ['proxy', 'http://proxy.example:8080'],
    ['proxyConnectHeaders', {}],
    ['forceAttemptHttp2', true],
  ] as const) {
    for (const value of values) {
      test(`${name}: ${JSON.stringify(value)}`, () => {
        assert.throws(() => new Transport({ [name]: value }), { name: 'TransportError', code: 'ERR_INVALID_OPTION' });
      });
    }
  }

  test('what is no object', () => {
    for (const wrong of [null, 5, 'x']) assert.throws(() => new Transport(wrong as never), { code: 'ERR_INVALID_OPTION' });
  });
});

test('Go\'s defaults are taken as they are, and can\'t be changed', async () => {
  assert.equal(goDefaults.maxIdleConnsPerHost, 2);
  assert.equal(Object.isFrozen(goDefaults), true);
  await new Transport(goDefaults).close();
});

test('undefined, a negative number of idle connections a host, and endless times are allowed', async () => {
  await new Transport({ maxIdleConns: undefined, maxIdleConnsPerHost: -1, idleConnTimeout: Infinity, proxy: undefined, forceAttemptHttp2: false }).close();
});

test('inherited options are none', async () => {
  await new Transport(Object.create({ maxConnsPerHost: -1, proxy: 'evil' }) as TransportOptions).close();
});
