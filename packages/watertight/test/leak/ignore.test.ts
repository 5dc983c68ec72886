/** Lists of known leaks: what each kind of entry matches, how lists are shared, and entries that match nothing. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import {
  findLeaks,
  ignoreAnyFunction,
  ignoreCreatedBy,
  ignoreCurrent,
  ignoreTopFunction,
  ignoreUrl,
  ignoring,
  LeakError,
  verifyNone,
  type Ignore,
  type LeakOptions,
} from 'watertight/leak';
import { go } from 'watertight/tasks';
import type { Response } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';

const NOW = { retries: 0, unmatched: 'ignore' } as const;

/** How many leaks are left under these entries. */
async function left(...ignore: Ignore[]): Promise<number> {
  return (await findLeaks({ ...NOW, ignore })).length;
}

/** Runs a task that ends when the test does. */
async function whilePolling(body: () => Promise<void>): Promise<void> {
  let finish: () => void = () => {};
  async function pollForever(): Promise<void> {
    await new Promise<void>((resolve) => (finish = resolve));
  }
  function startPolling(): Promise<void> {
    return go(pollForever);
  }
  const running = startPolling();
  try {
    await body();
  } finally {
    finish();
    await running;
  }
}

describe('a task', () => {
  test('is ignored by the function it runs, whole or by a pattern', () =>
    whilePolling(async () => {
      assert.equal(await left(), 1);
      assert.equal(await left(ignoreTopFunction('pollForever')), 0);
      assert.equal(await left(ignoreTopFunction('poll')), 1, 'a name is whole');
      assert.equal(await left(ignoreTopFunction(/^poll/)), 0);
      assert.equal(await left(ignoreTopFunction('startPolling')), 1, 'it was started there, and does not run there');
    }));

  test('is ignored by the function that started it', () =>
    whilePolling(async () => {
      assert.equal(await left(ignoreCreatedBy('startPolling')), 0);
      assert.equal(await left(ignoreCreatedBy('whilePolling')), 1);
      assert.equal(await left(ignoreCreatedBy('pollForever')), 1);
    }));

  test('is ignored by any function of its stack', () =>
    whilePolling(async () => {
      for (const name of ['pollForever', 'startPolling', 'whilePolling']) assert.equal(await left(ignoreAnyFunction(name)), 0, name);
      assert.equal(await left(ignoreAnyFunction('nobody')), 1);
    }));

  test('a pattern with a memory matches each time', () =>
    whilePolling(async () => {
      const entry = ignoreTopFunction(/poll/g);
      assert.deepEqual([await left(entry), await left(entry), await left(entry)], [0, 0, 0]);
    }));
});

test('a response is ignored by its functions, by its URL and by what a function says of it', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  async function fetchPreview(): Promise<Response> {
    return client.get(`${server.origin}/a/b?token=s3cret`);
  }
  async function load(): Promise<Response> {
    return await fetchPreview();
  }
  const response = await load();
  const cases: [Ignore, number][] = [
    [ignoreTopFunction('fetchPreview'), 0],
    [ignoreTopFunction('load'), 1],
    [ignoreAnyFunction('load'), 0],
    [ignoreCreatedBy('fetchPreview'), 0],
    [ignoreUrl(server.origin), 0],
    [ignoreUrl(new URL('/a', server.origin)), 0],
    [ignoreUrl(`${server.origin}/a/b`), 0],
    [ignoreUrl(`${server.origin}/a/`), 0],
    [ignoreUrl(`${server.origin}/a/b/c`), 1],
    [ignoreUrl(`${server.origin}/a/bb`), 1],
    [ignoreUrl('http://127.0.0.1:1/'), 1],
    [ignoreUrl(/\/a\/b/g), 0],
    [ignoreUrl(/s3cret/), 1],
    [ignoring('five bytes', ({ contentLength }) => contentLength === 5), 0],
    [ignoring('six bytes', ({ contentLength }) => contentLength === 6), 1],
  ];
  for (const [entry, expected] of cases) assert.equal(await left(entry), expected, entry.description);
  await response.close();
}));

test('lists are arrays, and are spread into others; a single entry needs none', () =>
  whilePolling(async () => {
    const shared = [ignoreTopFunction('nobody'), ignoreTopFunction('pollForever')];
    assert.deepEqual(await findLeaks({ ...NOW, ignore: [ignoreUrl('http://127.0.0.1/'), ignoreCurrent(), ...shared] }), []);
    assert.deepEqual(await findLeaks({ ...NOW, ignore: shared[1] }), []);
  }));

