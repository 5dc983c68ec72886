/** Which group of a profile is to blame: the one that explains the growth. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { groupOf, summarizeStacks, type CountedStack } from '#diagnose';
import { groupReports, type WatchedGroup } from '#monitor';

type Told = readonly [count: number, before: number, state: string, ...functions: string[]];

const SERVE = 'net/http.(*conn).serve';
const POLL = ['internal/poll.runtime_pollWait', 'net.(*conn).Read'];

function stack([count, , state, ...functions]: Told): CountedStack {
  const frames = functions.map((name) => ({ function: name, file: name.startsWith('main.') ? '/srv/main.go' : '/usr/lib/go/src/x.go', line: 7, address: '' }));
  return { key: `${state} ${functions.join()}`, frames, state, createdBy: null, labels: {}, waitMs: 0, count };
}

/** What is shown, in order, as the innermost functions of their stacks. */
function shown(told: readonly Told[], judged: readonly WatchedGroup[] = []): string[] {
  const before = told.filter(([, was]) => was > 0).map((each): CountedStack => ({ ...stack(each), count: each[1] }));
  return groupReports(summarizeStacks(told.map(stack), before), 10, judged).map(({ frames }) => frames[0].function);
}

function leaking(told: Told, perHour: number): WatchedGroup {
  const { frames } = stack(told);
  return { id: 0, key: groupOf(frames), shape: { top: '', site: null, state: null, frames }, count: told[0], growth: told[0] - told[1], verdict: { leaking: true, since: 1, perHour, confidence: 0.9, reason: 'They stay.' } };
}

const READ: Told = [30, 10, 'select', 'net/http.(*persistConn).readLoop'];
const WRITE: Told = [30, 10, 'select', 'net/http.(*persistConn).writeLoop'];

describe('to blame is', () => {
  const CASES: readonly [name: string, expected: string, told: readonly Told[]][] = [
    ['what came most, though it is traffic and no leak, rather than two that might leak', POLL[0], [[310, 10, 'IO wait', ...POLL, 'net/http.(*connReader).Read', SERVE], [4, 2, 'select', 'main.wait']]],
    ['an unread body, which has two tasks, rather than more senders', READ[3], [[35, 5, 'chan send', 'main.send'], READ, WRITE]],
    ['more than twice as many senders, rather than unread bodies', 'main.send', [READ, WRITE, [55, 5, 'chan send', 'main.send']]],
    ['a group that came by itself, rather than one of many small ones of a kind', 'main.send', [[15, 1, 'chan send', 'main.send'], ...Array.from({ length: 10 }, (_, i): Told => [4, 1, 'select', `main.select${i}`])]],
    ['what might leak, of those that came as much', 'main.send', [[20, 10, 'IO wait', ...POLL, 'net/http.(*connReader).Read', SERVE], [20, 10, 'chan send', 'main.send']]],
  ];
  for (const [name, expected, told] of CASES) {
    test(name, () => {
      assert.equal(shown(told)[0], expected);
      assert.equal(shown([...told].reverse())[0], expected, 'in any order');
    });
  }
});

describe('where several groups leak', () => {
  const SEND: Told = [90, 10, 'chan send', 'main.send'];
  const LOCK: Told = [40, 10, 'select', 'main.wait'];
  const TRAFFIC: Told = [900, 10, 'IO wait', ...POLL, 'net/http.(*connReader).Read', SERVE];

  test('the fastest is first, before all that does not leak, however much that grew', () => {
    assert.deepEqual(shown([SEND, LOCK, TRAFFIC], [leaking(SEND, 20), leaking(LOCK, 60)]), ['main.wait', 'main.send', POLL[0]]);
  });

  test('one that the present process does not have yet is among them', () => {
    assert.deepEqual(shown([SEND, TRAFFIC], [leaking(SEND, 20), leaking(LOCK, 60)]), ['main.wait', 'main.send', POLL[0]]);
  });
});
