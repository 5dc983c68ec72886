/** Who may read the profiles: decided without a socket. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Access, isLoopback, type AccessOptions, type Caller } from '#pprof';

const HERE: Caller = { remoteAddress: '127.0.0.1', host: 'localhost:6060', authorization: null, forwarded: false };

function statusFor(options: AccessOptions, caller: Partial<Caller>): number {
  return new Access(options).check({ ...HERE, ...caller })?.status ?? 200;
}

describe('without options: this machine, under a name of its own', () => {
  for (const [what, caller, status] of [
    ['127.0.0.1 as localhost', {}, 200],
    ['::1', { remoteAddress: '::1', host: '[::1]:6060' }, 200],
    ['IPv4 in IPv6', { remoteAddress: '::ffff:127.0.0.1', host: '127.0.0.1' }, 200],
    ['any of 127.0.0.0/8', { remoteAddress: '127.8.9.10', host: '127.8.9.10:80' }, 200],
    ['a name below localhost', { host: 'app.localhost:3000' }, 200],
    ['LOCALHOST', { host: 'LOCALHOST' }, 200],
    ['no Host field, as in HTTP/1.0', { host: null }, 200],
    ['another machine', { remoteAddress: '10.0.0.7' }, 403],
    ['another machine, IPv6', { remoteAddress: 'fe80::1' }, 403],
    ['another machine that says it is localhost', { remoteAddress: '192.168.1.5', host: 'localhost' }, 403],
    ['a page that was rebound to this machine', { host: 'evil.example:6060' }, 403],
    ['a name that begins like ours', { host: 'localhost.evil.example' }, 403],
    ['an address that begins like ours', { host: '127.0.0.1.evil.example' }, 403],
    ['a name that ends like ours', { host: 'evillocalhost' }, 403],
    ['an empty Host field', { host: '' }, 403],
    ['a Host field that is none', { host: 'localhost/@evil' }, 403],
    ['a proxy on this machine, for whomever', { forwarded: true }, 403],
    ['nobody knows whom', { remoteAddress: null }, 403],
  ] as [string, Partial<Caller>, number][]) {
    test(`${what}: ${status}`, () => assert.equal(statusFor({}, caller), status));
  }
});

test('further names are those of hosts, whatever their case and port', () => {
  assert.equal(statusFor({ hosts: ['Dev.Internal'] }, { host: 'dev.internal:8080' }), 200);
  assert.equal(statusFor({ hosts: ['dev.internal'] }, { host: 'x.dev.internal' }), 403);
  assert.equal(statusFor({ hosts: ['dev.internal'] }, { host: 'dev.internal', remoteAddress: '10.0.0.7' }), 403);
});

describe('with a token', () => {
  const options = { token: 's3cret-t0ken' };
  for (const [what, caller, status] of [
    ['the right one', { authorization: 'Bearer s3cret-t0ken' }, 200],
    ['the right one, spelled bearer', { authorization: 'bearer s3cret-t0ken' }, 200],
    ['the right one, under any name, through a proxy', { authorization: 'Bearer s3cret-t0ken', host: 'dev.internal', forwarded: true }, 200],
    ['the right one, from nobody knows where', { authorization: 'Bearer s3cret-t0ken', remoteAddress: null }, 200],
    ['none', {}, 401],
    ['a wrong one', { authorization: 'Bearer s3cret-t0kem' }, 401],
    ['a longer one', { authorization: 'Bearer s3cret-t0kens' }, 401],
    ['another scheme', { authorization: 'Basic s3cret-t0ken' }, 401],
    ['an empty one', { authorization: 'Bearer ' }, 401],
    ['the right one, from another machine', { authorization: 'Bearer s3cret-t0ken', remoteAddress: '10.0.0.7' }, 403],
  ] as [string, Partial<Caller>, number][]) {
    test(`${what}: ${status}`, () => assert.equal(statusFor(options, caller), status));
  }

  test('and allowRemote, other machines that have it are answered', () => {
    assert.equal(statusFor({ ...options, allowRemote: true }, { remoteAddress: '10.0.0.7', host: 'api.example', authorization: 'Bearer s3cret-t0ken' }), 200);
    assert.equal(statusFor({ ...options, allowRemote: true }, { remoteAddress: '10.0.0.7', host: 'api.example' }), 401);
    assert.equal(statusFor({ ...options, allowRemote: true }, {}), 401);
  });

  test('no refusal has it in its text', () => {
    for (const authorization of [null, 'Bearer wr0ng']) assert.ok(!new Access(options).check({ ...HERE, authorization })?.text.match(/s3cret|wr0ng/));
  });
});

describe('what is refused when it is made', () => {
  for (const [what, options, message] of [
    ['allowRemote without a token', { allowRemote: true }, /allowRemote needs a token/],
    ['an empty token', { token: '' }, /token is a text of visible ASCII/],
    ['a token with a space', { token: 'a b' }, /token is a text of visible ASCII/],
    ['a token that is no text', { token: 5 }, /token is a text of visible ASCII/],
    ['allowRemote as text', { allowRemote: 'no' }, /allowRemote is true or false/],
    ['hosts with a port', { hosts: ['a:80'] }, /hosts is a list of host names/],
    ['hosts as text', { hosts: 'a' }, /hosts is a list of host names/],
  ] as [string, AccessOptions, RegExp][]) {
    test(what, () => assert.throws(() => new Access(options), { name: 'TypeError', message }));
  }
});

test('loopback addresses, and no others', () => {
  for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::FFFF:127.1.2.3', '0:0:0:0:0:0:0:1']) assert.ok(isLoopback(address), address);
  for (const address of ['', '128.0.0.1', '127.0.0.256', '127.0.0.1.2', '1127.0.0.1', '::2', '::', '0.0.0.0', '::ffff:10.0.0.1', '127.0.0', 'localhost']) assert.ok(!isLoopback(address), address);
});