test('a snapshot does not cover what is done later on a connection that was idle', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  await (await client.get(`${server.origin}/first`)).text();
  const baseline = ignoreCurrent();
  assert.deepEqual(await findLeaks({ ...NOW, ignore: baseline, idle: 'fail' }), []);
  const response = await client.get(`${server.origin}/second`);
  assert.equal(server.connections.length, 1, 'the connection was not used again');
  assert.deepEqual((await findLeaks({ ...NOW, ignore: baseline })).map(({ url }) => url), [`${server.origin}/second`]);
  await response.close();
}));

test('a response of the snapshot that is proven later is not reported', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client, transport } = net.client();
  await (async () => {
    await client.get(server.origin);
  })();
  await turn();
  const baseline = ignoreCurrent();
  for (let i = 0; i < 200 && transport.stats().active > 0; i++) {
    globalThis.gc?.();
    await turn();
  }
  assert.equal(transport.stats().active, 0, 'it was not reclaimed');
  assert.deepEqual(await findLeaks({ ...NOW, ignore: baseline }), []);
  assert.equal((await findLeaks(NOW)).length, 1);
}));

describe('an entry that matched nothing', () => {
  const warnings: Error[] = [];
  process.on('warning', (warning) => warnings.push(warning));

  test('is a warning, once, that names it', async () => {
    const entry = ignoreTopFunction('longGone');
    await verifyNone(undefined, { retries: 0, ignore: entry });
    await verifyNone(undefined, { retries: 0, ignore: [entry] });
    await turn();
    const texts = warnings.filter(({ message }) => message.includes('longGone')).map(({ name, message }) => `${name}: ${message}`);
    assert.deepEqual(texts, ["LeakWarning: ignoreTopFunction('longGone') of a leak check matched nothing. Take it out, or set unmatched: 'ignore'."]);
  });

  test('fails the check under unmatched: fail, beside the leaks there are', async () => {
    const options = { retries: 0, ignore: ignoreTopFunction('longGone'), unmatched: 'fail' } as const;
    await assert.rejects(verifyNone(undefined, options), (error) => error instanceof LeakError && error.leaks.length === 0 && error.unmatched[0] === "ignoreTopFunction('longGone')" && error.message.startsWith('ignoreTopFunction'));
    await assert.rejects(findLeaks(options), LeakError);
    await whilePolling(() => assert.rejects(verifyNone(undefined, options), /^LeakError: 1 task leaked\n[^]*\nignoreTopFunction\('longGone'\) of a leak check matched nothing/));
  });

  test('passes in silence under unmatched: ignore, and so does an empty snapshot', async () => {
    warnings.length = 0;
    await verifyNone(undefined, { retries: 0, ignore: ignoreTopFunction('quiet'), unmatched: 'ignore' });
    await verifyNone(undefined, { retries: 0, ignore: ignoreCurrent(), unmatched: 'fail' });
    await turn();
    assert.deepEqual(warnings, []);
  });

  test('is none that matched beside another, or what ended by itself before the last look', () =>
    whilePolling(async () => {
      await verifyNone(undefined, { retries: 0, ignore: [ignoreTopFunction('pollForever'), ignoreCreatedBy('startPolling')], unmatched: 'fail' });
      const short = go(async function short() {
        await turn();
      });
      await verifyNone(undefined, { ignore: [ignoreTopFunction('pollForever'), ignoreTopFunction('short')], unmatched: 'fail' });
      await short;
    }));

  test('is one that matches idle connections only, which do not count', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client } = net.client();
    await (await client.get(server.origin)).text();
    const ignore = ignoreUrl(server.origin);
    await assert.rejects(verifyNone(undefined, { retries: 0, ignore, unmatched: 'fail' }), LeakError);
    await verifyNone(undefined, { retries: 0, ignore, unmatched: 'fail', idle: 'fail' });
  }));
});

describe('wrong entries are refused:', () => {
  for (const [what, wrong] of [
    ['a string', 'pollForever'],
    ['a function', () => true],
    ['an object that looks like one', { description: 'x', ignores: () => true }],
    ['a list with a hole', [undefined]],
  ] as const) {
    test(what, () => assert.rejects(findLeaks({ ignore: wrong } as unknown as LeakOptions), { name: 'TypeError', message: /^ignore takes what ignoreCurrent\(\)/ }));
  }
  test('a name that is none', () => {
    for (const make of [ignoreTopFunction, ignoreAnyFunction, ignoreCreatedBy]) for (const name of ['', 5, null]) assert.throws(() => make(name as string), { name: 'TypeError', message: new RegExp(`^${make.name}\\(\\) takes`) });
  });
  test('a URL that is none', () => assert.throws(() => ignoreUrl('/relative'), { name: 'TypeError', message: /absolute URL or a RegExp, not '\/relative'/ }));
  test('no description, no function', () => {
    assert.throws(() => ignoring('', () => true), TypeError);
    assert.throws(() => ignoring('x', true as never), TypeError);
  });
});
