// What names a process, and what is said where nothing can be attached to.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openInspector, parseAddress } from '#attach';

describe('the address of a process', () => {
  for (const [text, address] of [
    ['4711', { pid: 4711 }],
    ['127.0.0.1:9229', { host: '127.0.0.1', port: 9229 }],
    ['localhost:9229', { host: 'localhost', port: 9229 }],
    ['[::1]:9229', { host: '::1', port: 9229 }],
    ['inspect://127.0.0.1:9229', { host: '127.0.0.1', port: 9229 }],
  ] as const) {
    test(`${text} is taken`, () => assert.deepEqual(parseAddress(text), address));
  }

  for (const text of ['', '0', '4711x', '9229:', '127.0.0.1:0', '127.0.0.1:70000', 'http://127.0.0.1:9229', 'a b:1']) {
    test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseAddress(text), { name: 'TypeError', message: /neither the id of a process, as in 4711, nor the address/ }));
  }

  for (const text of ['10.0.0.5:9229', 'example.com:9229', '[2001:db8::1]:9229', '0.0.0.0:9229', 'localhost.example.com:9229']) {
    test(`${text} is another machine's, and needs to be allowed`, () => {
      assert.throws(() => parseAddress(text), { code: 'ERR_ATTACH', failure: 'remote', message: /is not this machine\. An inspector has no password/ });
      assert.ok('host' in parseAddress(text, true));
    });
  }

  test('a process that does not exist, and a port where nothing listens, are said to be gone', async () => {
    await assert.rejects(openInspector({ pid: 999_999_999 }), { failure: 'gone', message: 'there is no process 999999999' });
    await assert.rejects(openInspector({ host: '127.0.0.1', port: 1 }), { failure: 'gone', message: /no inspector answers at 127\.0\.0\.1:1: / });
  });
});
