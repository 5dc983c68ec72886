/**
 * URLs that are not http: which are answered without a network, and which are
 * refused; and ports that are never connected to. Fetch standard, "Scheme fetch",
 * "data: URLs" and "Port blocking".
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { fetchOf } from './place.js';

describe('a TypeError', () => {
  for (const [url, init] of [
    ['about:blank', {}], ['about:blank', { method: 'PUT' }], ['about:blank', { method: 'POST' }], ['about:blank', { headers: { Range: 'bytes=1-10' } }],
    ['about:invalid.com', {}], ['about:config', {}], ['about:unicorn', {}],
    ...['aaa', 'cap', 'cid', 'dav', 'dict', 'dns', 'geo', 'im', 'imap', 'ipp', 'ldap', 'mailto', 'nfs', 'pop', 'rtsp', 'snmp', 'ws', 'wss', 'ftp', 'javascript'].map((scheme) => [`${scheme}://127.0.0.1/`, {}] as const),
    ['file:///etc/hostname', {}],
    ['data:notAdataUrl.com', {}],
    ['blob:http://127.0.0.1/', {}], ['blob:not-backed-by-a-blob/', {}],
    ['/relative', {}], ['relative', {}], ['', {}], ['//127.0.0.1/', {}], ['?query', {}], ['http://', {}], ['http://a b/', {}], ['http://127.0.0.1:99999/', {}], ['https://exa%00mple/', {}],
  ] as const) {
    test(`${url} ${JSON.stringify(init)}`, onLoopback(async (net) => {
      await assert.rejects(fetchOf(net)(url, init), TypeError);
    }));
  }
});

describe('data:', () => {
  for (const [url, type, text, init] of [
    ['data:,response%27s%20body', 'text/plain;charset=US-ASCII', "response's body", {}],
    ['data:,response%27s%20body', 'text/plain;charset=US-ASCII', "response's body", { mode: 'same-origin' }],
    ['data:,response%27s%20body', 'text/plain;charset=US-ASCII', "response's body", { mode: 'cors' }],
    ['data:,response%27s%20body', 'text/plain;charset=US-ASCII', "response's body", { method: 'POST' }],
    ['data:text/plain;base64,cmVzcG9uc2UncyBib2R5', 'text/plain', "response's body", {}],
    ['data:image/png;base64,cmVzcG9uc2UncyBib2R5', 'image/png', "response's body", {}],
    ['data:a/b;c=d,%C3%A4#fragment', 'a/b;c=d', 'ä', {}],
    ['data:a/b,', 'a/b', '', {}],
  ] as const) {
    test(`${url} ${JSON.stringify(init)}`, onLoopback(async (net) => {
      const response = await fetchOf(net)(url, init);
      assert.deepEqual([response.status, response.statusText, response.type, response.headers.get('content-type'), await response.text()], [200, 'OK', 'basic', type, text]);
    }));
  }
});

describe('blob:', () => {
  for (const [what, blob, type, text] of [
    ['with a type', new Blob(["Blob's data"], { type: 'text/plain' }), 'text/plain', "Blob's data"],
    ['without a type', new Blob(['data']), '', 'data'],
    ['without data', new Blob([]), '', ''],
    ['whose content looks like another type', new Blob(['<?xml version="1.0"?>'], { type: 'image/png' }), 'image/png', '<?xml version="1.0"?>'],
    ['that is a part, without a type', new Blob(['<?xml version="1.0"?>'], { type: 'text/xml' }).slice(0, 5), '', '<?xml'],
  ] as const) {
    test(`a Blob ${what}`, onLoopback(async (net) => {
      const url = URL.createObjectURL(blob);
      const response = await fetchOf(net)(url);
      assert.deepEqual([response.status, response.type, response.headers.get('content-type'), response.headers.get('content-length'), await response.text()], [200, 'basic', type, String(blob.size), text]);
      URL.revokeObjectURL(url);
    }));
  }

  for (const method of ['POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'INVALID']) {
    test(`${method} is a TypeError`, onLoopback(async (net) => {
      const url = URL.createObjectURL(new Blob(['data']));
      await assert.rejects(fetchOf(net)(url, { method }), TypeError);
      URL.revokeObjectURL(url);
    }));
  }

  test('one that was revoked is a TypeError', onLoopback(async (net) => {
    const url = URL.createObjectURL(new Blob(['data']));
    URL.revokeObjectURL(url);
    await assert.rejects(fetchOf(net)(url), TypeError);
  }));
});

test('no port of another protocol is connected to', onLoopback(async (net) => {
  const fetch = fetchOf(net);
  const ports = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512,
    513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
  ];
  const others = await Promise.all(ports.map(async (port) => {
    const error = (await fetch(`http://127.0.0.1:${port}/`).then(() => null, (reason: unknown) => reason)) as TypeError | null;
    return error instanceof TypeError && (error.cause as Error | undefined)?.message === 'bad port' ? [] : [port];
  }));
  assert.deepEqual(others.flat(), []);
}));
