// docs/watch.md: the configuration that it shows is one, a mistake is told as it shows, and what starts a watcher does.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parseTargetList, type ConfigError } from '#scrape';
import { selfSigned } from '../../../watertight/dist-test/fixtures/certificate.js';
import { start } from '../cli/command.js';

const FILES: Readonly<Record<string, string>> = {
  '/etc/watertight/shop.token': 's3cret\n',
  '/etc/watertight/prometheus.password': 's3cret\n',
  '/etc/watertight/ca.pem': selfSigned({ names: ['prometheus.example'] }).cert,
};

const text = readFileSync(new URL('../../../../docs/watch.md', import.meta.url), 'utf8');

test('the configuration file that is shown says what the page says of it', () => {
  const shown = /<!-- file: watch\.yml -->\n```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const { targets, alerts, interval, db, port, prometheus } = parseTargetList(shown, '/etc/watertight/watch.yml', (file) => FILES[file] ?? null);
  assert.deepEqual([interval, db, port], [10_000, '/etc/watertight/history.db', 7676]);
  assert.deepEqual(targets.map(({ profiles, name, limit, headers }) => [profiles, name, limit, headers.authorization]), [
    ['http://10.0.0.5:6060/debug/pprof/', 'checkout', 20_000, undefined],
    ['https://10.0.0.6:6061/shop/debug/pprof/', '10.0.0.6:6061', 5000, 'Bearer s3cret'],
    ['inspect://127.0.0.1:9229', '127.0.0.1:9229', 5000, undefined],
  ]);
  assert.deepEqual(
    [prometheus?.url, prometheus?.match?.text, prometheus?.headers, prometheus?.limits.map(({ match, limit }) => [match.text, limit])],
    ['https://prometheus.example/team-a', 'job=~"api|web"', { 'X-Scope-OrgID': 'team-a', authorization: `Basic ${btoa('watertight:s3cret')}` }, [['job="api"', 9000]]],
  );
  assert.deepEqual([alerts.webhook?.url, alerts.alertmanager?.url, alerts.dashboard], ['https://hooks.example/T0/B0', 'http://alertmanager:9093', 'https://watertight.example/']);
});

test('a mistake is told as it is shown', () => {
  const shown = /<!-- output: a mistake -->\n```\nerror: (.*)\n```/.exec(text)?.[1];
  assert.throws(() => parseTargetList('targets:\n  - lables: { team: payments }\n    url: http://10.0.0.5:6060\n', '/etc/watertight/watch.yml', () => null), (error: ConfigError) => {
    assert.equal(error.message, shown);
    return true;
  });
});

function shownFile(name: string): string {
  return new RegExp(`<!-- file: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';
}

/** Runs `watertight` as it is shown, on files of this test and on a port of the system's choice. */
async function watches(t: TestContext, args: readonly string[]): Promise<void> {
  const room = mkdtempSync(join(tmpdir(), 'docs-watch-'));
  t.after(() => rmSync(room, { recursive: true, force: true }));
  writeFileSync(join(room, 'watch.yml'), 'targets: []\nport: 0\n');
  const own = args.map((arg) => arg.replace('/etc/watertight', room).replace(/^\/(?:data|var\/lib\/watertight)/, room));
  const command = start([...own, ...(args.includes('--host') ? ['--dashboard-token', 'x'] : [])]);
  await command.wrote('watching 0 services; dashboard at');
  command.process.kill('SIGTERM');
  const { status, stderr } = await command.ended;
  assert.deepEqual([status, stderr], [0, '']);
}

test('the unit for systemd is one, and what it starts watches', async (t) => {
  const unit = shownFile('watertight.service');
  const [, args = ''] = /^ExecStart=\S+ \S+\/watertight\.js (.*)$/m.exec(unit) ?? [];
  await watches(t, args.split(' '));
  if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.diagnostic('systemd-analyze is not installed');
  const room = mkdtempSync(join(tmpdir(), 'docs-unit-'));
  t.after(() => rmSync(room, { recursive: true, force: true }));
  // The program itself may be elsewhere on this machine.
  writeFileSync(join(room, 'watertight.service'), unit.replace('/usr/bin/node', process.execPath));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(room, 'watertight.service')], { encoding: 'utf8' });
  assert.doesNotMatch(stderr, /watertight\.service:/);
  assert.equal(status, 0, stderr);
});

test('what the container runs watches', async (t) => {
  const [, command = '[]'] = /^ENTRYPOINT (.*)$/m.exec(shownFile('Dockerfile')) ?? [];
  const [program, ...args] = JSON.parse(command) as string[];
  assert.equal(program, 'watertight');
  await watches(t, args);
});
