/**
 * The check of a body against hashes. Fetch standard, "Main fetch" (integrity
 * metadata), and Subresource Integrity, "Do bytes match metadataList?".
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { redirect, site } from '../site.js';
import { fetchOf, sends } from './place.js';

const BODY = 'the text that is checked';

const hash = (algorithm: string, text = BODY): string => `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`;
const url = (integrity: string): string => integrity.replaceAll('+', '-').replaceAll('/', '_');

const HELD: readonly (readonly [string, string])[] = [
  ['an empty string', ''],
  ['SHA-256', hash('sha256')],
  ['SHA-384', hash('sha384')],
  ['SHA-512', hash('sha512')],
  ['SHA-512 without its padding', hash('sha512').replace(/=+$/, '')],
  ['SHA-512 in the alphabet of URLs', url(hash('sha512'))],
  ['SHA-512 in the alphabet of URLs without its padding', url(hash('sha512')).replace(/=+$/, '')],
  ['SHA-256 in capitals', hash('sha256').replace('sha256', 'SHA256')],
  ['a hash with options', `${hash('sha256')}?option`],
  ['a stronger one that holds beside one that does not', `${hash('sha256', 'other')} ${hash('sha512')}`],
  ['two of a strength, one of which holds', `${hash('sha512', 'other')} ${hash('sha512')}`],
  ['two that hold', `${hash('sha384')} ${hash('sha512')}`],
  ['much white space', ` \t\n ${hash('sha256')}\f `],
  ['no hash at all', 'unknown'],
  ['an unknown algorithm', 'sha1-AAAA'],
  ['an unknown algorithm beside one that holds', `foo-bar ${hash('sha256')}`],
];

const REFUSED: readonly (readonly [string, string])[] = [
  ['another text\'s SHA-256', hash('sha256', 'other')],
  ['another text\'s SHA-512', hash('sha512', 'other')],
  ['a stronger one that does not hold beside one that does', `${hash('sha256')} ${hash('sha512', 'other')}`],
  ['two that do not hold', `${hash('sha384', 'other')} ${hash('sha512', 'other')}`],
  ['the hash of nothing', hash('sha256', '')],
];

describe('a body is given out with', () => {
  for (const [what, integrity] of HELD) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(BODY) });
      const response = await fetchOf(net)(server.origin, { integrity });
      assert.deepEqual([response.status, response.type, response.url, await response.text()], [200, 'basic', `${server.origin}/`, BODY]);
      assert.equal(await (await fetchOf(net)(new Request(server.origin, { integrity }))).text(), BODY);
    }));
  }

  test('the hash of a body that is empty', onLoopback(async (net) => {
    const server = await sends(net, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    assert.equal(await (await fetchOf(net)(server.origin, { integrity: hash('sha256', '') })).text(), '');
  }));

  test('the hash of the body to which a redirect leads', onLoopback(async (net) => {
    const { origin, fetch } = await site(net);
    const response = await fetch(redirect(origin, 302, '/encoded?as=gzip'), { integrity: hash('sha256', 'hello') });
    assert.deepEqual([response.redirected, await response.text()], [true, 'hello']);
  }));

  test('a hash, and it can be cloned, and read as a stream', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply(BODY) });
    const response = await fetchOf(net)(server.origin, { integrity: hash('sha256') });
    const copy = response.clone();
    let text = '';
    for await (const chunk of copy.body!) text += Buffer.from(chunk).toString();
    assert.deepEqual([text, await response.text()], [BODY, BODY]);
  }));
});

describe('a TypeError is', () => {
  for (const [what, integrity] of REFUSED) {
    test(what, onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(BODY) });
      await assert.rejects(fetchOf(net)(server.origin, { integrity }), TypeError);
      await assert.rejects(fetchOf(net)(new Request(server.origin, { integrity })), TypeError);
    }));
  }

  for (const [what, method, answer] of [
    ['204', 'GET', 'HTTP/1.1 204 None\r\n\r\n'],
    ['205', 'GET', 'HTTP/1.1 205 None\r\nContent-Length: 0\r\n\r\n'],
    ['304', 'GET', 'HTTP/1.1 304 None\r\n\r\n'],
    ['a response to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'],
  ] as const) {
    for (const integrity of ['unknown', hash('sha256', '')]) {
      test(`${what}, which has no body, with ${integrity.slice(0, 7)}`, onLoopback(async (net) => {
        const server = await sends(net, answer);
        await assert.rejects(fetchOf(net)(server.origin, { method, integrity }), TypeError);
      }));
    }
  }

  test('a body that is cut', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => {
      connection.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nbegin');
      connection.finish();
    } });
    await assert.rejects(fetchOf(net)(server.origin, { integrity: hash('sha256', 'begin') }), TypeError);
  }));
});
