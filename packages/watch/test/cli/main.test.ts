import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { watertight } from './command.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

describe('the watertight command', () => {
  test('--help lists the sub-commands and succeeds', async () => {
    const { status, stdout } = await watertight('--help');
    assert.equal(status, 0);
    for (const name of ['lab', 'run']) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
  });

  test('--version is the version of the package', async () => {
    assert.deepEqual(await watertight('--version'), { status: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });

  test('each sub-command has its own help', async () => {
    for (const name of ['lab', 'run']) {
      const { status, stdout } = await watertight(name, '--help');
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`Usage: watertight ${name}`));
    }
  });

  test('an unknown sub-command is status 2, with a hint', async () => {
    const { status, stdout, stderr } = await watertight('lba');
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /unknown command 'lba'/);
    assert.match(stderr, /Did you mean lab\?/);
    assert.match(stderr, /watertight --help/);
  });

  test('an unknown option is status 2, with a hint', async () => {
    const { status, stderr } = await watertight('lab', '--jsno');
    assert.equal(status, 2);
    assert.match(stderr, /unknown option '--jsno'[^]*Did you mean --json\?/);
  });

  test('no sub-command prints the help and is status 2', async () => {
    const { status, stderr } = await watertight();
    assert.equal(status, 2);
    assert.match(stderr, /Usage: watertight/);
  });
});
