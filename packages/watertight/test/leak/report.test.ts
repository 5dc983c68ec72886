/** Leaks as text: what, where, and what to do. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatLeak, formatLeaks, LeakError, verifyNone, type Leak } from 'watertight/leak';
import type { Response } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import { markedLine } from '../tasks/marked-line.js';

const leak: Leak = {
  kind: 'body', verdict: 'active', site: { file: `${process.cwd()}/src/preview.ts`, line: 14, column: 23, function: 'fetchPreview' }, stack: [], method: 'GET', url: 'http://127.0.0.1:8080/report',
  status: 200, bytesRead: 10, contentLength: 50_000, heldFor: 1234, origin: 'http://127.0.0.1:8080', client: 'watertight', task: { id: 7, name: 'readLoop', state: 'select' },
};

test('an unread body reads exactly so', () => {
  assert.equal(
    formatLeak(leak),
    'unread body: GET http://127.0.0.1:8080/report (200), 10 of 50000 bytes read, held for 1.2 s\n' +
      '    opened at src/preview.ts:14:23 (fetchPreview)\n' +
      '    read it to the end, close it, or: await using res = await get(...)',
  );
});

test('and so does a real one', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('x'.repeat(50_000)) });
  const { client } = net.client();
  async function fetchPreview(): Promise<Response> {
    return client.get(`${server.origin}/report`); // at: report
  }
  const response = await fetchPreview();
  await response.body.read(10);
  const error = await verifyNone(undefined, { retries: 0 }).then(() => assert.fail(), (reason: unknown) => reason as LeakError);
  const { line, text } = markedLine(import.meta.url, 'report');
  const [first, ...rest] = error.message.replace(/held for [\d.]+ m?s/, 'held for N ms').split('\n');
  assert.equal(first, '1 response leaked');
  assert.deepEqual(rest, [
    `unread body: GET ${server.origin}/report (200), 10 of 50000 bytes read, held for N ms`,
    `    opened at packages/watertight/test/leak/report.test.ts:${line}:${text.indexOf('client.get') + 'client.'.length + 1} (fetchPreview)`,
    '    read it to the end, close it, or: await using res = await get(...)',
  ]);
  await response.close();
}));

describe('the headline of', () => {
  for (const [what, change, first] of [
    ['a body of unknown length', { contentLength: -1 }, 'unread body: GET http://127.0.0.1:8080/report (200), 10 bytes of unknown length read, held for 1.2 s'],
    ['a body that was read, but not its end', { client: 'node:http', bytesRead: 50000 }, 'held socket: GET http://127.0.0.1:8080/report (200), all 50000 bytes of its body were read, but not its end, held for 1.2 s'],
    ['an empty body', { client: 'node:http', bytesRead: 0, contentLength: 0 }, 'held socket: GET http://127.0.0.1:8080/report (200), its body is empty, but its end was not read, held for 1.2 s'],
    ['a proven leak', { verdict: 'proven', task: null }, 'unread body: GET http://127.0.0.1:8080/report (200), 10 of 50000 bytes read, held for 1.2 s, garbage-collected and reclaimed'],
    ['a request without a response', { status: 0 }, 'unfinished request: GET http://127.0.0.1:8080/report, no response yet, held for 1.2 s'],
    ['an idle connection', { kind: 'connection', verdict: 'idle' }, 'idle connection: http://127.0.0.1:8080, since 1.2 s'],
    ['a dial', { kind: 'connection' }, 'dial under way: http://127.0.0.1:8080, since 1.2 s'],
    ['a task', { kind: 'task', task: { id: 3, name: 'poll', state: 'running' } }, 'running task: poll, since 1.2 s'],
    ['a resource', { kind: 'resource', type: 'timer', description: 'every 5000 ms', advice: 'clearInterval()' }, 'timer left open: every 5000 ms, for 1.2 s'],
  ] as const) {
    test(what, () => {
      const [headline, place, advice] = formatLeak({ ...leak, ...change }).split('\n');
      assert.equal(headline, first);
      assert.match(place, /^ {4}(opened|started|made) at src\/preview\.ts:14:23 \(fetchPreview\)$/);
      assert.match(advice, /^ {4}\w/);
    });
  }
});

test('a line that was not recorded: how it would be', () => {
  assert.match(formatLeak({ ...leak, site: null }), /\n {4}opened at an unrecorded line: import 'watertight\/leak' before the request, or set track: 'all'\n/);
});

test('several are counted by kind', () => {
  const text = formatLeaks([leak, { ...leak, method: 'POST' }, { ...leak, kind: 'task' }]);
  assert.equal(text.split('\n')[0], '2 responses, 1 task leaked');
  assert.equal(text.split('\n').length, 10);
});

describe('what to do fits the client:', () => {
  for (const [client, unread, pending] of [
    ['watertight', 'read it to the end, close it, or: await using res = await get(...)', 'await it, or cancel it with an AbortSignal'],
    ['fetch', 'read it to the end, or: await res.body?.cancel()', 'await it, or cancel it with an AbortSignal'],
    ['undici', 'read it to the end, or: await body.dump()', 'await it, or cancel it with an AbortSignal'],
    ['node:http', 'read it to the end, or drop the rest: res.resume(), or res.destroy() if it may not end', 'wait for its response, or: req.destroy()'],
  ] as const) {
    test(client, () => {
      assert.equal(formatLeak({ ...leak, client }).split('\n    ').at(-1), unread);
      assert.equal(formatLeak({ ...leak, client, status: 0 }).split('\n    ').at(-1), pending);
    });
  }
  test('a resource says its own', () => {
    assert.equal(formatLeak({ ...leak, kind: 'resource', type: 'server', description: 'x', advice: 'server.close()' }).split('\n    ').at(-1), 'server.close()');
  });
});

test('a proven leak that could not be reclaimed says what that means', () => {
  assert.match(formatLeak({ ...leak, client: 'fetch', verdict: 'proven' }).split('\n')[0], /, garbage-collected: nobody can ever release its connection$/);
});

describe('many leaks', () => {
  const numbered = (url: (i: number) => string, count: number): Leak[] => Array.from({ length: count }, (_, i) => ({ ...leak, url: url(i), heldFor: 1000 + i }));

  test('of one line and one shape of URL are one, the one held longest, with their number', () => {
    for (const url of [(i: number) => `${leak.origin}/users/${i}/posts`, (i: number) => `${leak.origin}/users/${i.toString(16).padStart(12, 'a')}/posts`, (i: number) => `${leak.origin}/users/me/posts?page=${i}`]) {
      const text = formatLeaks(numbered(url, 3000));
      assert.equal(text.split('\n')[0], '3000 responses leaked');
      assert.equal(text.split('\n')[1], `unread body: GET ${url(2999)} (200), 10 of 50000 bytes read, held for 4.0 s ×3000`);
      assert.equal(text.split('\n').length, 4);
    }
  });

  test('of other lines, methods, clients, hosts, words or fates are others', () => {
    const others: Partial<Leak>[] = [{}, { site: { ...leak.site!, line: 15 } }, { method: 'POST' }, { client: 'fetch' }, { url: 'http://127.0.0.1:1/report', origin: 'http://127.0.0.1:1' }, { url: `${leak.origin}/users` }, { verdict: 'proven', task: null }, { status: 0 }];
    assert.doesNotMatch(formatLeaks(others.map((change) => ({ ...leak, ...change }))), /×/);
  });

  test('of many kinds are shown in part, most first, and counted in full', () => {
    const leaks = numbered((i) => `${leak.origin}/${'abcdefghijklmnopqrstuvwxyz'[i]}`, 26);
    const text = formatLeaks([...leaks, { ...leaks[25] }]);
    assert.match(text, /^27 responses leaked\nunread body: GET http:\/\/127\.0\.0\.1:8080\/z .* ×2\n/);
    assert.equal(text.match(/unread body/g)?.length, 20);
    assert.match(text, /\n… and 6 more, of 6 other kinds: see the error's leaks$/);
  });

  test('of thousands of kinds are told in a bounded text', () => {
    assert.ok(formatLeaks(Array.from({ length: 20_000 }, (_, i) => ({ ...leak, site: { ...leak.site!, line: i } }))).length < 10_000);
  });
});

test('idle connections are listed apart, by origin', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const responses = await Promise.all([1, 2, 3].map(() => client.get(server.origin)));
  await responses[0].text();
  await responses[1].text();
  await assert.rejects(verifyNone(undefined, { retries: 0 }), (error: LeakError) => {
    assert.equal(error.leaks.length, 1);
    assert.equal(error.message.split('\n').at(-1), `not counted: 2 idle connections (2 to ${server.origin}); closeIdleConnections() ends them`);
    return true;
  });
  await responses[2].text();
  await verifyNone();
}));

test('the error has the text and the data', () => {
  const error = new LeakError([leak]);
  assert.ok(error instanceof Error);
  assert.deepEqual({ name: error.name, code: error.code, leaks: error.leaks }, { name: 'LeakError', code: 'ERR_LEAK', leaks: [leak] });
  assert.match(String(error), /^LeakError: 1 response leaked\nunread body: /);
});
