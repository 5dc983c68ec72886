// docs/watch.md: the configuration that it shows is one, and a mistake is told as it shows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseTargetList, type ConfigError } from '#scrape';

const text = readFileSync(new URL('../../../../docs/watch.md', import.meta.url), 'utf8');

test('the configuration file that is shown says what the page says of it', () => {
  const shown = /<!-- file: watch\.yml -->\n```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const { targets, alerts, interval, db, port } = parseTargetList(shown, '/etc/watertight/watch.yml', (file) => (file === '/etc/watertight/shop.token' ? 's3cret\n' : null));
  assert.deepEqual([interval, db, port], [10_000, '/etc/watertight/history.db', 7676]);
  assert.deepEqual(targets.map(({ profiles, name, limit, headers }) => [profiles, name, limit, headers.authorization]), [
    ['http://10.0.0.5:6060/debug/pprof/', 'checkout', 20_000, undefined],
    ['https://10.0.0.6:6061/shop/debug/pprof/', '10.0.0.6:6061', 5000, 'Bearer s3cret'],
  ]);
  assert.deepEqual([alerts.webhook?.url, alerts.alertmanager?.url, alerts.dashboard], ['https://hooks.example/T0/B0', 'http://alertmanager:9093', 'https://watertight.example/']);
});

test('a mistake is told as it is shown', () => {
  const shown = /<!-- output: a mistake -->\n```\nerror: (.*)\n```/.exec(text)?.[1];
  assert.throws(() => parseTargetList('targets:\n  - lables: { team: payments }\n    url: http://10.0.0.5:6060\n', '/etc/watertight/watch.yml', () => null), (error: ConfigError) => {
    assert.equal(error.message, shown);
    return true;
  });
});
