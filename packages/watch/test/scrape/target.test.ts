/** Addresses of targets, as people write them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressOf, parseTarget } from '#scrape';

describe('an address', () => {
  for (const [text, url] of [
    ['http://127.0.0.1:6060', 'http://127.0.0.1:6060/debug/pprof/'],
    ['127.0.0.1:6060', 'http://127.0.0.1:6060/debug/pprof/'],
    ['localhost:6060', 'http://localhost:6060/debug/pprof/'],
    ['checkout.internal', 'http://checkout.internal/debug/pprof/'],
    [' http://h:1/ ', 'http://h:1/debug/pprof/'],
    ['https://h/service/debug/pprof', 'https://h/service/debug/pprof/'],
    ['https://h/debug/pprof/goroutine?debug=1', 'https://h/debug/pprof/'],
    ['http://ann:secret@h:1/', 'http://h:1/debug/pprof/'],
    ['[::1]:6060', 'http://[::1]:6060/debug/pprof/'],
  ] as const) {
    test(`${text.trim()} has its profiles at ${url}`, () => assert.equal(parseTarget(text).profiles, url));
  }

  for (const text of ['', 'ftp://h/', 'http://', 'http://ann:hunter2@', 'not an address', 'http://h:99999']) {
    test(`${JSON.stringify(text)} is refused, without showing credentials`, () => {
      assert.throws(() => parseTarget(text), (error: Error & { code: string }) => error.code === 'ERR_TARGET' && !error.message.includes('hunter2'));
    });
  }
});

test('a target is called what it was given as, without what is secret', () => {
  const called = (text: string): string => parseTarget(text).url;
  assert.equal(called('http://127.0.0.1:6060'), 'http://127.0.0.1:6060');
  assert.equal(called('127.0.0.1:6060'), 'http://127.0.0.1:6060');
  assert.equal(called('http://ann:hunter2@h:1/debug/pprof/?key=5'), 'http://h:1/debug/pprof/');
});

test('what stands beside the profiles is under the same prefix', () => {
  const target = parseTarget('http://h/service/debug/pprof/?key=5');
  assert.equal(addressOf(target, '/metrics'), 'http://h/service/metrics?key=5');
  assert.equal(addressOf(target, 'goroutine', { debug: '1' }), 'http://h/service/debug/pprof/goroutine?key=5&debug=1');
  assert.equal(target.profiles, 'http://h/service/debug/pprof/', 'the query may be a secret');
});
