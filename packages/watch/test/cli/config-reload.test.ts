// What a watch does with a configuration file that becomes a mistake.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigFile, type TargetList } from '#scrape';
import { ConfigReload } from '../../dist/cli/config-reload.js';

test('of a file that somebody empties, the former targets and receivers stay, and that is said once', (t) => {
  const room = mkdtempSync(join(tmpdir(), 'reload-'));
  t.after(() => rmSync(room, { recursive: true, force: true }));
  const path = join(room, 'watch.yml');
  writeFileSync(path, 'targets: [{ url: a:1 }]\nalerts: { webhook: { url: "http://hooks/x" } }\n');
  const file = new ConfigFile(path);
  const applied: TargetList[] = [];
  const said: string[] = [];
  const reload = new ConfigReload(file, file.load(), (list) => applied.push(list), (line) => said.push(line), 3_600_000);
  t.after(() => reload.close());
  for (let look = 0; look < 2; look++) {
    writeFileSync(path, '');
    process.emit('SIGHUP');
  }
  assert.deepEqual(said, [`${path}:1:1: the file is empty; where nothing is to be watched, it has to say so: targets: []; the 1 target and the receiver of alerts from before stay`]);
  assert.equal(applied.length, 0);
  writeFileSync(path, 'targets: []\n');
  process.emit('SIGHUP');
  assert.equal(said[1], 'the configuration is read again: 0 targets, 1 before');
  assert.deepEqual(applied.map(({ targets, alerts }) => [targets, alerts.webhook]), [[[], null]]);
});
