/** A choice of series by their labels: what is one, what it chooses, and what is said of what is none. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LabelMatchers, type MatcherError } from '#scrape';
import { missing } from '../fixtures/prometheus.js';

const absent = missing('promtool');

describe('a choice of labels', () => {
  const choices = [
    ['{job="api"}', 'job="api"'],
    ['job="api"', 'job="api"'],
    [' { job = "api" , env != "dev" , } ', 'job="api",env!="dev"'],
    [`{job='a"b', path=~\`\\d+\`}`, 'job="a\\"b",path=~"\\\\d+"'],
    ['{job="a\\x41\\u00e9\\n\\\\"}', 'job="aAé\\n\\\\"'],
    ['{a="{,}",b=""}', 'a="{,}",b=""'],
  ] as const;
  for (const [text, normal] of choices) test(`is ${text}`, () => assert.equal(LabelMatchers.parse(text).text, normal));

  test('is one for Prometheus, too', { skip: absent ?? false }, (t) => {
    const room = mkdtempSync(join(tmpdir(), 'matchers-'));
    t.after(() => rmSync(room, { recursive: true, force: true }));
    const file = join(room, 'rules.json');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', rules: choices.map(([text], index) => ({ record: `r${index}`, expr: `up{${LabelMatchers.parse(text).text}}` })) }] }));
    execFileSync('promtool', ['check', 'rules', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  });

  test('may name a label that is no word, as Prometheus 3 has it', () => assert.equal(LabelMatchers.parse('{"http.state"="idle"}').text, '"http.state"="idle"'));

  for (const [text, yes, no] of [
    ['job="api"', [{ job: 'api' }, { job: 'api', x: 'y' }], [{ job: 'apis' }, {}]],
    ['job!="api"', [{ job: 'web' }, {}], [{ job: 'api' }]],
    ['job=~"a|b.*"', [{ job: 'a' }, { job: 'bcd' }], [{ job: 'ab' }, { job: 'xb' }, {}]],
    ['job!~"a|b.*"', [{ job: 'ab' }, {}], [{ job: 'a' }]],
    ['job=~"(?i)API"', [{ job: 'api' }], [{ job: 'apis' }]],
    ['job=""', [{}], [{ job: 'x' }]],
    ['job="api",env!="dev"', [{ job: 'api', env: 'prod' }, { job: 'api' }], [{ job: 'api', env: 'dev' }, { env: 'prod' }]],
    ['constructor=""', [{}], []],
  ] as [string, Record<string, string>[], Record<string, string>[]][]) {
    test(`${text} chooses as Prometheus does`, () => {
      const matchers = LabelMatchers.parse(text);
      for (const labels of yes) assert.equal(matchers.match(labels), true, JSON.stringify(labels));
      for (const labels of no) assert.equal(matchers.match(labels), false, JSON.stringify(labels));
    });
  }
});

describe('no choice of labels', () => {
  for (const [text, message] of [
    ['{job=api}', /^\{job=api\} is no choice of labels: a text in quotes is missing, at character 6; write it like \{job="api",env!~"dev\|test"\}$/],
    ['', /nothing is chosen/],
    ['{}', /nothing is chosen/],
    ['{job="api"', /a comma or \} is missing, at character 11/],
    ['job="api" env="x"', /a comma is missing/],
    ['{job="api"} or up', /more after the \}/],
    ['up{job="api"}', /no name of a metric stands before the braces/],
    ['{__name__="up"}', /__name__ is no label here/],
    ['{job}', /one of = != =~ !~ is missing/],
    ['{job="a', /a text in quotes is missing/],
    ['{,}', /the name of a label is missing/],
    ['{job=~"("}', /"\(" is no regular expression/],
    ['{job="a"}}', /more after/],
    [`{${'a="b",'.repeat(1000)}x}`, /… is no choice of labels/],
  ] as const) {
    test(`is ${text.slice(0, 30)}`, () => {
      assert.throws(() => LabelMatchers.parse(text), (error: MatcherError) => {
        assert.equal(error.code, 'ERR_MATCHER');
        assert.match(error.message, message);
        return true;
      });
    });
  }

  test('is said so in a moment, however it goes on', () => {
    for (const text of [`{a="${'\\'.repeat(100_000)}`, `{${' '.repeat(100_000)}`, '{'.repeat(100_000), `{a=~"${'('.repeat(5000)}"}`]) assert.throws(() => LabelMatchers.parse(text), { code: 'ERR_MATCHER' });
  });
});
