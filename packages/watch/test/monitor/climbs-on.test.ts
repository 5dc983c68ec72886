/** Whether a group goes on climbing, or has come to where it is in one go. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { climbsOn } from '#monitor';
import { BEGIN, daily, HOUR, PACE, type Course } from './group-course.js';

/** So many hours of a course; its process began where `start` says. */
function samples(hours: number, course: Course, start: Course = () => 0): Parameters<typeof climbsOn>[0] {
  return Array.from({ length: (hours * HOUR) / PACE }, (_, i) => ({ at: BEGIN + i * PACE, value: Math.round(course(i * PACE)), start: start(i * PACE) }));
}

/** From 40 to 93 within some hours, so many hours before the end. */
const resized = (hours: number, within: number, ago: number): Course => (after) => 40 + 53 * Math.min(1, Math.max(0, (after / HOUR - (hours - ago)) / within));

describe('it goes on', () => {
  const goesOn = (name: string, hours: number, perHour: number, course: Course, start?: Course): Promise<void> => test(name, () => assert.equal(climbsOn(samples(hours, course, start), perHour, HOUR), true));
  void goesOn('where it is straight', 60, 3, (after) => 10 + (3 * after) / HOUR);
  void goesOn('where it is straight, and a day and a half is all there is', 31, 3, (after) => 10 + (3 * after) / HOUR);
  void goesOn('under a rhythm of the day', 80, 5, (after) => 100 * daily(0.5)(after) + (5 * after) / HOUR);
  void goesOn('where it began half a day ago', 70, 4, (after) => 20 + 4 * Math.max(0, after / HOUR - 55));
  void goesOn('as far as anybody knows, where the process has just begun', 60, 3, () => 5, (after) => (after > 59 * HOUR ? 1 : 0));
  void goesOn('as far as anybody knows, where there is nothing', 0, 3, () => 5);
});

describe('it came in one go', () => {
  for (const [hours, within, ago] of [[84, 2, 14], [84, 5, 20], [52, 2, 10], [34, 3, 12]] as const) {
    test(`where a pool was resized ${ago} hours ago, within ${within}, and was seen for ${hours}`, () => {
      assert.equal(climbsOn(samples(hours, resized(hours, within, ago)), 53 / 24, HOUR), false);
    });
  }

  test('and is over where it is no higher than a day ago', () => {
    assert.equal(climbsOn(samples(84, resized(84, 4, 40)), 53 / 24, HOUR), false);
  });
});
