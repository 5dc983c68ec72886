/** The lab step by step: that it is the same experiment, that every step is explained, and that nothing of it stays. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { verifyNone } from 'watertight/leak';
import { LabBench, LabError, liveScenarios, nextMovers, parseScenarios, type Frame } from '#lab';
import { Followed } from './live-run.js';

/** Resolves when no child process of this one is alive. */
async function noChildren(): Promise<void> {
  const deadline = Date.now() + 10_000;
  // A process that has ended is still listed until its handle has closed, a turn later.
  while (process.getActiveResourcesInfo().includes('ProcessWrap')) {
    assert.ok(Date.now() < deadline, 'a process has outlived the lab');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function withBench(body: (bench: LabBench) => Promise<void>, ...[scenarios = liveScenarios(), options]: Partial<ConstructorParameters<typeof LabBench>>): Promise<void> {
  const bench = new LabBench(scenarios, options);
  try {
    await body(bench);
  } finally {
    await bench.close();
  }
  await noChildren();
}

after((t) => verifyNone(t));

describe('every experiment, step by step', () => {
  const bench = new LabBench(liveScenarios());
  const results = new Map<string, { counts: number[]; frames: Frame[]; ended: string | null }>();
  after(() => bench.close());

  test('runs to its end, four at a time', async () => {
    const left = [...bench.scenarios];
    async function lane(): Promise<void> {
      for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
        const run = await bench.start([scenario.id]);
        const followed = new Followed(run);
        await followed.toTheEnd();
        results.set(scenario.id, { counts: followed.counts(), frames: followed.frames[0], ended: followed.ended });
        await run.end('done');
      }
    }
    await Promise.all(Array.from({ length: 4 }, lane));
    assert.equal(results.size, bench.scenarios.length);
  });

  for (const { id, why, counts, errors } of liveScenarios()) {
    test(`${id} counts what Go counted: ${why}`, () => {
      const { counts: here, frames, ended } = results.get(id)!;
      assert.equal(ended, null);
      assert.deepEqual({ counts: here, errors: frames.at(-1)!.snapshot.errors }, { counts, errors });
    });
  }

  test('what is shown adds up: the program, two tasks a connection, one a dial', () => {
    for (const [id, { frames }] of results) {
      for (const { index, snapshot } of frames) {
        const open = snapshot.connections.filter(({ state }) => state !== 'closed');
        assert.equal(snapshot.taskCount, 1 + 2 * open.length + snapshot.dials.length, `${id}, step ${index}`);
        assert.equal(snapshot.opened - snapshot.closed, open.length, `${id}, step ${index}`);
        for (const connection of open) assert.ok(connection.readLoop !== null && connection.writeLoop !== null, `${id}, step ${index}`);
      }
    }
  });

  test('every step is explained, and no number in it is missing', () => {
    for (const [id, { frames }] of results) {
      for (const { index, explanation } of frames) {
        assert.match(explanation.text, /^([A-Z1-9]|closeIdle)[^]*\.$/, `${id}, step ${index}`);
        assert.doesNotMatch(explanation.text, /undefined|null|NaN|-1|\s\s/, `${id}, step ${index}`);
      }
    }
  });

  test('a connection that nobody reads names the line that asked for it', () => {
    const { snapshot } = results.get('six-unread')!.frames.at(-1)!;
    assert.deepEqual(snapshot.connections.map(({ id, state, dialledFor, served, request }) => ({ id, state, dialledFor, served, request })), [1, 2, 3, 4, 5, 6].map((id) => ({ id, state: 'pinned', dialledFor: id, served: [id], request: id })));
    for (const { site } of snapshot.connections) assert.match(site ?? '', /^lab\/staged-run\.ts:\d+$/);
  });

  test('one connection serves all six that are read', () => {
    const { snapshot } = results.get('quiz-six-read-all')!.frames.at(-1)!;
    assert.deepEqual(snapshot.connections.map(({ state, served }) => [state, served]), [['idle', [1, 2, 3, 4, 5, 6]]]);
    assert.equal(snapshot.opened, 1);
  });
});

describe('a run', () => {
  test('does nothing until it is told to: a dial is held until the next step', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['six-unread']));
      await followed.until(1);
      assert.deepEqual(followed.frames[0][0].next, { op: 'ask', requests: [1] });
      await followed.step();
      const { snapshot } = followed.frames[0][1];
      assert.deepEqual([snapshot.taskCount, snapshot.dials.length, snapshot.connections.length], [2, 1, 0]);
      await followed.step();
      assert.deepEqual(followed.frames[0][2].snapshot.connections.map(({ state }) => state), ['pinned']);
    }));

  test('of two experiments keeps them abreast: 3 beside 13', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['quiz-six-read-all', 'six-unread']), 2);
      await followed.toTheEnd();
      assert.deepEqual([followed.counts(0), followed.counts(1)], [[3], [13]]);
    }));

  test('refuses a step while one is under way, and after the last', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['idle-connection']));
      await followed.until(1);
      followed.run.step();
      assert.throws(() => followed.run.step(), refusal('busy'));
      await followed.until(2);
      await followed.toTheEnd();
      assert.throws(() => followed.run.step(), refusal('over'));
    }));

  test('is told from its start to whoever follows later', () =>
    withBench(async (bench) => {
      const first = new Followed(await bench.start(['idle-connection']));
      await first.toTheEnd();
      const second = new Followed(first.run);
      assert.deepEqual(second.frames, first.frames);
    }));

  test('ends when nobody follows it any more', () =>
    withBench(
      async (bench) => {
        const run = await bench.start(['idle-connection']);
        const followed = new Followed(run);
        await followed.until(1);
        const stays = new Followed(run);
        followed.leave();
        stays.leave();
        await gone(bench, run.id);
      },
      liveScenarios(),
      { unfollowed: 20 },
    ));

  test('ends when nothing is done with it', () =>
    withBench(
      async (bench) => {
        const followed = new Followed(await bench.start(['idle-connection']));
        await followed.until(100);
        assert.equal(followed.ended, 'nothing was done for a while');
      },
      liveScenarios(),
      { untouched: 20, unfollowed: 10_000 },
    ));

  test('can be ended in the middle of a step', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['six-unread']));
      await followed.until(1);
      followed.run.step();
      await followed.run.end('enough');
      assert.equal(followed.ended, 'enough');
      assert.throws(() => bench.run(followed.run.id), refusal('unknown'));
    }));

  test('that fails says why, and ends', () =>
    withBench(
      async (bench) => {
        const followed = new Followed(await bench.start(['broken']));
        await followed.until(1);
        assert.match(followed.ended ?? '', /^broken: .*maxIdleConns is not negative, as -5 is/);
      },
      [{ ...liveScenarios()[0], id: 'broken', transport: { maxIdleConns: -5 } }],
    ));
});

