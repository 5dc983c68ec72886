import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { watertight } from './command.js';

const COMMANDS = ['attach', 'demo', 'flame', 'heap', 'lab', 'run', 'top', 'diff', 'explain', 'watch', 'rules'];

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

describe('the watertight command', () => {
  test('--help lists the sub-commands and succeeds', async () => {
    const { status, stdout } = await watertight('--help');
    assert.equal(status, 0);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    assert.deepEqual(listed.filter((name) => name !== 'help').sort(), [...COMMANDS].sort());
  });

  test('--version is the version of the package', async () => {
    assert.deepEqual(await watertight('--version'), { status: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  });

  test('each sub-command has its own help', async () => {
    const helps = await Promise.all(COMMANDS.map((name) => watertight(name, '--help')));
    for (const [index, { status, stdout, stderr }] of helps.entries()) {
      const name = COMMANDS[index] ?? '';
      assert.deepEqual([status, stderr], [0, ''], name);
      assert.match(stdout, new RegExp(`^Usage: watertight ${name} `));
      assert.match(stdout, /^Options:$/m);
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
