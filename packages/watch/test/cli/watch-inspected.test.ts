// A Node without profiles, which is watched through its inspector.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { TargetReport } from '#monitor';
import { parseWatched } from '#scrape';
import { start, watertight } from './command.js';

/** Asks itself ten times a second; the leaking one forgets each response. */
const PROGRAM = `
  const http = require('node:http');
  const server = http.createServer((request, response) => response.end('x'.repeat(200000))).listen(0, '127.0.0.1', () => {
    let number = 100;
    setInterval(() => http.get({ port: server.address().port, path: '/customers/' + ++number + '/preview?key=secret', agent: false }, (response) => process.argv[1] === 'leaking' || response.resume()), 100);
  });`;

/** Resolves to the address of its inspector. */
async function program(t: TestContext, form: 'leaking' | 'correct'): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, ['--inspect=0', '-e', PROGRAM, form], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const [text] = (await once(child.stderr, 'data')) as [Buffer];
  return `inspect://${/ws:\/\/([\d.]+:\d+)\//.exec(text.toString())![1]}`;
}

describe('watertight watch, through an inspector', { concurrency: 3 }, () => {
  test('--once finds the plain Node that leaks, with the URL, and not its correct twin', async (t) => {
    const [leaking, correct] = await Promise.all([program(t, 'leaking'), program(t, 'correct')]);
    const { stdout, stderr } = await watertight('watch', '--once', '--json', leaking, correct);
    const { targets } = JSON.parse(stdout) as { targets: readonly TargetReport[] };
    assert.deepEqual(targets.map(({ url, up, leaking }) => [url, up, leaking]), [[leaking, true, true], [correct, true, false]], `${stdout}${stderr}`);
    const [{ count, groups }] = targets;
    assert.ok(count !== null && count > 10);
    assert.match(JSON.stringify(groups), /GET http:\/\/localhost:\d+\/customers\/\*\/preview \(200\)/);
    assert.doesNotMatch(stdout, /secret/);
  });

  test('takes the address from a file, and looks again after the interval of looks', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'inspected-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'watch.yml');
    writeFileSync(file, `targets:\n  - url: ${await program(t, 'leaking')}\n    name: shop\n`);
    const command = start(['watch', '--config', file, '--port', '0', '--interval', '100', '--look-interval', '100']);
    await command.wrote('LEAKING');
    command.process.kill('SIGINT');
    assert.equal((await command.ended).status, 0);
  });

  for (const text of ['inspect://127.0.0.1', 'inspect://127.0.0.1:0', 'inspect://user:secret@127.0.0.1:9229', 'inspect://127.0.0.1:9229/path']) {
    test(`refuses ${text}`, () => assert.throws(() => parseWatched(text), { code: 'ERR_TARGET', message: /^an inspector is named like inspect:\/\/127\.0\.0\.1:9229/ }));
  }

  test('says that no inspector answers, and asks no other machine', async () => {
    const { stdout } = await watertight('watch', '--once', '--json', 'inspect://127.0.0.1:1', 'inspect://192.0.2.1:9229');
    const { targets } = JSON.parse(stdout) as { targets: readonly TargetReport[] };
    assert.deepEqual(targets.map(({ up, failure }) => [up, failure?.kind]), [[false, 'down'], [false, 'failed']]);
  });
});
