/** Which process answered, from what little is known. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { processStart, shouldAsk, type Sighting } from '#scrape';

const AT = 1_800_000_000_000;
const sighting = (changes: Partial<Sighting> = {}): Sighting => ({ at: AT, value: 100, sameConnection: false, said: null, ...changes });

describe('a process', () => {
  test('that says when it started is believed', () => {
    assert.equal(processStart(null, sighting({ said: AT - 5000.4 })), AT - 5000);
    assert.equal(processStart({ start: AT - 90_000, value: 100 }, sighting({ said: AT - 5000 })), AT - 5000);
  });

  test('that says it a little differently each time is the same', () => {
    assert.equal(processStart({ start: AT - 5000, value: 100 }, sighting({ said: AT - 5900 })), AT - 5000);
  });

  test('that says the same but for rounding is the same, however small counts fall', () => {
    assert.equal(processStart({ start: AT - 5000, value: 4 }, sighting({ value: 1, said: AT - 4978 })), AT - 5000);
  });

  test('that says it a little differently after a fall is another', () => {
    assert.equal(processStart({ start: AT - 5000, value: 150 }, sighting({ said: AT - 4000 })), AT - 4000);
  });

  test('that answers over the same connection is the same, whatever its count', () => {
    assert.equal(processStart({ start: 0, value: 900 }, sighting({ sameConnection: true, value: 3 })), 0);
  });

  test('whose count has fallen by less than a third is taken for the same', () => {
    assert.equal(processStart({ start: 7, value: 140 }, sighting()), 7);
  });

  test('whose count has fallen further is taken for another', () => {
    assert.equal(processStart({ start: 7, value: 150 }, sighting()), AT);
  });

  test('is asked at first, and whenever the connection is another', () => {
    assert.equal(shouldAsk(null, { sameConnection: true }), true);
    assert.equal(shouldAsk({ start: 0, value: 1 }, { sameConnection: false }), true);
    assert.equal(shouldAsk({ start: 0, value: 1 }, { sameConnection: true }), false);
  });
});
