/** Which requests have their line recorded: the first, then a sample, and all once one is suspect. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SiteSampling } from '#tasks';

const recorded = (sampling: SiteSampling, requests: number): number => Array.from({ length: requests }, () => sampling.next()).filter(Boolean).length;

test('the first 64 are recorded, then one in 32, then one in 128', () => {
  const sampling = new SiteSampling();
  assert.equal(recorded(sampling, 64), 64);
  assert.equal(recorded(sampling, 4096 - 64), (4096 - 64) / 32);
  assert.equal(recorded(sampling, 12_800), 100);
});

test('a client that takes fewer samples goes on with as many', () => {
  const sampling = new SiteSampling(256);
  assert.equal(recorded(sampling, 64), 64);
  recorded(sampling, 4096 - 64);
  assert.equal(recorded(sampling, 25_600), 100);
});

test('once a response is suspect, each is recorded, also of an origin that was healthy for long', () => {
  const sampling = new SiteSampling();
  recorded(sampling, 100_000);
  sampling.suspicious = true;
  assert.equal(recorded(sampling, 1000), 1000);
});
