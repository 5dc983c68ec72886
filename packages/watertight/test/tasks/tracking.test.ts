/** How closely responses are watched: the floor under all transports. */

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTracking, tracking, trackLevel, type TrackMode } from '#tasks';

afterEach(() => setTracking('off'));

test('the modes are levels, each watching more than the one before', () => {
  assert.deepEqual((['off', 'adaptive', 'all'] as const).map(trackLevel), [0, 1, 2]);
});

test('the floor can be raised and lowered', () => {
  for (const mode of ['all', 'adaptive', 'off'] as const) {
    setTracking(mode);
    assert.equal(tracking.floor, trackLevel(mode));
  }
});

test('what is no mode is refused and changes nothing', () => {
  setTracking('adaptive');
  for (const wrong of ['none', '', null, 2]) assert.throws(() => setTracking(wrong as TrackMode), { name: 'TypeError', message: /'off', 'adaptive' or 'all'/ });
  assert.equal(tracking.floor, 1);
});
