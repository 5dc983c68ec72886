/** One file, several watchers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { History } from '#store';

const room = mkdtempSync(join(tmpdir(), 'two-'));
after(() => rmSync(room, { recursive: true, force: true }));

const opener = fileURLToPath(new URL('opener-process.js', import.meta.url));

test('watchers that begin the same new file at the same time all have it', async () => {
  for (let round = 0; round < 2; round++) {
    const file = join(room, `begun-${round}.db`);
    const children = Array.from({ length: 4 }, () => spawn(process.execPath, [opener, file], { stdio: ['pipe', 'pipe', 'pipe'] }));
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    let complaints = '';
    for (const child of children) child.stderr.on('data', (text: Buffer) => (complaints += text.toString()));
    const ended = Promise.all(children.map((child) => once(child, 'exit')));
    for (const child of children) child.stdin.end('go\n');
    assert.deepEqual((await ended).map(([status]) => status as number), [0, 0, 0, 0], complaints);
    const history = new History(file);
    assert.equal(history.samples(history.target('http://127.0.0.1:6060'), 0).length, 4 * 50, 'and each has kept what it saw');
    history.close();
  }
});

test('what two of them know of one target is in the file, and one incident', () => {
  const file = join(room, 'shared.db');
  const [first, second] = [new History(file), new History(file)];
  const targets = [first, second].map((history) => history.target('http://127.0.0.1:6060'));
  assert.equal(targets[0], targets[1]);
  const [target = 0] = targets;
  for (let i = 0; i < 50; i++) (i % 2 === 0 ? first : second).record(target, { at: 1000 + i, value: i, start: 0 });
  assert.equal(first.samples(target, 0).length, 50);
  assert.equal(first.openIncident(target, 1, {}), second.openIncident(target, 2, {}));
  const stack = [{ key: 'a', frames: null, count: 1 }];
  assert.equal(first.recordProfile(target, 5, 0, stack), second.recordProfile(target, 5, 0, stack));
  assert.deepEqual(first.groups.follow(target, [{ key: 'g', stack: {} }]), second.groups.follow(target, [{ key: 'g', stack: {} }]));
  first.expire(target, 1e12);
  assert.equal(second.samples(target, 0).length, 0);
  first.close();
  second.close();
});

test('a watcher that is the only one to write is not joined by another, which says who it is; one that was killed stops nobody', async () => {
  const file = join(room, 'sole.db');
  const held = spawn(process.execPath, [opener, file, 'sole'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(held.stdout, 'data');
  held.stdin.write('go\n');
  await once(held.stdout, 'data');
  const before = statSync(file).mtimeMs;
  symlinkSync(file, join(room, 'other-name.db'));
  assert.throws(() => new History(join(room, 'other-name.db'), { sole: true }), {
    code: 'ERR_STORE_HELD',
    message: new RegExp(`^the history .*other-name\\.db is written by another watcher \\(process ${held.pid} on ${hostname()}, since 2.*\\), and two would count everything twice\\. End that one`),
  });
  assert.equal(statSync(file).mtimeMs, before, 'nothing was written');
  const ended = once(held, 'exit');
  held.kill('SIGKILL');
  await ended;
  const next = new History(file, { sole: true });
  assert.throws(() => new History(file, { sole: true }), { code: 'ERR_STORE_HELD', message: new RegExp(`process ${process.pid} `) }, 'also within one process');
  next.close();
  new History(file, { sole: true }).close();
});

test('the write-ahead log does not stay as large as the largest transaction has made it', () => {
  const file = join(room, 'log.db');
  const history = new History(file);
  const target = history.target('http://127.0.0.1:6060');
  history.recordProfile(target, 1, 0, [{ key: 'a', frames: 'x'.repeat(24 * 2 ** 20), count: 1 }]);
  assert.ok(statSync(`${file}-wal`).size > 20 * 2 ** 20, 'it was large');
  for (let at = 2; at < 10; at++) history.record(target, { at, value: 1, start: 0 });
  assert.ok(statSync(`${file}-wal`).size <= 17 * 2 ** 20, `${statSync(`${file}-wal`).size} bytes`);
  history.close();
});
