// `watertight run` on small programs, as processes of their own.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLabServer } from '#lab';
import { main, start, watertight } from '../cli/command.js';

const programs = fileURLToPath(new URL('programs/', import.meta.url));
const [leaking, clean, nothing, busy, parent, slow] = ['leaking', 'clean', 'nothing', 'busy', 'parent', 'slow'].map((name) => join(programs, `${name}.js`)) as [string, string, string, string, string, string];
/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };
const room = mkdtempSync(join(tmpdir(), 'run-'));
const server = createLabServer();
let origin = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(room, { recursive: true, force: true });
});

describe('watertight run: the report', AT_ONCE, () => {
  test('says what leaks, how often, and which line opened it', async () => {
    const { stderr } = await watertight('run', leaking, origin);
    assert.match(stderr, /watertight: leaking\.js ended\. 7 tasks alive, 3 leaks\./);
    assert.match(stderr, /3 × unread body: GET http:\/\/127\.0\.0\.1:\d+\/bytes\/50000\?token=\* \(200\), 0 of 50000 bytes read/);
    assert.match(stderr, /opened at .*leaking\.ts:7:/);
    assert.match(stderr, /3 × readLoop/);
    assert.doesNotMatch(stderr, /secret/);
  });

  test('an idle connection is no leak', async () => {
    const { status, stderr } = await watertight('run', '--fail-on-leak', clean, origin);
    assert.match(stderr, /clean\.js ended\. 3 tasks alive, no leak\./);
    assert.equal(status, 0);
  });

  test('--report writes the number of tasks and the leaks', async () => {
    const file = join(room, 'report.json');
    await watertight('run', '--report', file, leaking, origin);
    const { tasks, leaks } = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(tasks, 7);
    assert.equal(leaks.length, 3);
    const [{ kind, method, status, bytesRead, contentLength, client, site }] = leaks;
    assert.deepEqual({ kind, method, status, bytesRead, contentLength, client }, { kind: 'body', method: 'GET', status: 200, bytesRead: 0, contentLength: 50000, client: 'watertight' });
    assert.match(site.file, /leaking\.ts$/);
    assert.equal(site.line, 7);
  });

  test('--json prints the same as one line of JSON', async () => {
    const { stderr } = await watertight('run', '--json', leaking, origin);
    const { tasks, leaks } = JSON.parse(stderr);
    assert.deepEqual([tasks, leaks.length], [7, 3]);
  });

  test('a program that makes no request is told that none was seen', async () => {
    const { stderr } = await watertight('run', nothing);
    assert.match(stderr, /1 task alive, no leak\.\n +No request was seen/);
  });

  test('a program that did make one is not told so', async () => {
    const { stderr } = await watertight('run', clean, origin);
    assert.doesNotMatch(stderr, /No request was seen/);
  });

  test('SIGUSR2 asks for it at any time, and the program goes on', { skip: process.platform === 'win32' }, async () => {
    const command = start(['run', busy]);
    await command.wrote('ready');
    command.process.kill('SIGUSR2');
    await command.wrote('busy.js was asked. 3 tasks alive, no leak.');
    await command.wrote('2 × forever');
    command.process.kill('SIGTERM');
    const { stderr } = await command.ended;
    assert.match(stderr, /busy\.js ended\. 3 tasks alive/);
  });
});

