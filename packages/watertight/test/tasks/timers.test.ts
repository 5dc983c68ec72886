/** Which timers of the library a test can fake, and which not. */
import assert from 'node:assert/strict';
import nodeTimers from 'node:timers';
import { describe, test, type TestContext } from 'node:test';
import { Client } from 'watertight';
import { MockTransport } from 'watertight/mock';
import { nextCheck, sleep, startInterval, startOwnTimer, startTimer, stopTimer, turn } from '#tasks';

const fakeAll = (t: TestContext): void => t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });

test('a turn, a sleep and a timer of a connection go on where all timers are faked', async (t) => {
  fakeAll(t);
  await new Promise<void>(nextCheck);
  await turn();
  await sleep(1);
  await new Promise<void>((resolve) => startOwnTimer(resolve, 1));
});

test('time limits are the program\'s timers: they expire when the faked time comes', (t) => {
  fakeAll(t);
  const called: string[] = [];
  startTimer(() => called.push('timer'), 1000).unref();
  const interval = startInterval(() => called.push('interval'), 600);
  stopTimer(startTimer(() => called.push('stopped'), 10));
  t.mock.timers.tick(1200);
  stopTimer(interval);
  t.mock.timers.tick(1200);
  assert.deepEqual(called, ['interval', 'timer', 'interval']);
});

test('a real timer can be stopped while timers are faked, and a faked one afterwards', async (t) => {
  const called: string[] = [];
  const real = startTimer(() => called.push('real'), 1);
  fakeAll(t);
  const faked = startTimer(() => called.push('faked'), 1);
  stopTimer(real);
  await sleep(5);
  stopTimer(faked);
  t.mock.timers.tick(5);
  t.mock.timers.reset();
  stopTimer(faked);
  assert.deepEqual(called, []);
});

describe('in a simulated document, whose timers are numbers and which has no setImmediate,', () => {
  const inDocument = (t: TestContext): void => {
    const timers = new Map<number, NodeJS.Timeout>();
    let last = 0;
    const start = (real: (fn: () => void, ms: number) => NodeJS.Timeout) => (fn: () => void, ms: number): number => {
      timers.set(++last, real(fn, ms));
      return last;
    };
    const stop = (id: number): void => nodeTimers.clearTimeout(timers.get(id));
    const replaced = { setTimeout: start(nodeTimers.setTimeout), setInterval: start(nodeTimers.setInterval), clearTimeout: stop, clearInterval: stop, setImmediate: undefined, clearImmediate: undefined };
    const own = Object.fromEntries(Object.keys(replaced).map((name) => [name, (globalThis as Record<string, unknown>)[name]]));
    Object.assign(globalThis, replaced);
    t.after(() => Object.assign(globalThis, own));
  };

  test('timers run once, can be stopped, and need not keep the process alive', async (t) => {
    inDocument(t);
    const called: string[] = [];
    const timer = startTimer(() => called.push('timer'), 1).unref();
    const stopped = startTimer(() => called.push('stopped'), 1);
    const interval = startInterval(() => called.push('interval'), 1).unref();
    assert.deepEqual([timer, stopped, interval].map((each) => each.hasRef()), [false, true, false]);
    stopTimer(stopped);
    while (!called.includes('timer') || !called.includes('interval')) await sleep(1);
    stopTimer(interval);
    const before = called.length;
    await sleep(5);
    assert.equal(called.length, before);
    assert.deepEqual(called.filter((each) => each !== 'interval'), ['timer']);
  });

  test('a request with a time limit is answered', async (t) => {
    inDocument(t);
    const transport = new MockTransport(() => 'hello');
    t.after(() => transport.close());
    const response = await new Client({ transport }).get('http://a.test/', { timeout: 60_000 });
    assert.equal(await response.text(), 'hello');
  });
});

test('a mocked request is answered, and the transport closes, where all timers are faked', async (t) => {
  fakeAll(t);
  const transport = new MockTransport(() => 'hello');
  const client = new Client({ transport });
  assert.equal(await (await client.get('http://a.test/')).text(), 'hello');
  await transport.close();
});
