/** Subresource integrity: which hashes let a body through, in which spelling, and what else a checked response does. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';
import { ENCODERS, site } from './site.js';

// Its hashes have all that base64url writes differently: +, / and padding.
const TEXT = 'Hello world!';

function hash(algorithm: string, encoding: 'base64' | 'base64url' = 'base64', text = TEXT): string {
  return `${algorithm}-${createHash(algorithm).update(text).digest(encoding)}`;
}

const [S256, S384, S512] = ['sha256', 'sha384', 'sha512'].map((name) => hash(name));
const WRONG = hash('sha256', 'base64', 'another text');

async function checked(net: Loopback, integrity: string, method = 'GET'): Promise<Response> {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: (request) => request.reply(request.method === 'HEAD' ? '' : TEXT) });
  return fetch(server.origin, { integrity, method });
}

for (const integrity of [
  '', S256, S384, S512,
  ...['sha256', 'sha384', 'sha512'].map((name) => hash(name, 'base64url')),
  S256.replaceAll('=', ''), S512.replaceAll('=', ''), S256.replace('sha', 'SHA'),
  `${S256} ${S512}`, `${S512} ${S256}`, `${S384} ${S512}`, `${S512} ${S384}`, `${S256} ${S384}`, `${S384} ${S256}`,
  `${hash('sha256', 'base64url')} ${hash('sha384', 'base64url')}`, `${hash('sha512', 'base64url')} ${hash('sha256', 'base64url')}`,
  `${WRONG} ${S256}`, `${S256} ${WRONG}`, `${WRONG} ${S512}`, `sha384- ${S384}`, `  ${S256}\n\t${WRONG} `,
  `${S384}?option`, `${S256}?a?b`, 'unknown', 'what-is-this', 'md5-x', 'sha1-x', 'sha-256-x', `sha2567-${S256}`, `unknown ${S256}`, '-', ' ', '?',
]) {
  test(`${JSON.stringify(integrity)} lets the body through`, onLoopback(async (net) => {
    assert.equal(await (await checked(net, integrity)).text(), TEXT);
  }));
}

for (const integrity of [
  WRONG, `sha256-${createHash('sha256').update(TEXT).digest('hex')}`, hash('sha256', 'base64url', 'another text'),
  'sha256', 'sha256-', 'sha256--', 'sha256-ä', 'sha256-?option', `sha512${S256.slice(6)}`, 'sha384-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=',
  `${S256} sha384-ä`, `sha384-ä ${S256}`, `${S256} sha512-`, `sha512${S384.slice(6)} ${S384}`, `${S256} sha512-${'A'.repeat(86)}==`,
  ` ${WRONG}\n`, `unknown ${WRONG}`, `${S256}==`, S256.toLowerCase(), `sha256-${S256}`,
]) {
  test(`${JSON.stringify(integrity)} is a TypeError that says so`, onLoopback(async (net) => {
    await assert.rejects(checked(net, integrity), (error: TypeError) => error.name === 'TypeError' && error.message === 'fetch failed' && (error.cause as Error).message === 'integrity mismatch');
  }));
}

test('what is checked is the decoded body', onLoopback(async (net) => {
  const { origin, fetch } = await site(net);
  for (const as of Object.keys(ENCODERS)) {
    const url = `${origin}/encoded?as=${encodeURIComponent(as)}&text=${encodeURIComponent(TEXT)}`;
    assert.equal(await (await fetch(url, { integrity: S384 })).text(), TEXT);
    await assert.rejects(fetch(url, { integrity: WRONG }), TypeError);
  }
}));

test('a response without a body holds no integrity, not even one that nobody knows', onLoopback(async (net) => {
  await assert.rejects(checked(net, S256, 'HEAD'), TypeError);
  await assert.rejects(checked(net, 'unknown', 'HEAD'), TypeError);
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 204 No Content\r\n\r\n') });
  await assert.rejects(fetch(server.origin, { integrity: hash('sha256', 'base64', '') }), TypeError);
}));

test('an empty body has the hash of nothing', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: (request) => request.reply('') });
  assert.equal(await (await fetch(server.origin, { integrity: hash('sha256', 'base64', '') })).text(), '');
}));

test('a checked body is read as any other: in parts, as a clone, or cancelled', onLoopback(async (net) => {
  const response = await checked(net, S256);
  const copy = response.clone();
  let text = '';
  for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
  assert.deepEqual([text, await copy.text()], [TEXT, TEXT]);
  const cancelled = await checked(net, S256);
  await cancelled.body!.cancel();
  await assert.rejects(cancelled.text(), TypeError);
}));

test('a body that breaks before it is checked is a TypeError, an abort its reason', onLoopback(async (net) => {
  const { fetch } = await site(net);
  const server = await net.serve({ onRequest: ({ connection, target }) => {
    connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TEXT.length}\r\n\r\nHello`);
    if (target === '/cut') connection.finish();
  } });
  await assert.rejects(fetch(`${server.origin}/cut`, { integrity: S256 }), { name: 'TypeError', message: 'fetch failed' });
  const reason = new Error('enough');
  const cancel = new AbortController();
  const pending = fetch(server.origin, { integrity: S256, signal: cancel.signal });
  while (server.requests.length < 2) await sleep(1);
  cancel.abort(reason);
  await assert.rejects(pending, (error) => error === reason);
}));

test('a checked fetch is told to observers to its end, and stands in the performance timeline', onLoopback(async (net) => {
  const told: string[] = [];
  const channels = ['trailers', 'error'].map((name) => [`undici:request:${name}`, () => void told.push(name)] as const);
  for (const [name, listener] of channels) subscribe(name, listener);
  performance.clearResourceTimings();
  try {
    await (await checked(net, S256)).text();
    await assert.rejects(checked(net, WRONG), TypeError);
    await sleep(5);
    assert.deepEqual(told, ['trailers', 'trailers']);
    assert.deepEqual(performance.getEntriesByType('resource').map((entry) => (entry as unknown as { initiatorType: string }).initiatorType), ['fetch', 'fetch']);
  } finally {
    for (const [name, listener] of channels) unsubscribe(name, listener);
    performance.clearResourceTimings();
  }
}));
