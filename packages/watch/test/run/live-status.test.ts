/** The live line of `watertight run`: what it says, and that what the program writes is left alone. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import xterm from '@xterm/headless';
import { formatStatus, StatusLine, statusOf, type LiveStatus, type StatusSource } from '#run';
import * as library from 'watertight/tasks';
import { Task, type Holder } from 'watertight/tasks';

const NOW = 100_000;

function holder(changes: Partial<Holder> = {}): Holder {
  return {
    client: 'watertight', method: 'GET', url: 'http://127.0.0.1/a', origin: 'http://127.0.0.1', status: 200, bytesRead: 0, contentLength: 5,
    openedAt: NOW - 1000, lastReadAt: NOW - 1000, awaited: false, abandoned: false, trace: null, ...changes,
  };
}

/** The library as it would be with these holders, each on both loops of a connection. */
function holding(...holders: Holder[]): StatusSource {
  const alive = [null, ...holders, ...holders].map((each) => Object.assign(new Task('connection', 'readLoop', 'select', null), { holder: each }));
  return { ...library, tasks: () => alive, now: () => NOW, provenLeaks: () => [] };
}

const QUIET: LiveStatus = { tasks: 1, unfinished: 0, suspect: 0, proven: 0, top: '' };

describe('the status', () => {
  test('of a program that does nothing', () => {
    assert.deepEqual(statusOf(holding()), QUIET);
  });

  test('counts a connection\'s holder once, and names who holds most', () => {
    const status = statusOf(holding(holder(), holder(), holder({ url: 'http://127.0.0.1/b' })));
    assert.deepEqual(status, { tasks: 7, unfinished: 3, suspect: 0, proven: 0, top: '2 by GET http://127.0.0.1/a, the oldest for 1.0 s' });
  });

  test('blames the suspects, if there are any, rather than what is being read', () => {
    const stuck = holder({ url: 'http://127.0.0.1/stuck', lastReadAt: NOW - 20_000, openedAt: NOW - 20_000 });
    const status = statusOf(holding(holder(), holder(), stuck));
    assert.equal(status.suspect, 1);
    assert.match(status.top, /^1 by GET http:\/\/127\.0\.0\.1\/stuck/);
  });

  test('as a line, cut to the width of the terminal', () => {
    const status = { tasks: 7, unfinished: 3, suspect: 2, proven: 1, top: '2 by src/load.ts:14:3 (load)' };
    assert.equal(formatStatus(status, 100), ' watertight  7 tasks, 3 unfinished, 2 suspect, 1 proven  2 by src/load.ts:14:3 (load)');
    assert.equal(formatStatus(status, 20), ' watertight  7 task…');
    assert.equal(formatStatus(QUIET, 100), ' watertight  1 task, 0 unfinished');
  });
});

/** A terminal of so many rows, and what is on it. */
class Screen {
  readonly #terminal: InstanceType<typeof xterm.Terminal>;
  readonly #listeners = new Set<() => void>();

  constructor(public rows: number, public columns = 60) {
    this.#terminal = new xterm.Terminal({ rows, cols: columns, allowProposedApi: true });
  }

  /** What the status line and the program write. Line feeds move to the start of the line, as a terminal driver has them do. */
  write(text: string): void {
    this.#terminal.write(text.replaceAll('\n', '\r\n'));
  }

  on(_event: 'resize', listener: () => void): void {
    this.#listeners.add(listener);
  }

  off(_event: 'resize', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  resize(rows: number): void {
    this.rows = rows;
    this.#terminal.resize(this.columns, rows);
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Every row, the ones that have scrolled away first. */
  async lines(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)!.translateToString(true));
  }
}

describe('the line', () => {
  test('stands on the last row while the program writes more than fits', async () => {
    const screen = new Screen(6);
    const line = new StatusLine(screen);
    for (let i = 1; i <= 20; i++) {
      screen.write(`line ${i}\n`);
      if (i % 3 === 0) line.show({ ...QUIET, tasks: i });
    }
    assert.deepEqual((await screen.lines()).slice(-6), ['line 17', 'line 18', 'line 19', 'line 20', '', ' watertight  18 tasks, 0 unfinished']);
    line.end();
    screen.write('after\n');
    const lines = (await screen.lines()).filter((each) => each !== '');
    assert.deepEqual(lines.slice(-2), ['line 20', 'after']);
    assert.ok(!lines.some((each) => each.includes('watertight')), 'nothing of it is left');
  });

  test('leaves a half-written line of the program as it is', async () => {
    const screen = new Screen(6);
    const line = new StatusLine(screen);
    screen.write('Name: ');
    line.show(QUIET);
    screen.write('Ann');
    line.show({ ...QUIET, tasks: 2 });
    screen.write('!');
    assert.equal((await screen.lines())[0], 'Name: Ann!');
    line.end();
    assert.equal((await screen.lines())[0], 'Name: Ann!');
  });

  test('moves to the new last row when the terminal grows', async () => {
    const screen = new Screen(5);
    const line = new StatusLine(screen);
    screen.write('first\n');
    line.show(QUIET);
    screen.resize(8);
    const lines = await screen.lines();
    assert.equal(lines.at(-1), ' watertight  1 task, 0 unfinished');
    assert.equal(lines.filter((each) => each.includes('watertight')).length, 1, 'once only');
    line.end();
    assert.equal(screen.listeners, 0);
  });

  test('is not shown where there is no row to spare, and ends without having been shown', async () => {
    const screen = new Screen(3);
    const line = new StatusLine(screen);
    line.show(QUIET);
    line.end();
    assert.deepEqual((await screen.lines()).filter((each) => each !== ''), []);
  });
});
