/** Every option of a transport, with wrong values of every kind: each is refused when the transport is made, by an error that names the option, the value and the rule, and holds no credential. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { goDefaults, Transport, TransportError, type TransportOptions } from 'watertight';
import { WRONG, type Kind } from '../fixtures/wrong-values.js';

/** What each option is, and what its error says of it. An option that is not here does not compile. */
const OPTIONS = {
  maxIdleConns: ['number', /is a number|is not negative/],
  maxIdleConnsPerHost: ['signed', /is a number/],
  maxConnsPerHost: ['number', /is a number|is not negative/],
  maxWaitersPerHost: ['number', /is a number|is not negative/],
  idleConnTimeout: ['number', /is a number|is not negative/],
  dialTimeout: ['number', /is a number|is not negative/],
  tlsHandshakeTimeout: ['number', /is a number|is not negative/],
  responseHeaderTimeout: ['number', /is a number|is not negative/],
  expectContinueTimeout: ['number', /is a number|is not negative/],
  bodyIdleTimeout: ['number', /is a number|is not negative/],
  maxResponseHeaderBytes: ['number', /is a number|is not negative/],
  maxResponseHeaderFields: ['number', /is a number|is not negative/],
  max1xxResponses: ['number', /is a number|is not negative/],
  maxDecompressedBytes: ['number', /is a number|is not negative/],
  drainOnClose: ['number', /is a number|is not negative/],
  disableKeepAlives: ['flag', /is true or false/],
  disableCompression: ['flag', /is true or false/],
  forceAttemptHttp2: ['flag', /is true or false/],
  acceptEncodings: ['names', /is a list of content codings/],
  lenient: ['names', /is a list of names/],
  track: ['word', /is 'off', 'adaptive' or 'all'/],
  tls: ['object', /is an object of options for tls\.connect/],
  lookup: ['function', /is a function/],
  dial: ['function', /is a function/],
  dialTls: ['function', /is a function/],
  proxy: ['object', /a proxy is a URL such as/],
  proxyConnectHeaders: ['object', /are headers or a function/],
  socketPath: ['text', /is the path of a Unix socket or a Windows pipe/],
  localAddress: ['word', /is an IP address of this machine/],
  family: ['word', /is 4 for IPv4, 6 for IPv6 or 0 for both/],
  autoSelectFamilyAttemptTimeout: ['number', /is a number of milliseconds from 10 on/],
} as const satisfies Record<keyof TransportOptions, readonly [Kind, RegExp]>;

/** What a function may be as well. */
const MAY_BE_FUNCTION = new Set(['proxy', 'proxyConnectHeaders']);

for (const [name, [kind, rule]] of Object.entries(OPTIONS)) {
  describe(name, () => {
    for (const { what, value, shown } of WRONG[kind]) {
      if (typeof value === 'function' && MAY_BE_FUNCTION.has(name)) continue;
      test(`is not ${what}`, () => {
        assert.throws(() => new Transport({ [name]: value }), (error) => {
          assert.ok(error instanceof TransportError, inspect(error));
          assert.equal(error.code, 'ERR_INVALID_OPTION');
          assert.ok(error.message.includes(name), error.message);
          assert.ok(error.message.includes(shown), `${error.message} does not show ${shown}`);
          assert.match(error.message, rule);
          assert.doesNotMatch(inspect(error, { depth: 5 }), /topsecret/);
          return true;
        });
      });
    }
  });
}

describe('a number', () => {
  const numbers = Object.entries(OPTIONS).filter(([name, [kind]]) => (kind === 'number' || kind === 'signed') && name !== 'autoSelectFamilyAttemptTimeout').map(([name]) => name);

  test('may be 0, endless, or larger than any timer', async () => {
    for (const value of [0, Infinity, Number.MAX_VALUE, 2 ** 31, 2 ** 53, 0.5]) {
      for (const name of numbers) await new Transport({ [name]: value }).close();
    }
  });

  test('that is not set, undefined or null, is the default', async () => {
    for (const name of numbers) {
      await new Transport({ [name]: undefined }).close();
      await new Transport({ [name]: null }).close();
    }
  });
});

describe('what is inside an option', () => {
  for (const [what, options, message] of [
    ['a coding that is none', { acceptEncodings: ['gzip', 'topsecret-coding'] }, /acceptEncodings holds "topsecret-coding"; the names are 'gzip'/],
    ['a coding that is no text', { acceptEncodings: [Symbol('x')] }, /acceptEncodings holds Symbol\(x\)/],
    ['a lenience that is none', { lenient: [null] }, /lenient holds null/],
    ['a proxy of another scheme', { proxy: 'ftp://user:s3cret@proxy.example' }, /"ftp:\/\/\*\*\*@proxy\.example\/?" is no proxy: its scheme/],
    ['a proxy without a host', { proxy: 'http://user:s3cret@' }, /is no proxy/],
    ['fields of a CONNECT that frame it', { proxyConnectHeaders: { 'Transfer-Encoding': 'chunked' } }, /proxyConnectHeaders can't be used: the header Transfer-Encoding/],
    ['fields of a CONNECT given as a text', { proxyConnectHeaders: 'Proxy-Authorization: Basic s3cret' }, /not a string/],
    ['options for TLS given as a text', { tls: 's3cret' }, /not a string/],
  ] as const) {
    test(`${what} is refused by name`, () => {
      assert.throws(() => new Transport(options as never), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(inspect(error, { depth: 5 }), /s3cret/);
        return error instanceof TransportError && error.code === 'ERR_INVALID_OPTION';
      });
    });
  }
});

test('what is no object of options at all', () => {
  for (const { value, shown } of WRONG.object) assert.throws(() => new Transport(value as never), { name: 'TransportError', message: `the options of a transport are an object, not ${shown}` });
});

test('Go\'s own values are none of the wrong ones', async () => {
  await new Transport(goDefaults).close();
});
