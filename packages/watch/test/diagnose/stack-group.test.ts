/** Stacks that are one group: whatever the form of the profile, the build, or the folder of the release. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { groupOf } from '#diagnose';
import { parseProfile, type Frame } from 'watertight/pprof';

const recorded = new URL('../../../watertight/test/fixtures/profiles/', import.meta.url);
const FORMS = ['debug0.pb.gz', 'debug1.txt', 'debug2.txt'] as const;

function frame(name: string, file = '/srv/main.go', line = 1): Frame {
  return { function: name, file, line, address: '0x1' };
}

/** How many tasks are in each group. */
function groupsIn(version: string, program: string, form: string): Map<string, number> {
  const counts = new Map<string, number>();
  const profile = parseProfile(readFileSync(new URL(`${version}/${program}/after.${form}`, recorded)));
  for (const { frames, values } of profile.samples) counts.set(groupOf(frames), (counts.get(groupOf(frames)) ?? 0) + values[profile.mainType]);
  return counts;
}

for (const version of ['go1.19', 'go1.27']) {
  test(`profiles of real programs of ${version} have the same groups in every form`, () => {
    const programs = readdirSync(new URL(`${version}/`, recorded)).filter((program) => FORMS.every((form) => existsSync(new URL(`${version}/${program}/after.${form}`, recorded))));
    assert.ok(programs.length >= 15);
    for (const program of programs) {
      const [first, ...others] = FORMS.map((form) => groupsIn(version, program, form));
      // What there is one or two of is the recorder itself, and differs from moment to moment.
      const many = [...first].filter(([, count]) => count >= 4);
      for (const [index, other] of others.entries()) {
        for (const [key, count] of many) assert.equal(other.get(key), count, `${program}, ${FORMS[index + 1]}: ${key}`);
      }
    }
  });
}

describe('one group are stacks', () => {
  const one = (name: string, a: readonly Frame[], b: readonly Frame[]): Promise<void> => test(name, () => assert.equal(groupOf(a), groupOf(b)));
  void one('whose lines a deploy moved', [frame('main.fetch', '/srv/main.go', 10), frame('main.main', '/srv/main.go', 80)], [frame('main.fetch', '/srv/main.go', 14), frame('main.main', '/srv/main.go', 91)]);
  void one('whose closures were counted anew', [frame('main.(*pool).run.func2.1'), frame('main.start.gowrap1')], [frame('main.(*pool).run.func3.1'), frame('main.start.gowrap4')]);
  void one('of a script that lies in the folder of another release, or in a bundle of another hash', [frame('order', '/srv/releases/41/dist/app-3f9c21ab.js', 7)], [frame('order', '/srv/releases/42/dist/app-77aa01fe.js', 9)]);
  void one('that are cut off differently, far out', Array.from({ length: 32 }, (_, i) => frame(`main.f${i}`)), Array.from({ length: 100 }, (_, i) => frame(`main.f${i}`)));
});

describe('not one group are', () => {
  const two = (name: string, a: readonly Frame[], b: readonly Frame[]): Promise<void> => test(name, () => assert.notEqual(groupOf(a), groupOf(b)));
  void two('different functions', [frame('main.fetch')], [frame('main.work')]);
  void two('the same function, called by others', [frame('net/http.(*conn).serve'), frame('main.a')], [frame('net/http.(*conn).serve'), frame('main.b')]);
  void two('functions of one name in different scripts', [frame('handler', '/srv/orders.js')], [frame('handler', '/srv/stock.js')]);
  void two('functions without a name in different scripts', [frame('', '/srv/orders.js')], [frame('', '/srv/stock.js')]);
});

test('a stack that only waits, or has addresses only, is a group as well', () => {
  assert.equal(groupOf([frame('runtime.gopark', '/go/proc.go')]), 'runtime.gopark');
  assert.equal(groupOf([frame('', '', 0)]), '0x1');
  assert.equal(groupOf([]), '');
});

test('a name that is made to be slow is not', () => {
  assert.ok(groupOf([frame('['.repeat(1_000_000))]).length < 1000);
});
