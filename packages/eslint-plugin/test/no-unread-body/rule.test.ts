import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { RuleTester, type Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import { cases, groups, lint, problemsOf, programOf, type Case } from './corpus.js';

const corpus = programOf(cases);

/** What the rule says of each case. It is asked once: all tests of this file share the answer. */
const said = new Map<Case, Linter.LintMessage[]>(cases.map((each) => [each, lint(corpus, each.name, each.code)]));

test('the corpus has more than 400 cases, and each is a program that TypeScript accepts', () => {
  assert.ok(cases.length > 400, `${cases.length} cases`);
  assert.equal(cases.flatMap(({ name }) => problemsOf(corpus, name)).join('\n'), '');
});

for (const group of groups) {
  describe(`no-unread-body: ${group.about}`, () => {
    for (const { twin, code, isGood, messages } of cases.filter((each) => each.group === group).map((each) => ({ ...each, messages: said.get(each)! }))) {
      test(`${twin.name}: ${isGood ? 'no report' : 'one report'}`, () => {
        assert.equal(messages.length, isGood ? 0 : 1, `${code}\n${messages.map(({ message }) => message).join('\n')}`);
        if (!isGood) assert.ok(messages[0].message.includes(twin.says), `${messages[0].message}\n${code}`);
      });
    }
  });
}

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it.only;

/** ESLint's own tester also sees that a rule leaves the syntax tree as it is; that costs as much as all other tests, so it gets one twin of each group. */
const twinsOf = (which: boolean): Case[] => groups.map((group) => cases.find((each) => each.group === group && each.isGood === which)!);

new RuleTester({ languageOptions: { parser: corpus.parser } }).run('no-unread-body', plugin.rules['no-unread-body'], {
  valid: twinsOf(true).map(({ group, twin, name, code }) => ({ name: `${group.about}: ${twin.name}`, filename: name, code })),
  invalid: twinsOf(false).map((each) => ({
    name: `${each.group.about}: ${each.twin.name}`,
    filename: each.name,
    code: each.code,
    // How many suggestions there are is left open here: each is applied below.
    errors: [{ message: said.get(each)!.at(0)?.message ?? each.twin.says, suggestions: said.get(each)!.at(0)?.suggestions?.length }],
  })),
});

describe('suggestions', () => {
  /** Every mistake of the corpus with every suggestion applied. */
  const repaired = [...said].flatMap(([{ name, code, twin, group }, messages]) =>
    messages.flatMap(({ suggestions }) =>
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
});
