/** Methods that are replaced can be put back, and nothing that was patched is kept for it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import 'watertight/leak';
import { faultCount, Patches } from '#instrument';
import { FormServer } from '../fixtures/form-server.js';
import { loadUndici, type Undici } from './undici-version.js';

test('what was replaced, twice as well, is as it was after undo()', () => {
  class Base {
    inherited(): string {
      return 'base';
    }
  }
  class Owner extends Base {
    own(): string {
      return 'own';
    }
  }
  const before = Object.getOwnPropertyDescriptors(Owner.prototype);
  const patches = new Patches();
  for (const name of ['own', 'inherited', 'own']) assert.equal(patches.replace(Owner.prototype, name, (original) => function (this: unknown) { return `(${String(original.call(this))})`; }), true);
  assert.equal(patches.replace(Owner.prototype, 'missing', (original) => original), false);
  const owner = new Owner();
  assert.deepEqual([owner.own(), owner.inherited(), owner.own.name], ['((own))', '(base)', 'own']);
  patches.undo();
  assert.deepEqual(Object.getOwnPropertyDescriptors(Owner.prototype), before);
  assert.deepEqual([owner.own(), owner.inherited()], ['own', 'base']);
});

test('what somebody else has replaced since is left', () => {
  const owner = { method: (): number => 1 };
  const patches = new Patches();
  patches.replace(owner, 'method', (original) => function () { return original.call(null); });
  const theirs = (): number => 2;
  owner.method = theirs;
  patches.undo();
  assert.equal(owner.method, theirs);
});

test('a class that was patched and is used no more is collected: under jest each file has its own undici', async () => {
  const patches = new Patches();
  const gone = (() => {
    class Copy {
      method(): number {
        return 1;
      }
    }
    patches.replace(Copy.prototype, 'method', (original) => function (this: unknown) { return original.call(this); });
    return new WeakRef(Copy);
  })();
  for (let i = 0; i < 200 && gone.deref() !== undefined; i++) {
    await sleep(5);
    globalThis.gc!();
  }
  assert.equal(gone.deref(), undefined);
  patches.undo();
});

test('what fails when a response outlives its turn is counted, and does not end the program', async (t) => {
  const undici: Undici = await loadUndici(process.version.startsWith('v20.') ? 7 : 8);
  if (typeof undici === 'string') return t.skip(undici);
  const server = await FormServer.start();
  const agent = new undici.Agent();
  const faults = faultCount();
  const { body } = await undici.request(`${server.origin}/big`, { dispatcher: agent });
  let asked = false;
  body.eventNames = () => {
    asked = true;
    throw new Error('broken on purpose');
  };
  while (!asked) await sleep(5);
  assert.ok(faultCount() > faults);
  delete body.eventNames;
  await body.dump({ limit: 1 << 30 });
  await agent.close();
  await server.stop();
});
