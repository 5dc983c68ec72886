/** What the commands write of other programs' texts: nothing that steers a terminal, and no credential. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { watertight } from './command.js';

const room = mkdtempSync(join(tmpdir(), 'output-'));
after(() => rmSync(room, { recursive: true, force: true }));

function saved(name: string, text: string): string {
  const file = join(room, name);
  writeFileSync(file, text);
  return file;
}

/** Clears the screen, sets the title, a C1 control, a text that runs from right to left, a line separator. */
const STEERING = '\u001b[2J\u001b]0;title\u0007\u009b2J\u202eabc\u2028';
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028]/;
/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };

describe('a name that steers a terminal is shown escaped', AT_ONCE, () => {
  const stacks = (name: string): string => `goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tmain.${name}.work+0x18\t/src/${name}.go:12\n\n`;
  const hostile = saved('hostile.txt', stacks(STEERING.replace('\u2028', '')));

  for (const args of [['top'], ['top', '--json'], ['diff', saved('before.txt', stacks('a'))], ['flame', '-o', join(room, 'flame.html')]]) {
    test(`by ${args.slice(0, 2).join(' ')}`, async () => {
      const { stdout, stderr } = await watertight(...args, hostile);
      assert.doesNotMatch(stdout + stderr, STEERS);
      if (args[0] !== 'flame') assert.match(stdout.replaceAll(/[|\s]+/g, ''), /\\u202eabc/);
    });
  }

  test('in JSON, where it is read as it was', async () => {
    const { stdout } = await watertight('top', '--json', hostile);
    const { groups } = JSON.parse(stdout) as { groups: { top: string }[] };
    assert.match(groups[0].top, /\u202eabc/);
  });

  test('in what was skipped, and in a file\'s name', async () => {
    const { stderr } = await watertight('top', saved('named\u202e.txt', `${STEERING}\n${stacks('a')}`));
    assert.match(stderr, /skipped/);
    assert.doesNotMatch(stderr, STEERS);
  });
});

describe('no credential is shown, of', AT_ONCE, () => {
  for (const [what, ...args] of [
    ['a password with a slash', 'top', 'http://user:hun/ter2@127.0.0.1:1'],
    ['a password with a question mark', 'top', 'http://user:hun?ter2@127.0.0.1:1'],
    ['a password with a number sign', 'top', 'http://user:hun#ter2@127.0.0.1:1'],
    ['a password with an @', 'top', 'http://user:hun@ter2@127.0.0.1:1'],
    ['a password with a colon and blanks', 'top', 'http://user:hun: ter2@127.0.0.1:1'],
    ['a password with a percent sign', 'top', 'http://user:hun%ter2@127.0.0.1:1'],
    ['a user without a scheme', 'top', 'user:hunter2@127.0.0.1:1'],
    ['another scheme', 'top', 'ftp://user:hunter2@127.0.0.1/x'],
    ['a port that is none', 'top', 'http://user:hunter2@127.0.0.1:99999999'],
    ['a host that is none', 'top', 'http://user:hunter2@'],
    ['a target to watch', 'watch', '--once', 'http://user:hun/ter2@host:1'],
    ['a Prometheus', 'watch', '--once', '--prometheus', 'http://user:hun/ter2@host:1'],
    ['a list that is one text', 'watch', '--once', '--config', saved('text.yml', 'targets: http://user:hun/ter2@host:1\n')],
    ['a target in the configuration', 'watch', '--once', '--config', saved('target.yml', 'targets:\n  - url: http://user:hun/ter2@host:1\n')],
    ['an alert\'s receiver', 'watch', '--once', '--config', saved('alerts.yml', 'targets:\n  - url: http://127.0.0.1:1\nalerts:\n  webhook: http://user:hun/ter2@host:1x\n')],
  ]) {
    test(what, async () => {
      const { status, stdout, stderr } = await watertight(...args);
      assert.notEqual(status, 0);
      assert.notEqual(stderr, '');
      assert.doesNotMatch(stdout + stderr, /hun|ter2/);
    });
  }
});