describe('a request that only a cancel ends', () => {
  const hanging = parseScenarios(
    JSON.stringify([{ id: 'hang', why: 'no answer ever comes', steps: [{ op: 'request', path: '/hang/x', cancelMs: 100 }, { op: 'count' }], counts: [1], errors: 1 }]),
    'the test',
  );
  test('is shown waiting, then cancelled, and counts as the error that it is', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['hang']));
      await followed.toTheEnd();
      assert.deepEqual(followed.frames[0].map(({ move }) => move.op), ['start', 'ask', 'answer', 'cancel', 'count']);
      const [, , waiting, cancelled, end] = followed.frames[0];
      assert.match(waiting.explanation.text, /the response has not come yet/);
      assert.match(cancelled.explanation.text, /Request 1 is cancelled.*connection 1 is closed/);
      assert.deepEqual([end.snapshot.taskCount, end.snapshot.errors], [1, 1]);
    }, hanging));
});

describe('experiments of one’s own', () => {
  const own = parseScenarios(
    JSON.stringify([
      { id: 'redirected', why: 'each hop on a connection of its own', transport: { disableKeepAlives: true }, steps: [{ op: 'request', path: '/redirect/2', read: 'all' }, { op: 'count' }], counts: [1], errors: 0 },
      { id: 'in pairs', why: 'the second of a pair waits for the first', transport: { maxConnsPerHost: 2 }, steps: [{ op: 'request', path: '/barrier/2', times: 4, parallel: true, read: 'all', close: true }, { op: 'count' }], counts: [5], errors: 0 },
      { id: 'three again', why: 'two find a connection, and wait for the third', steps: Array.from({ length: 2 }, () => ({ op: 'request', path: '/barrier/3', times: 3, parallel: true, read: 'all' })).concat({ op: 'count' } as never), counts: [5], errors: 0 },
    ]),
    'the test',
  );

  test('a redirect dials again, and the last connection is the one that is named', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['redirected']));
      await followed.toTheEnd();
      assert.deepEqual(followed.counts(), [1]);
      const texts = followed.frames[0].map(({ explanation }) => explanation.text);
      assert.match(texts[2], /^Connection 1 was opened, and closed again after its response\. Request 1 was redirected and needs a connection once more; none is idle, so one is dialled\./);
      assert.match(texts[4], /it pins connection 3: no other request can use it/);
    }, own));

  test('those that found a connection wait for the one that has to dial', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['three again']));
      await followed.toTheEnd();
      assert.deepEqual(followed.counts(), [5]);
      const again = followed.frames[0].find(({ move }) => move.op === 'ask' && move.requests[0] === 4)!;
      assert.match(again.explanation.text, /Requests 4 and 5 take what the idle pool has, connections 2 and 1: nothing is dialled for them\. The pool has no more, so another is dialled\./);
    }, own));

  test('a request that waits for another’s connection gets it, and one that waits for its pair does not hold everything up', () =>
    withBench(async (bench) => {
      const followed = new Followed(await bench.start(['in pairs']));
      await followed.toTheEnd();
      assert.deepEqual(followed.counts(), [5]);
      const texts = followed.frames[0].map(({ explanation }) => explanation.text);
      assert.match(texts[1], /2 are dialled at once\..* Requests 3 and 4 wait, because maxConnsPerHost allows 2\./);
      assert.match(texts[3], /Request 3 was waiting for a connection, and gets connection 1 at once\./);
    }, own));
});

