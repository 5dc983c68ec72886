import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases, lint, problemsOf, programOf } from './corpus.js';

const corpus = programOf(cases);

/** Every mistake of the corpus with every suggestion applied. */
const repaired = cases
  .filter(({ isGood }) => !isGood)
  .flatMap(({ name, code, twin, group }) =>
    lint(corpus, name, code).flatMap(({ suggestions }) =>
      (suggestions ?? []).map(({ fix, desc }, index) => ({
        name: name.replace('.ts', `-repaired-${index}.ts`),
        code: code.slice(0, fix.range[0]) + fix.text + code.slice(fix.range[1]),
        about: `${group.about}: ${twin.name}: ${desc}`,
      })),
    ),
  );
const after = programOf(repaired);

test('most mistakes come with a suggestion', () => {
  const mistakes = cases.length / 2;
  const helped = new Set(repaired.map(({ name }) => name.replace(/-repaired.*/, ''))).size;
  assert.ok(helped > mistakes / 2, `${helped} of ${mistakes}`);
});

test('every suggestion, applied, is a program that TypeScript accepts', () => {
  const wrong = repaired.flatMap(({ name, code, about }) => problemsOf(after, name).map((problem) => `${about}\n${problem}\n${code}`));
  assert.equal(wrong.join('\n'), '');
});

test('every suggestion, applied, leaves the rule silent', () => {
  const loud = repaired.flatMap(({ name, code, about }) => lint(after, name, code).map(({ message }) => `${about}\n${message}\n${code}`));
  assert.equal(loud.join('\n'), '');
});
