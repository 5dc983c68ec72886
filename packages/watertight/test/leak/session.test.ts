/** A file's leak checks, without a runner: whose a leak is, that each is told once, and what is told at the end. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { LeakError} from 'watertight/leak';
import { ignoreTopFunction, ignoreUrl, LeakSession, type Leak, type LeakOutcome, type SessionOptions, type SessionTest } from 'watertight/leak';
import type { Client } from 'watertight';
import { requestOf } from '#instrument';
import { unrefConnections } from '#resources';
import { setUnref } from '#leak';
import { onLoopback, type Loopback } from '../fixtures/loopback.js';

const QUICK = { retries: 2 } as const;

const paths = (error: LeakError | null): string[] => (error?.leaks ?? []).map(({ url }) => new URL(url).pathname.slice(1));

interface Bench {
  session: LeakSession;
  client: Client;
  origin: string;
  /** Opens a response and leaves it. */
  leak(path: string): Promise<void>;
  /** Begins a test, runs it in its scope, ends it. */
  run(name: string, body: () => unknown, ended?: { failed?: boolean; skipped?: boolean }): Promise<LeakError | null>;
}

function onBench(body: (bench: Bench, net: Loopback) => Promise<void>, options: SessionOptions = QUICK): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('hello') });
    const { client, transport } = net.client();
    const session = new LeakSession(options);
    const opened: unknown[] = [];
    const leak = async (path: string): Promise<void> => void opened.push(await client.get(`${server.origin}/${path}`));
    const run = async (name: string, fn: () => unknown, ended = {}): Promise<LeakError | null> => {
      const each = session.begin(name);
      await session.run(each, fn);
      return session.end(each, ended);
    };
    try {
      await body({ session, client, origin: server.origin, leak, run }, net);
    } finally {
      await transport.close();
    }
  });
}

test('each test is told its own leaks, and the end what is nobody\'s, each once', onBench(async ({ session, leak, run }) => {
  await leak('file');
  assert.equal(await run('clean', () => {}), null);
  assert.deepEqual(paths(await run('leaking', () => leak('a'))), ['a']);
  assert.equal(await run('after it', () => {}), null);
  const error = await session.finish();
  assert.deepEqual(paths(error), ['file']);
  assert.match(error!.message, /^1 response leaked outside of any test\n/);
  assert.equal(await session.finish(), null);
  assert.equal(session.seen, 3);
}));

for (const unref of [true, false]) {
  test(`what was reported ${unref ? 'no longer keeps' : 'goes on keeping'} the process alive when the file has ended: unref: ${unref}`, onBench(async ({ session, leak, run }) => {
    const released: string[] = [];
    setUnref((holders) => released.push(...[...holders].map(({ url }) => new URL(url).pathname)));
    try {
      session.configure({ unref });
      await leak('file');
      assert.deepEqual(paths(await run('leaking', () => leak('a'))), ['a']);
      await run('failing', () => leak('failed'), { failed: true });
      await run('unchecked', async () => (session.configure('off'), leak('unchecked')));
      assert.deepEqual(released, [], 'not before the end');
      await session.finish();
      // A test failed, so the file was not looked at, and nothing of it reported.
      assert.deepEqual(released, unref ? ['/a'] : []);
    } finally {
      setUnref((holders) => unrefConnections(holders, requestOf));
    }
  }));
}

test('tests that overlap are told apart', onBench(async ({ session, client, origin, leak }) => {
  const first = session.begin('first');
  const second = session.begin('second');
  const [held] = await Promise.all([session.run(first, () => client.get(`${origin}/held`)), session.run(second, () => leak('second'))]);
  assert.deepEqual(paths(await session.end(second)), ['second']);
  await held.text();
  assert.equal(await session.end(first), null);
  assert.equal(await session.finish(), null);
}));

test('what is started after a test ended, or across timers of it, is told at the end, with its name', onBench(async ({ session, leak, run }) => {
  let opened: () => void = () => {};
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  assert.equal(await run('late', () => void setTimeout(() => void leak('late').then(opened), 30)), null);
  await isOpen;
  const error = await session.finish();
  assert.deepEqual(error?.leaks.map(({ url, scope }) => [new URL(url).pathname, scope]), [['/late', 'late']]);
  assert.match(error.message, /\n {4}by the test 'late'\n/);
}));

test('what was there before the session is not its business', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const before = await client.get(server.origin);
  const session = new LeakSession(QUICK);
  assert.equal(await session.finish(), null);
  await before.close();
}));

describe('without scopes', () => {
  test('a test answers for what is new, if it is alone', onBench(async ({ session, leak }) => {
    await leak('file');
    const alone = session.begin('alone');
    await leak('alone');
    assert.deepEqual(paths(await session.end(alone)), ['alone']);
    assert.deepEqual(paths(await session.finish()), ['file']);
  }));

  test('tests that overlap leave it to the end', onBench(async ({ session, leak }) => {
    const [first, second] = [session.begin('first'), session.begin('second')];
    await leak('somebody');
    assert.deepEqual([await session.end(first), await session.end(second)], [null, null]);
    assert.deepEqual(paths(await session.finish()), ['somebody']);
  }));
});

