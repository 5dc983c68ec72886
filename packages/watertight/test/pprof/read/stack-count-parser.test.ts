/** debug=1, beyond what is recorded. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile, ProfileError } from 'watertight/pprof';

const profile = (records: string, total: number): string => `goroutine profile: total ${total}\n${records}`;
const frame = (text: string): unknown => parseProfile(profile(`1 @ 0x1\n${text}\n`, 1)).samples[0].frames.map(({ function: name, file, line, address }) => [name, file, line, address]);

test('frames: padding, names and files of every kind', () => {
  assert.deepEqual(frame('#\t0x649\tnet/http.(*persistConn).readLoop+0xd84\t\t\tnet/http/transport.go:2213'), [['net/http.(*persistConn).readLoop', 'net/http/transport.go', 2213, '0x649']]);
  // Copied from a terminal or a web page.
  assert.deepEqual(frame('#   0x649   main.f+0x1   /app/main.go:12'), [['main.f', '/app/main.go', 12, '0x649']]);
  assert.deepEqual(frame('#\t0x649\tmain.F[...]+0x1\tC:/My Documents/main.go:12'), [['main.F[...]', 'C:/My Documents/main.go', 12, '0x649']]);
  assert.deepEqual(frame('#\t0x649\tasync handler <anonymous>+0x0\tfile:///app/a+0xb.js:12'), [['async handler <anonymous>', 'file:///app/a+0xb.js', 12, '0x649']]);
  assert.deepEqual(frame('#\t0x649\tmain.grüße·1+0x1\t/tmp/ä.go:3'), [['main.grüße·1', '/tmp/ä.go', 3, '0x649']]);
  assert.deepEqual(frame('#\t0x649'), [['', '', 0, '0x649']]);
  assert.deepEqual(frame(''), [['', '', 0, '0x1']], 'nobody translated the addresses');
});

test('labels as %q writes them', () => {
  const { samples } = parseProfile(profile('3 @ 0x1\n# labels: {"a":"\\x00\\xff\\u00e9\\U0001f600", "__proto__":"p", "":""}\n#\t0x1\tmain.f+0x1\ta.go:1\n\n', 3));
  assert.deepEqual(Object.entries(samples[0].labels), [['a', '\0\ufffdé😀'], ['__proto__', 'p'], ['', '']]);
  assert.equal(({} as Record<string, unknown>).p, undefined);
});

test('equal stacks with other labels are samples of their own, with the same frames', () => {
  const { samples } = parseProfile(profile('1 @ 0x1\n# labels: {"a":"1"}\n#\t0x1\tmain.f+0x1\ta.go:1\n\n2 @ 0x1\n#\t0x1\tmain.f+0x1\ta.go:1\n\n', 3));
  assert.deepEqual(samples.map(({ values, labels }) => [values[0], labels.a]), [[2, undefined], [1, '1']]);
  assert.equal(samples[0].frames, samples[1].frames);
});

test('no stack at all is a profile of nothing', () => {
  const empty = parseProfile('goroutineleak profile: total 0\n');
  assert.deepEqual([empty.kind, empty.samples, empty.totals], ['goroutineleak', [], [0]]);
});

test('what is not of the form is refused, with its line', () => {
  const record = '1 @ 0x1\n#\t0x1\tmain.f+0x1\ta.go:1\n\n';
  const cases: [string, string, number][] = [
    [profile(record, 2), 'ERR_PROFILE_TRUNCATED', 4],
    [profile(record, 0), 'ERR_PROFILE_SYNTAX', 4],
    [profile('x @ 0x1\n', 1), 'ERR_PROFILE_SYNTAX', 2],
    [profile('0 @ 0x1\n', 0), 'ERR_PROFILE_SYNTAX', 2],
    [profile('1 @ 0x1 main\n', 1), 'ERR_PROFILE_SYNTAX', 2],
    [profile('1 @ 0x1\n#\tmain.f\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n#\t0x1\tmain.f+0x1\ta.go\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n#\t0x1\tmain.f\ta.go:1\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n# labels: {"a"}\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n# labels: {"a":"b\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n# labels: {"a":"\\q"}\n', 1), 'ERR_PROFILE_SYNTAX', 3],
    [profile('1 @ 0x1\n#\t0x1\tmain.f+0x1\ta.g', 1), 'ERR_PROFILE_TRUNCATED', 3],
  ];
  for (const [text, code, line] of cases) {
    assert.throws(() => parseProfile(text), (error) => {
      assert.ok(error instanceof ProfileError);
      assert.deepEqual([error.code, error.line], [code, line], `${JSON.stringify(text)}: ${error.message}`);
      return true;
    });
  }
});

test('Go\'s other profiles of text, pages and emptiness are named in the error', () => {
  const cases: [string, RegExp][] = [
    ['heap profile: 1: 2 [3: 4] @ heap/1048576\n', /heap profile as text.*debug=0/],
    ['--- mutex:\ncycles/second=1\n', /mutex profile as text.*debug=0/],
    ['<!DOCTYPE html><html>', /HTML/],
    ['', /it is empty/],
    ['\n\n', /it is empty/],
    ['Unknown profile\n', /begins with "Unknown profile"/],
    ['404 page not found', /begins with "404/],
  ];
  for (const [text, message] of cases) assert.throws(() => parseProfile(text), { code: 'ERR_PROFILE_FORM', message });
});
