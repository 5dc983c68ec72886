/** The states of a connection and of an exchange, as data. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONN_MOVES, EXCHANGE_MOVES } from '#conn';

for (const [what, moves, first, last] of [
  ['a connection', CONN_MOVES, 'idle', ['closed']],
  ['an exchange', EXCHANGE_MOVES, 'new', ['eof', 'closed', 'failed']],
] as const) {
  const table = moves as Readonly<Record<string, readonly string[]>>;

  test(`every state of ${what} can be reached, and an end from every one`, () => {
    const reach = (from: string, seen = new Set<string>()): Set<string> => {
      if (!seen.has(from)) {
        seen.add(from);
        for (const to of table[from]) reach(to, seen);
      }
      return seen;
    };
    assert.deepEqual([...reach(first)].sort(), Object.keys(table).sort());
    for (const state of Object.keys(table)) assert.ok(last.some((end) => reach(state).has(end)), state);
  });

  test(`the ends of ${what} are final, and no other state is`, () => {
    assert.deepEqual(Object.keys(table).filter((state) => table[state].length === 0).sort(), [...last].sort());
  });
}
