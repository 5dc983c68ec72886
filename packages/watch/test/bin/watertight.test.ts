// bin/watertight.js, the file that npm links: it says what is missing, and hides nothing else.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/watertight.js', import.meta.url));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, nodeFlags: readonly string[] = []): Ran {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  return spawnSync(process.execPath, [...nodeFlags, file, '--version'], { encoding: 'utf8', env });
}

/** A copy of the file in a package where only these files of `dist` are. */
function unbuilt(t: TestContext, dist: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-bin-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(bin, join(folder, 'bin', 'watertight.js'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(folder, 'dist', 'cli'), { recursive: true });
  for (const [name, text] of Object.entries(dist)) writeFileSync(join(folder, 'dist', name), text);
  return join(folder, 'bin', 'watertight.js');
}

test('it is what npm links, is executable, and runs the built command', () => {
  assert.equal(statSync(bin).mode & 0o111, 0o111);
  const { version, bin: linked } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string; bin: object };
  assert.deepEqual(linked, { watertight: './bin/watertight.js' });
  const { status, stdout, stderr } = run(bin);
  assert.deepEqual([status, stdout, stderr], [0, `${version}\n`, '']);
});

test('where nothing is built, it says what to do', (t) => {
  const { status, stdout, stderr } = run(unbuilt(t));
  assert.deepEqual([status, stdout, stderr], [1, '', 'error: watertight is not built yet: run `npm run build` in the checkout.\n']);
});

test('an import that fails in the built command is told as it is', (t) => {
  const { status, stderr } = run(unbuilt(t, { 'cli/main.js': "import 'absent-package';" }));
  assert.notEqual(status, 0);
  assert.match(stderr, /Cannot find package 'absent-package'/);
  assert.doesNotMatch(stderr, /npm run build/);
});

test('an older Node is told which it must be', () => {
  const older = (version: string): Ran =>
    run(bin, ['--import', `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`]);
  for (const version of ['18.20.8', '20.18.3']) {
    const { status, stderr } = older(version);
    assert.deepEqual([status, stderr], [1, `error: watertight needs Node 20.19 or newer, and this is Node ${version}.\n`]);
  }
  assert.equal(older('20.19.0').status, 0);
});
