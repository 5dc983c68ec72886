// `watertight demo`: what a newcomer sees first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './command.js';

test('says which line of the leaking service it is, leaves the healthy one alone, and ends what it started', async () => {
  const command = start(['demo', '--port', '0']);
  await command.wrote('LEAKING');
  await command.wrote('service-process.ts:');
  command.process.kill('SIGINT');
  const { status, stdout } = await command.ended;
  assert.equal(status, 0);
  const address = (name: string): string => new RegExp(`^${name} +(\\S+)$`, 'm').exec(stdout)?.[1] ?? '';
  assert.ok(stdout.includes(`LEAKING node-leaking (${address('node-leaking')})`), stdout);
  assert.ok(!stdout.includes('LEAKING node-healthy'), stdout);
  assert.match(stdout, /at stockOf .*service-process\.ts:\d+/);
  for (const name of ['node-leaking', 'node-healthy']) await gone(address(name));
});

/** Until nobody listens there any more. */
async function gone(url: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      await (await fetch(url)).text();
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`${url} still answers`);
}
