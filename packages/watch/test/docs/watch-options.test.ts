// docs/watch.md: its table of options is what `watertight watch --help` says, defaults included.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { main } from '../cli/command.js';

/** An option as the page and the command both describe it. */
interface Row {
  readonly option: string;
  readonly fallback: string;
  readonly variable: string | null;
}

/** What the command prints for `--help`, with these variables and no tokens of this process's own. */
function helped(command: string, env: Readonly<Record<string, string>> = {}): string {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, WATERTIGHT_TOKEN: _token, WATERTIGHT_DASHBOARD_TOKEN: _dashboard, ...own } = process.env;
  const { status, stdout } = spawnSync(process.execPath, [main, command, '--help'], { encoding: 'utf8', env: { ...own, ...env } });
  assert.equal(status, 0);
  return stdout;
}

function optionsOf(help: string): Row[] {
  return help
    .slice(help.indexOf('\nOptions:\n'))
    .split(/\n(?= {2}-)/)
    .slice(1)
    .map((entry) => entry.trim().replaceAll(/\s+/g, ' '))
    .filter((entry) => !entry.startsWith('-h,'))
    .map((entry) => {
      const [, flag, argument] = /^(--[\w-]+)(?: <(\w+)>)?/.exec(entry)!;
      const fallback = /\(default: "?([^,;")]+)/.exec(entry)?.[1] ?? (argument === undefined ? 'off' : 'none');
      return { option: argument === undefined ? flag : `${flag} ${argument.toUpperCase()}`, fallback, variable: /\(env: (\w+)\)/.exec(entry)?.[1] ?? null };
    });
}

test('the table has every option of the command, with its default and its variable', () => {
  const text = readFileSync(new URL('../../../../docs/watch.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(--[^`]+)` \| (.+?) \| (.*?) ?\| (.*) \|$/gm)].map(([, option, fallback, , meaning]) => ({
    option,
    // Of a choice among processes, none made is all of them.
    fallback: option.startsWith('--match ') && fallback === 'all' ? 'none' : fallback,
    variable: /also `(\w+)`/.exec(meaning)?.[1] ?? null,
  }));
  assert.deepEqual(rows, optionsOf(helped('watch')));
});

for (const command of ['watch', 'top', 'flame']) {
  test(`watertight ${command} --help does not print a token of the environment`, () => {
    const help = helped(command, { WATERTIGHT_TOKEN: 'a-secret-token', WATERTIGHT_DASHBOARD_TOKEN: 'a-secret-token' });
    assert.match(help, /WATERTIGHT_TOKEN/);
    assert.ok(!help.includes('a-secret-token'), help);
  });
}
