import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lessonsOf, liveScenarios, parseScenarios } from '#lab';

test('every experiment is in one lesson, with a title of its own, and the essential six come first', () => {
  const lessons = lessonsOf(liveScenarios());
  const cards = lessons.flatMap(({ experiments }) => experiments);
  assert.deepEqual(cards.map(({ id }) => id).sort(), liveScenarios().map(({ id }) => id).sort());
  assert.equal(new Set(cards.map(({ title }) => title)).size, cards.length);
  for (const { id, title } of cards) assert.notEqual(title, id);
  assert.deepEqual(lessons[0].experiments.map(({ id }) => id), ['quiz-six-read-all', 'six-unread', 'limit-reader', 'six-closed', 'two-at-once', 'parallel-default-idle']);
  assert.deepEqual(lessons[0].experiments.map(({ counts }) => counts), [[3], [13], [13], [1], [5, 5], [5]]);
});

test('what is seen best beside another is there, and is another', () => {
  const cards = lessonsOf(liveScenarios()).flatMap(({ experiments }) => experiments);
  for (const { id, beside } of cards) assert.ok(beside === null || (beside !== id && cards.some((card) => card.id === beside)), id);
});

test('experiments of one’s own come last, under their ids', () => {
  const own = parseScenarios(JSON.stringify([{ id: 'mine', why: 'of my own', steps: [], counts: [], errors: 0 }]), 'the test');
  const lessons = lessonsOf([...own, ...liveScenarios()]);
  assert.deepEqual(lessons.at(-1)!.experiments.map(({ id, title, beside }) => [id, title, beside]), [['mine', 'mine', null]]);
  for (const id of ['constructor', '__proto__', 'toString']) {
    const named = lessonsOf(parseScenarios(JSON.stringify([{ id, why: 'an odd name', steps: [], counts: [], errors: 0 }]), 'the test'));
    assert.deepEqual(named[0].experiments.map(({ title, beside }) => [title, beside]), [[id, null]]);
  }
  assert.deepEqual(lessonsOf(own).map(({ title }) => title), ['Others']);
});
