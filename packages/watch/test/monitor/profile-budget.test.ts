/** How many profiles are taken at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProfileBudget } from '#monitor';

const INTERVAL = 10_000;
const settings = { interval: INTERVAL, profileInterval: 300_000 };
const AT = 1_800_000_000_000;

test('a few services are looked at as soon as they want to be', () => {
  const budget = new ProfileBudget(settings, () => 15);
  for (let service = 0; service < 15; service++) assert.equal(budget.take(AT, false), true);
});

test('a thousand services are looked at one after the other, and each within a profile interval', () => {
  const budget = new ProfileBudget(settings, () => 1000);
  const lookedAt = new Map<number, number>();
  let most = 0;
  for (let time = 0; time < settings.profileInterval; time += INTERVAL) {
    let now = 0;
    // Each at its phase of the interval, and again at every scrape until it may.
    for (let service = 0; service < 1000; service++) {
      if (lookedAt.has(service) || !budget.take(AT + time + service * 10, false)) continue;
      lookedAt.set(service, time);
      now++;
    }
    most = Math.max(most, now);
  }
  assert.equal(lookedAt.size, 1000);
  assert.ok(most < 100, `${most} in one interval`);
});

test('what leaks is looked at in any case, and the others wait the longer', () => {
  const budget = new ProfileBudget(settings, () => 1000);
  for (let service = 0; service < 30; service++) assert.equal(budget.take(AT, true), true);
  assert.equal(budget.take(AT + 300, false), false);
  assert.equal(budget.take(AT + 300, true), true);
  assert.equal(budget.take(AT + 5000, false), true);
});

test('a clock that is set back does not let anything through, and does not lock anything out', () => {
  const budget = new ProfileBudget(settings, () => 1000);
  while (budget.take(AT, false));
  assert.equal(budget.take(AT - 3_600_000, false), false);
  assert.equal(budget.take(AT - 3_600_000 + 1000, false), true);
});
