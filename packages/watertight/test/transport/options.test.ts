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
    ['max1xxResponses', -1],
    ['drainOnClose', -1, true],
    ['lenient', true, 'bare-lf', ['bare-cr'], [1], { 'bare-lf': true }],
    ['track', 'some', 1],
    ['dial', {}, 'tcp'],
    ['dialTls', 1],
    ['lookup', 'dns'],
    ['tls', 'no', null],
    ['socketPath', '', 5, {}, '/a\0b', `/${'x'.repeat(200)}`],
    ['localAddress', 'localhost', '', 5, '1.2.3', '127.0.0.1:80'],
    ['family', 5, '4', 'IPv4', true],
    ['autoSelectFamilyAttemptTimeout', 0, 9, -1, '250', NaN],
    ['proxy', 'ftp://proxy.example', '', 5, true, {}],
    ['proxyConnectHeaders', 5, { Host: 'x' }],
    ['forceAttemptHttp2', 'yes'],
  ] as const) {
    for (const value of values) {
      test(`${name}: ${JSON.stringify(value)}`, () => {
        assert.throws(() => new Transport({ [name]: value }), { name: 'TransportError', code: 'ERR_INVALID_OPTION' });
      });
    }
  }

  for (const [name, zero] of [
    ['maxConnsPerHost', /0 means no limit$/],
    ['max1xxResponses', /0 accepts none$/],
    ['drainOnClose', /0 drains nothing$/],
    ['expectContinueTimeout', /0 sends the body at once$/],
    ['maxDecompressedBytes', /0 means the default$/],
  ] as const) {
    test(`${name} of -1, with what 0 means`, () => assert.throws(() => new Transport({ [name]: -1 }), zero));
  }

  test('a lenient that has no such name, with those there are', () => {
    assert.throws(() => new Transport({ lenient: ['crlf' as 'bare-lf'] }), /"crlf"; the names are 'bare-lf', 'field-names', 'http-2\.0', 'http-1\.0-chunked'$/);
  });

  const used: TransportOptions = {
    socketPath: '/s', lookup: () => undefined, proxy: 'http://p:1', localAddress: '127.0.0.1', family: 4, autoSelectFamilyAttemptTimeout: 50,
    dial: () => { throw new Error('not called'); }, dialTls: () => { throw new Error('not called'); },
  };
  for (const [one, ...others] of [
    ['socketPath', 'dial', 'dialTls', 'lookup', 'proxy', 'localAddress', 'family', 'autoSelectFamilyAttemptTimeout'],
    ['dial', 'localAddress', 'family', 'autoSelectFamilyAttemptTimeout'],
  ] as const) {
    for (const other of others) {
      test(`${one} with ${other}, of which one has no effect`, () => {
        assert.throws(() => new Transport({ [one]: used[one], [other]: used[other] }), { code: 'ERR_INVALID_OPTION', message: new RegExp(`^${other} has no effect beside ${one}, which .*; leave one of the two out$`) });
      });
    }
  }

  test('a localAddress of another family than family', () => {
    assert.throws(() => new Transport({ localAddress: '::1', family: 4 }), /localAddress ::1 is an IPv6 address, and family is 4/);
  });

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

test('what holds without an option contradicts none', async () => {
  await new Transport({ ...goDefaults, socketPath: '/s', family: 0, localAddress: undefined, lookup: undefined }).close();
  await new Transport({ proxy: null, socketPath: '/s' }).close();
  await new Transport({ dialTls: used, localAddress: '::1', family: 6, autoSelectFamilyAttemptTimeout: Infinity }).close();

  function used(): never {
    throw new Error('not called');
  }
});

test('inherited options are none', async () => {
  await new Transport(Object.create({ maxConnsPerHost: -1, proxy: 'evil' }) as TransportOptions).close();
});