describe('watertight run: on a terminal', AT_ONCE, () => {
  const hasScript = spawnSync('script', ['--version']).status === 0;

  /** Runs the command with a terminal of 24 rows for all of its streams. */
  async function onTerminal(...args: string[]): Promise<string> {
    const command = [process.execPath, main, ...args].map((each) => `'${each}'`).join(' ');
    const child = spawn('script', ['-qec', `stty rows 24 cols 200; ${command}`, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
    await once(child, 'close');
    return output;
  }

  test('one line says how it is doing, on the last row, and is gone at the end', { skip: hasScript ? false : 'there is no `script` to make a terminal with' }, async () => {
    const output = await onTerminal('run', slow, origin);
    assert.match(output, /\x1b\[24;1H\x1b\[2K\x1b\[2m watertight {2}2 tasks, 1 unfinished {2}1 by .*slow\.ts:\d+:\d+/);
    const after = output.slice(output.lastIndexOf('\x1b[r'));
    assert.match(after, /^\x1b\[r\x1b\[24;1H\x1b\[2K\x1b8[^]*slow\.js ended/);
  });

  test('--no-status leaves it out', { skip: hasScript ? false : 'there is no `script` to make a terminal with' }, async () => {
    assert.doesNotMatch(await onTerminal('run', '--no-status', slow, origin), /\x1b\[24;1H/);
  });
});

describe('watertight run: other clients', AT_ONCE, () => {
  test('a response of fetch is named with its line, and how it is released', async () => {
    const { stderr, status } = await watertight('run', '--fail-on-leak', slow, origin, '0');
    assert.match(stderr, /1 × unread body: GET http:\/\/127\.0\.0\.1:\d+\/bytes\/5 \(200\), 0 of 5 bytes read\n +opened at .*slow\.ts:3:/);
    assert.match(stderr, /await response\.body\?\.cancel\(\)/);
    assert.equal(status, 1);
  });
});

describe('watertight run: which copy of the library', AT_ONCE, () => {
  /** A copy of the built library in `folder`, beside links to what it depends on. */
  function copyLibrary(folder: string): void {
    const require = createRequire(import.meta.url);
    const original = dirname(require.resolve('watertight/package.json'));
    const { dependencies } = JSON.parse(readFileSync(join(original, 'package.json'), 'utf8'));
    const copy = join(folder, 'node_modules/watertight');
    for (const part of ['dist', 'package.json']) cpSync(join(original, part), join(copy, part), { recursive: true });
    const nested = join(copy, 'node_modules');
    for (const name of Object.keys(dependencies)) {
      const target = require.resolve.paths(name)!.map((root) => join(root, name)).find(existsSync)!;
      mkdirSync(dirname(join(nested, name)), { recursive: true });
      symlinkSync(target, join(nested, name));
    }
  }

  const program = (specifier: string) => `import { get } from '${specifier}';\nglobalThis.kept = await get(process.argv[2] + '/bytes/5');\n`;

  test('the program\'s own copy is the one that is watched', async () => {
    const folder = join(room, 'own-copy');
    copyLibrary(folder);
    writeFileSync(join(folder, 'program.mjs'), program('watertight'));
    const { stderr } = await watertight('run', join(folder, 'program.mjs'), origin);
    assert.match(stderr, /program\.mjs ended\. 3 tasks alive, 1 leak\./);
  });

  test('a copy that cannot be found from the program is watched as well: all copies in a process have one record', async () => {
    const folder = join(room, 'hidden-copy');
    copyLibrary(join(folder, 'vendor'));
    writeFileSync(join(folder, 'program.mjs'), program('./vendor/node_modules/watertight/dist/index.js'));
    const { status, stderr } = await watertight('run', join(folder, 'program.mjs'), origin);
    assert.equal(status, 0);
    assert.match(stderr, /3 tasks alive, 1 leak\./);
  });

  test('a copy that is too old to ask does not keep the program from running', async () => {
    const folder = join(room, 'old-copy');
    const copy = join(folder, 'node_modules/watertight');
    mkdirSync(copy, { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "name": "watertight", "type": "module", "exports": { "./tasks": "./old.js", "./leak": "./old.js" } }');
    writeFileSync(join(copy, 'old.js'), 'export {};');
    writeFileSync(join(folder, 'program.mjs'), 'console.log("ran");');
    const { status, stdout } = await watertight('run', join(folder, 'program.mjs'));
    assert.deepEqual([status, stdout], [0, 'ran\n']);
  });
});

describe('watertight run: the program', AT_ONCE, () => {
  test('has its own arguments, whatever they look like, and no trace of the watch', async () => {
    const { stdout } = await watertight('run', leaking, origin, 'return', '--json', '--help', '--', 'a b');
    assert.deepEqual(JSON.parse(stdout), { argv: [origin, 'return', '--json', '--help', '--', 'a b'], execArgv: [], marked: false, kept: 3 });
  });

  test('has the flags that this Node was started with', async () => {
    const { stdout } = await start(['run', leaking, origin], { nodeFlags: ['--stack-trace-limit=20'] }).ended;
    assert.deepEqual(JSON.parse(stdout).execArgv, ['--stack-trace-limit=20']);
  });

  test('may fork children of its own, which are not watched', async () => {
    const { stdout, stderr } = await watertight('run', parent);
    assert.equal(stdout, 'parent has no IPC channel\nchild {"execArgv":[],"marked":false}\n');
    assert.equal(stderr.match(/watertight: /g)!.length, 1);
  });

  test('may be CommonJS', async () => {
    const file = join(room, 'old.cjs');
    writeFileSync(file, 'console.log(require.main === module)');
    const { status, stdout } = await watertight('run', file);
    assert.deepEqual([status, stdout], [0, 'true\n']);
  });

  test('that is missing is status 2, with its path', async () => {
    const { status, stderr } = await start(['run', 'missing.js'], { cwd: room }).ended;
    assert.equal(status, 2);
    assert.match(stderr, /^error: There is no program .*missing\.js\.\n$/);
  });

  test('whose report cannot be written is not even started', async () => {
    const { status, stdout, stderr } = await watertight('run', '--report', join(room, 'no/such/folder.json'), leaking, origin);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, /--report: .*folder\.json cannot be written/);
  });
});

describe('watertight run: the exit status', AT_ONCE, () => {
  test('is the program\'s own', async () => {
    assert.equal((await watertight('run', nothing)).status, 0);
    assert.equal((await watertight('run', nothing, '5')).status, 5);
  });

  test('is the one of process.exit, and the report is printed', async () => {
    const { status, stderr } = await watertight('run', leaking, origin, 'exit', '7');
    assert.equal(status, 7);
    assert.match(stderr, /3 leaks/);
  });

  test('is 1 after an uncaught error, whose stack comes before the report', async () => {
    const { status, stderr } = await watertight('run', leaking, origin, 'throw');
    assert.equal(status, 1);
    assert.match(stderr, /Error: on purpose[^]*watertight: leaking\.js ended\. 7 tasks alive, 3 leaks/);
  });

  test('is 1 if something leaks and that is to fail', async () => {
    assert.equal((await watertight('run', '--fail-on-leak', leaking, origin)).status, 1);
    assert.equal((await watertight('run', '--fail-on-leak', leaking, origin, 'exit', '7')).status, 1);
  });

  test('is the program\'s own if nothing leaks, even if a leak is to fail', async () => {
    assert.equal((await watertight('run', '--fail-on-leak', nothing, '5')).status, 5);
  });
});

describe('watertight run: signals', { ...AT_ONCE, skip: process.platform === 'win32' }, () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    test(`${signal} to the command ends the program, reports, and ends the command as a shell expects`, async () => {
      const command = start(['run', busy]);
      await command.wrote('ready');
      command.process.kill(signal);
      const ended = await command.ended;
      assert.equal(ended.signal, signal);
      assert.match(ended.stderr, /busy\.js ended\. 3 tasks alive/);
    });
  }

  test('Ctrl-C, which reaches the command and the program, ends both', async () => {
    const command = start(['run', busy], { group: true });
    await command.wrote('ready');
    process.kill(-command.process.pid!, 'SIGINT');
    const ended = await command.ended;
    assert.equal(ended.signal, 'SIGINT');
    assert.match(ended.stderr, /busy\.js ended\. 3 tasks alive/);
  });

  test('Ctrl-C interrupts a program that handles it once, not twice', async () => {
    const command = start(['run', busy, 'graceful'], { group: true });
    await command.wrote('ready');
    process.kill(-command.process.pid!, 'SIGINT');
    const { status, stdout } = await command.ended;
    assert.match(stdout, /interrupted 1 times/);
    assert.equal(status, 3);
  });

  test('a kill of the command alone interrupts a program that handles it once', async () => {
    const command = start(['run', busy, 'graceful']);
    await command.wrote('ready');
    command.process.kill('SIGINT');
    const { status, stdout } = await command.ended;
    assert.match(stdout, /interrupted 1 times/);
    assert.equal(status, 3);
  });

  test('a second Ctrl-C ends a program that handles only the first', async () => {
    const command = start(['run', busy, 'once'], { group: true });
    await command.wrote('ready');
    process.kill(-command.process.pid!, 'SIGINT');
    await command.wrote('once more to end');
    process.kill(-command.process.pid!, 'SIGINT');
    assert.equal((await command.ended).signal, 'SIGINT');
  });

  test('a listener that raises the signal again if it is alone finds itself alone', async () => {
    const command = start(['run', busy, 'alone'], { group: true });
    await command.wrote('ready');
    process.kill(-command.process.pid!, 'SIGINT');
    const { signal, stdout, stderr } = await command.ended;
    assert.match(stdout, /cleaned up/);
    assert.equal(signal, 'SIGINT');
    assert.match(stderr, /busy\.js ended/);
  });

  test('a program that ignores its signals goes on, and the command with it', async () => {
    const command = start(['run', busy, 'ignore'], { group: true });
    await command.wrote('ready');
    process.kill(-command.process.pid!, 'SIGINT');
    await command.wrote('ignored');
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(command.process.exitCode, null);
    process.kill(-command.process.pid!, 'SIGKILL');
    assert.equal((await command.ended).signal, 'SIGKILL');
  });
});