describe('a proven leak', () => {
  /** Drops a response in the test's scope and has it collected. */
  async function drop({ client, origin, session }: Bench, each: SessionTest, collect: boolean): Promise<void> {
    await session.run(each, async () => {
      await client.get(`${origin}/dropped`);
    });
    for (let i = 0; collect && i < 50; i++) {
      globalThis.gc?.();
      await turn();
    }
  }

  test('keeps its test', onBench(async (bench) => {
    const [other, dropping] = [bench.session.begin('other'), bench.session.begin('dropping')];
    bench.session.run(other, () => {});
    await drop(bench, dropping, true);
    assert.equal(await bench.session.end(other), null);
    const error = await bench.session.end(dropping);
    assert.deepEqual(error?.leaks.map(({ verdict, task, scope }) => ({ verdict, task, scope })), [{ verdict: 'proven', task: null, scope: 'dropping' }]);
    assert.equal(await bench.session.finish(), null);
  }));

  test('that was told when it was suspect is not told again', onBench(async (bench) => {
    const dropping = bench.session.begin('dropping');
    await drop(bench, dropping, false);
    assert.deepEqual(paths(await bench.session.end(dropping)), ['dropped']);
    for (let i = 0; i < 50; i++) {
      globalThis.gc?.();
      await turn();
    }
    assert.equal(await bench.session.finish(), null);
  }));
});

describe('a test that failed', () => {
  test('is not looked at, nor the file, nor is what it left blamed on others', onBench(async ({ session, leak, run }) => {
    await leak('file');
    assert.equal(await run('failing', () => leak('a'), { failed: true }), null);
    assert.equal(await run('clean', () => {}), null);
    assert.equal(await session.finish(), null);
  }));

  test('is looked at, and the file, under runOnFailure', onBench(async ({ session, leak, run }) => {
    await leak('file');
    assert.deepEqual(paths(await run('failing', () => leak('a'), { failed: true })), ['a']);
    assert.deepEqual(paths(await session.finish()), ['file']);
  }, { ...QUICK, runOnFailure: true }));

  test('by its leak alone does not keep the file from being looked at', onBench(async ({ session, leak, run }) => {
    await leak('file');
    await run('leaking', () => leak('a'));
    assert.deepEqual(paths(await session.finish()), ['file']);
  }));

  test('of itself, known to the runner alone, does', onBench(async ({ session, leak }) => {
    await leak('file');
    assert.equal(await session.finish({ failed: true }), null);
    assert.equal(session.finishNow({ failed: true }), null);
    assert.deepEqual(paths(session.finishNow()), ['file']);
  }));
});

test('what a skipped test started is never told', onBench(async ({ session, leak, run }) => {
  assert.equal(await run('skipped', () => leak('a'), { skipped: true }), null);
  assert.equal(await session.finish(), null);
}));

describe('options', () => {
  test('in a test are the test\'s: off, and a list that is known no more at the end, nor needs to be', onBench(async ({ session, origin, leak, run }) => {
    assert.equal(await run('off', async () => {
      session.configure('off');
      await leak('off');
    }), null);
    assert.equal(await run('known', async () => {
      session.configure({ ignore: ignoreUrl(`${origin}/known`) });
      await leak('known');
    }), null);
    assert.deepEqual(paths(await run('checked', () => leak('known'))), ['known']);
    assert.equal(await session.finish(), null);
  }));

  test('outside are the session\'s, and lists add up', onBench(async ({ session, origin, leak, run }) => {
    session.configure({ ignore: ignoreUrl(`${origin}/one`) });
    session.configure({ ignore: [ignoreUrl(`${origin}/two`)], unmatched: 'fail' });
    assert.deepEqual(paths(await run('a', () => Promise.all([leak('one'), leak('two'), leak('three')]))), ['three']);
    assert.equal(await session.finish(), null, 'both entries matched, in a test');
  }));

  test('off turns the whole session off', onBench(async ({ session, leak, run }) => {
    session.configure('off');
    assert.equal(await run('a', () => leak('a')), null);
    await leak('file');
    assert.equal(await session.finish(), null);
    assert.equal(session.finishNow(), null);
  }));

  test('where scopes are missing, reach the one test under way', onBench(async ({ session, leak }) => {
    const alone = session.begin('alone');
    session.configure('off');
    await leak('a');
    assert.equal(await session.end(alone), null);
    const next = session.begin('next');
    await leak('b');
    assert.deepEqual(paths(await session.end(next)), ['b']);
    assert.equal(await session.finish(), null);
  }));

  test('that are none are refused', () => {
    const session = new LeakSession();
    for (const wrong of [{ retry: 1 }, { runOnFailure: 1 }, { cleanup: true }, null, 'on']) {
      assert.throws(() => session.configure(wrong as never), TypeError, JSON.stringify(wrong));
      assert.throws(() => new LeakSession(wrong as never), TypeError, JSON.stringify(wrong));
    }
  });
});

test('an entry that matched in no check of the file is told at its end, not before', onBench(async ({ session, run }) => {
  session.configure({ ignore: ignoreTopFunction('longGone'), unmatched: 'fail' });
  assert.equal(await run('a', () => {}), null);
  const error = await session.finish();
  assert.deepEqual([error?.leaks, error?.unmatched], [[], ["ignoreTopFunction('longGone')"]]);
}));

test('cleanup is called once, at the end, with all leaks of the file', async () => {
  const outcomes: LeakOutcome[] = [];
  await onBench(async ({ session, leak, run }) => {
    await run('a', () => leak('a'));
    assert.equal(outcomes.length, 0);
    await leak('file');
    const error = await session.finish();
    assert.equal(outcomes.length, 1);
    assert.deepEqual(outcomes[0].leaks.map(({ url }: Leak) => new URL(url).pathname), ['/a', '/file']);
    assert.equal(outcomes[0].error, error);
  }, { ...QUICK, cleanup: (outcome) => outcomes.push(outcome) })(undefined as never);
});
