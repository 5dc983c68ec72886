import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { RuleTester } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import { cases, groups, lint, problemsOf, programOf } from './corpus.js';

const corpus = programOf(cases);

test('the corpus has more than 400 cases, and each is a program that TypeScript accepts', () => {
  assert.ok(cases.length > 400, `${cases.length} cases`);
  assert.equal(cases.flatMap(({ name }) => problemsOf(corpus, name)).join('\n'), '');
});

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it.only;

const tester = new RuleTester({ languageOptions: { parser: corpus.parser } });

for (const group of groups) {
  const own = cases.filter((each) => each.group === group);
  tester.run(`no-unread-body: ${group.about}`, plugin.rules['no-unread-body'], {
    valid: own.filter(({ isGood }) => isGood).map(({ twin, name, code }) => ({ name: twin.name, filename: name, code })),
    invalid: own
      .filter(({ isGood }) => !isGood)
      .map(({ twin, name, code }) => ({
        name: twin.name,
        filename: name,
        code,
        // How many suggestions there are is left open here: suggestion.test.ts applies each.
        errors: [{ message: new RegExp(twin.says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')), suggestions: lint(corpus, name, code).at(0)?.suggestions?.length }],
      })),
  });
}
