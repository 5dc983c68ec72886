// Every command that the documentation shows works as it stands there, or it is said why it is not tried.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CommandStage, withoutNamespaces, type Ended } from './command-stage.js';
import { NOT_RUN, TRIALS, type Trial } from './command-trials.js';
import { commandsIn, documentedCommands, root, type DocumentedCommand } from './documented-commands.js';

const { commands, names } = documentedCommands();

test('commands are found in shell blocks and in sentences, and names are none', () => {
  const text = '`npx watertight run app.js` and `watertight top` and `watertight`\n```sh\nPORT=1 node app.js   # why\n# it prints this\ncd x && go build\n```\n```js\nnode app.js\n```\n```\nwatertight lab --serve\nnode is a word here\n```\n';
  const found = commandsIn(text, 'a.md');
  assert.deepEqual(
    found.commands.map(({ command, prints, places }) => [command, ...prints, ...places]),
    [
      ['npx watertight run app.js', 'a.md:1'],
      ['PORT=1 node app.js', 'it prints this', 'a.md:3'],
      ['cd x && go build', 'a.md:5'],
      ['watertight lab --serve', 'a.md:11'],
      ['node is a word here', 'a.md:12'],
    ],
  );
  assert.deepEqual(found.names, ['watertight top']);
});

test('each documented command is either run or listed with the reason why not', () => {
  const known = [...Object.keys(TRIALS), ...Object.keys(NOT_RUN)];
  const unknown = commands.filter(({ command }) => !known.includes(command)).map(({ command, places }) => `${places.join(', ')}: ${command}`);
  assert.deepEqual(unknown, [], 'documented, and in neither table of command-trials.ts');
  const shown = commands.map(({ command }) => command);
  assert.deepEqual(known.filter((command) => !shown.includes(command)), [], 'in command-trials.ts, and not documented any more');
  assert.deepEqual(Object.keys(TRIALS).filter((command) => command in NOT_RUN), [], 'both run and not run');
});

test('what is not run is at least there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const ci = readFileSync(join(root, '.ci/run'), 'utf8');
  for (const [command, reason] of Object.entries(NOT_RUN)) {
    const file = /^node (?:--\S+ )*([\w./-]+)/.exec(command)?.[1];
    if (file !== undefined) assert.ok(existsSync(join(root, file)), command);
    const script = /^npm run ([\w:]+)/.exec(command)?.[1];
    if (script !== undefined) assert.ok(script in scripts, command);
    if (reason === 'CI runs it') assert.ok(ci.includes(command), `.ci/run has no ${command}`);
  }
});

const isInstalled = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

describe('in a folder where the packed packages are installed', { skip: withoutNamespaces ?? false, concurrency: 2 }, () => {
  const stage = new CommandStage();
  before(() => stage.install());
  after(() => stage.remove());

  test('npx watertight --help shows the sub-commands, each that a page names among them', async () => {
    const { status, output } = await stage.perform({ line: 'npx watertight --help', folder: stage.installed, scene: 'empty' });
    assert.equal(status, 0, output);
    const mentioned = [...names].flatMap((name) => /^watertight ([a-z]+)/.exec(name)?.[1] ?? []);
    assert.ok(mentioned.length > 0);
    for (const name of ['run', 'watch', ...mentioned]) assert.match(output, new RegExp(`^  ${name} `, 'm'));
  });

  for (const documented of commands) {
    const trial = TRIALS[documented.command];
    if (trial === undefined) continue;
    const missing = (trial.programs ?? []).filter((program) => !isInstalled(program));
    test(documented.command, { skip: missing.length > 0 ? `${missing.join(', ')} not installed` : false }, () => check(stage, documented, trial));
  }
});

async function check(stage: CommandStage, documented: DocumentedCommand, trial: Trial): Promise<void> {
  const folder = trial.checkout === true ? root : stage.project(trial.files ?? {});
  const ended = await stage.perform({ line: documented.line, folder, scene: trial.scene ?? 'empty', until: trial.until?.source });
  const told = `${documented.places.join(', ')}: ${documented.line}\n${describeEnd(ended)}`;
  if (trial.until !== undefined) assert.ok(ended.interrupted, told);
  // npm, npx and Go's tools say that Ctrl-C came, whatever the program said that they had started.
  const interruptedToo = ended.interrupted && (trial.endsByCtrlC === true || /^np[mx] /.test(documented.line));
  const expected = interruptedToo ? [0, 1, 2, 130, 'SIGINT'] : [trial.status ?? 0];
  assert.ok(expected.includes(ended.signal ?? ended.status ?? -1), told);
  if (trial.prints !== undefined) assert.match(ended.output, trial.prints, told);
  for (const line of documented.prints) assert.ok(ended.output.includes(line), told);
  for (const [name, pattern] of Object.entries(trial.writes ?? {})) assert.match(readFileSync(join(folder, name), 'utf8'), pattern, told);
}

function describeEnd({ status, signal, interrupted, output }: Ended): string {
  return `ended with ${signal ?? status}${interrupted ? ' after Ctrl-C' : ''}, having printed\n${output}`;
}
