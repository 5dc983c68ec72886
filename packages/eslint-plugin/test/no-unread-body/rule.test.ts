import { describe, it, test } from 'node:test';
import assert from 'node:assert/strict';
import plugin from 'eslint-plugin-watertight';
import { Linter, RuleTester } from 'eslint';
import { makeFolder, makeProgram } from '../fixtures/program.js';
import { bodycloseCases } from './bodyclose.cases.js';
import { controlFlowCases, generatorCases, moduleCases } from './control-flow.cases.js';
import { escapeCases, listCases } from './escape.cases.js';
import { fetchCases } from './fetch.cases.js';
import { closureCases, elsewhere, functionCases } from './function.cases.js';
import { nodeHttpCases } from './node-http.cases.js';
import { streamCases } from './streams.cases.js';
import { undiciCases } from './undici.cases.js';
import { watertightCases } from './watertight.cases.js';
import type { Group, Twin } from './twin.js';

const groups: readonly Group[] = [fetchCases, undiciCases, nodeHttpCases, watertightCases, streamCases, controlFlowCases, generatorCases, moduleCases, escapeCases, listCases, functionCases, closureCases, bodycloseCases];

interface Case {
  readonly group: Group;
  readonly twin: Twin;
  readonly name: string;
  readonly code: string;
  readonly isGood: boolean;
}

makeFolder();
const cases: Case[] = groups.flatMap((group, g) =>
  group.twins.flatMap((twin, t) => (['good', 'bad'] as const).map((which) => ({ group, twin, name: `case-${g}-${t}-${which}.ts`, code: group.head + twin[which], isGood: which === 'good' }))),
);
const { program, parser, pathOf } = makeProgram(new Map([...cases.map(({ name, code }) => [name, code] as const), ['elsewhere.ts', elsewhere]]));
const rule = plugin.rules['no-unread-body'];

function lint(name: string, code: string, options: { parser: object; rule?: object } = { parser }): Linter.LintMessage[] {
  const linter = new Linter({ configType: 'flat' });
  const config = { files: ['**/*.ts'], languageOptions: { parser: options.parser }, plugins: { watertight: plugin }, rules: { 'watertight/no-unread-body': ['error', options.rule ?? {}] } };
  return linter.verify(code, [config as unknown as Linter.Config], { filename: name });
}

test('the corpus has more than 150 cases, and each is a program that TypeScript accepts', () => {
  assert.ok(cases.length > 150, `${cases.length} cases`);
  const problems = cases.flatMap(({ name, twin }) => {
    const file = program.getSourceFile(pathOf(name));
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => `${name} (${twin.name}): ${typeof messageText === 'string' ? messageText : messageText.messageText}`);
  });
  assert.equal(problems.join('\n'), '');
});

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it.only;

const tester = new RuleTester({ languageOptions: { parser: parser } });

for (const group of groups) {
  const all = cases.filter((each) => each.group === group);
  tester.run(`no-unread-body: ${group.about}`, rule, {
    valid: all.filter(({ isGood }) => isGood).map(({ twin, name, code }) => ({ name: twin.name, filename: name, code })),
    invalid: all
      .filter(({ isGood }) => !isGood)
      .map(({ twin, name, code }) => ({
        name: twin.name,
        filename: name,
        code,
        // Suggestions are tested for what they must achieve, in suggestion.test.ts.
        errors: lint(name, code).slice(0, 1).map(({ suggestions }) => ({ message: new RegExp(twin.says.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')), suggestions: suggestions?.length })),
      })),
  });
}