describe('the bench', () => {
  test('has so many runs at a time and no more; an ended one makes room', () =>
    withBench(
      async (bench) => {
        const runs = await Promise.all([bench.start(['head']), bench.start(['head'])]);
        await assert.rejects(bench.start(['head']), refusal('too many'));
        await runs[0].end('done');
        await bench.start(['head']);
      },
      liveScenarios(),
      { runs: 2 },
    ));

  test('refuses what is not there, what is none, and what is too long to be watched', () =>
    withBench(
      async (bench) => {
        await assert.rejects(bench.start(['nothing']), refusal('unknown'));
        await assert.rejects(bench.start([]), refusal('unfit'));
        await assert.rejects(bench.start(['long', 'long', 'long']), refusal('unfit'));
        await assert.rejects(bench.start(['long']), /long makes 1000 requests, more than the 100/);
      },
      parseScenarios(JSON.stringify([{ id: 'long', why: 'too long', steps: [{ op: 'request', path: '/bytes/5', times: 1000 }], counts: [], errors: 0 }]), 'the test'),
    ));

  test('that has been closed starts nothing', async () => {
    const bench = new LabBench(liveScenarios());
    const refused = assert.rejects(bench.start(['head']), refusal('over'));
    await bench.close();
    await refused;
    await assert.rejects(bench.start(['head']), refusal('over'));
    await noChildren();
  });
});

test('of two, the one that is behind moves, or both', () => {
  assert.deepEqual(nextMovers([1, 1]), [0, 1]);
  assert.deepEqual(nextMovers([1, 2]), [0]);
  assert.deepEqual(nextMovers([null, 2]), [1]);
  assert.deepEqual(nextMovers([6.5, 6]), [1]);
  assert.deepEqual(nextMovers([null, null]), []);
  assert.deepEqual(nextMovers([3]), [0]);
});

function refusal(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof LabError && error.refusal === kind;
}

/** Resolves when the bench knows the run no more. */
async function gone(bench: LabBench, id: string): Promise<void> {
  for (;;) {
    try {
      bench.run(id);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
