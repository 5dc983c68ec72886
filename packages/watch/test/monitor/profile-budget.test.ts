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
  assert.equal(budget.take(AT + 100, false), false);
  assert.equal(budget.take(AT + 100, true), true);
  assert.equal(budget.take(AT + 5000, false), true);
});

test('what does not leak is looked at, however much does', () => {
  for (const interval of [INTERVAL, 2000]) {
    const profileInterval = 30 * interval;
    const [leaking, others] = [30, 20];
    const budget = new ProfileBudget({ interval, profileInterval }, () => leaking + others);
    let looks = 0;
    // Those that leak ask at every third scrape; the others at every sixth, because somebody has come and stayed, and again until they may.
    const due = Array.from({ length: others }, (_, service) => service % 6);
    for (let scrape = 0; scrape < 180; scrape++) {
      for (let service = 0; service < leaking + others; service++) {
        const at = AT + (scrape + service / (leaking + others)) * interval;
        const other = Math.floor((service * others) / (leaking + others));
        const isOther = other !== Math.floor(((service - 1) * others) / (leaking + others));
        if (!isOther && (scrape + service) % 3 === 0) budget.take(at, true);
        if (!isOther || scrape < due[other] || !budget.take(at, false)) continue;
        due[other] = scrape + 6;
        looks++;
      }
    }
    assert.ok(looks >= 0.9 * others * 30, `${looks} at ${interval} ms`);
  }
});

test('of a thousand that nearly all leak, each of the others is looked at within two profile intervals', () => {
  const budget = new ProfileBudget(settings, () => 1000);
  const seen = new Set<number>();
  for (let time = 0; time < 2 * settings.profileInterval; time += INTERVAL) {
    for (let service = 0; service < 1000; service++) {
      if (service < 900) budget.take(AT + time + service * 10, true);
      else if (!seen.has(service) && budget.take(AT + time + service * 10, false)) seen.add(service);
    }
  }
  assert.equal(seen.size, 100);
});

test('a clock that is set back does not let anything through, and does not lock anything out', () => {
  const budget = new ProfileBudget(settings, () => 1000);
  while (budget.take(AT, false));
  assert.equal(budget.take(AT - 3_600_000, false), false);
  assert.equal(budget.take(AT - 3_600_000 + 1000, false), true);
});
