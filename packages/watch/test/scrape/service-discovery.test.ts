/** Targets in Prometheus's own file form. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { filesOf, parseDiscovered } from '#scrape';

const one = (labels: Record<string, unknown>, address = 'h:9100') => parseDiscovered(JSON.stringify([{ targets: [address], labels }]), 'sd.json')[0];

describe('a discovered target', () => {
  test('has its address, its labels, and its instance for a name', () => {
    const { url, profiles, name, labels } = one({ job: 'api', instance: 'api-1', __meta_pod: 'x' });
    assert.deepEqual([url, profiles, name, labels], ['http://h:9100', 'http://h:9100/debug/pprof/', 'api-1', { job: 'api', instance: 'api-1' }]);
    assert.equal(one({}).name, 'h:9100');
  });

  for (const [what, labels, profiles] of [
    ['the scheme', { __scheme__: 'https' }, 'https://h:9100/debug/pprof/'],
    ['the usual path of metrics', { __metrics_path__: '/metrics' }, 'http://h:9100/debug/pprof/'],
    ['metrics under a prefix', { __metrics_path__: '/shop/metrics' }, 'http://h:9100/shop/debug/pprof/'],
    ['metrics elsewhere', { __metrics_path__: '/probe' }, 'http://h:9100/debug/pprof/'],
    ['a path of profiles', { __metrics_path__: '/x/debug/pprof' }, 'http://h:9100/x/debug/pprof/'],
  ] as const) {
    test(`follows ${what}`, () => assert.equal(one(labels).profiles, profiles));
  }

  test('is asked with the parameters, but those that profiles have themselves', () => {
    assert.equal(one({ __param_key: 'a b', __param_debug: '1' }).address, 'http://h:9100/debug/pprof/?key=a+b');
  });

  test('may be in YAML, many to a group, an IPv6 address', () => {
    const found = parseDiscovered('- targets: ["a:1", "[::1]:2"]\n  labels: { n: 1 }\n- targets: []\n', 'sd.yml');
    assert.deepEqual(found.map(({ profiles, labels }) => [profiles, labels.n]), [['http://a:1/debug/pprof/', '1'], ['http://[::1]:2/debug/pprof/', '1']]);
  });

  for (const [text, message] of [
    ['{"targets": []}', /^sd\.json:1:1: this is a set of keys, and has to be a list/],
    ['[{"target": ["a:1"]}]', /^sd\.json:1:3: \[0\]: there is no key "target"; did you mean targets\?/],
    ['[{"labels": {}}]', /there is no targets here/],
    ['[{"targets": [5]}]', /^sd\.json:1:15: \[0\]\.targets\[0\]: this is 5, and has to be text/],
    ['[{"targets": ["http://h:1/metrics"]}]', /__scheme__/],
    ['[{"targets": ["a:1"],\n "labels": {"x": []}}]', /^sd\.json:2:18: \[0\]\.labels\.x: this is a list, and has to be text/],
    ['[{"targets": ["a:1"]', /^sd\.json:1:\d+: /],
    ['[{"targets": ["a:99999"]}]', /is no address/],
  ] as const) {
    test(`${text} is refused`, () => assert.throws(() => parseDiscovered(text, 'sd.json'), { code: 'ERR_CONFIG', message }));
  }
});

test('a path with a star names the files that there are, in order; one without names its file', (t) => {
  const room = mkdtempSync(join(tmpdir(), 'sd-'));
  t.after(() => rmSync(room, { recursive: true }));
  for (const name of ['tg_b.json', 'tg_a.json', 'tg.json', 'other.json', 'tg_c.yml']) writeFileSync(join(room, name), '[]');
  assert.deepEqual(filesOf(join(room, 'tg_*.json')), [join(room, 'tg_a.json'), join(room, 'tg_b.json')]);
  assert.deepEqual(filesOf(join(room, 'none.json')), [join(room, 'none.json')]);
  assert.deepEqual(filesOf(join(room, 'no-folder', '*.json')), []);
});
