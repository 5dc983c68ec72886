/** verifyNone in tests: node:test, something with an error method, a plain throw, and vitest as it is installed. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findLeaks, LeakError, LeakSession, verifyNone, type LeakOutcome } from 'watertight/leak';
import { go } from 'watertight/tasks';
import { onLoopback } from '../fixtures/loopback.js';
import { packageRoot } from '../fixtures/package-root.js';
import { RawServer } from '../fixtures/raw-server.js';

test('nothing leaked, nothing happens, whatever is passed', async (t) => {
  await verifyNone();
  await verifyNone(t);
  await verifyNone(null);
  await verifyNone({ error: () => assert.fail() });
});

test('a leak is thrown where nobody takes it', onLoopback(async (net, t) => {
  const server = await net.serve({ onRequest: (request) => request.reply('hello') });
  const { client } = net.client();
  const response = await client.get(server.origin);
  for (const taker of [undefined, null, t, {}, 'it']) {
    await assert.rejects(verifyNone(taker, { retries: 0 }), (error) => error instanceof LeakError && error.leaks.length === 1);
  }
  await response.close();
}));

test('what has an error or a fail method takes it', async () => {
  let finish: () => void = () => {};
  const running = go(() => new Promise<void>((resolve) => (finish = resolve)));
  for (const method of ['error', 'fail'] as const) {
    const taken: unknown[] = [];
    const taker = {
      [method](error: Error) {
        assert.equal(this, taker);
        taken.push(error);
      },
    };
    await verifyNone(taker, { retries: 0 });
    assert.ok(taken.length === 1 && taken[0] instanceof LeakError);
  }
  finish();
  await running;
});

describe('cleanup', () => {
  test('is told the outcome, awaited, and called before the check fails', async () => {
    const seen: LeakOutcome[] = [];
    let done = false;
    const cleanup = async (outcome: LeakOutcome): Promise<void> => {
      seen.push(outcome);
      await turn();
      done = true;
    };
    await verifyNone(undefined, { cleanup });
    assert.deepEqual([seen, done], [[{ leaks: [], error: null }], true]);
    let finish: () => void = () => {};
    const running = go(() => new Promise<void>((resolve) => (finish = resolve)));
    done = false;
    const error = await verifyNone(undefined, { retries: 0, cleanup }).then(() => null, (reason: unknown) => reason);
    assert.ok(error instanceof LeakError && done);
    assert.equal(seen[1].error, error);
    assert.deepEqual(seen[1].leaks, error.leaks);
    finish();
    await running;
  });

  test('that throws fails a check that passed, and is the cause of one that did not', async () => {
    const cleanup = (): never => {
      throw new Error('no broom');
    };
    await assert.rejects(verifyNone(undefined, { cleanup }), /no broom/);
    let finish: () => void = () => {};
    const running = go(() => new Promise<void>((resolve) => (finish = resolve)));
    await assert.rejects(verifyNone(undefined, { retries: 0, cleanup }), (error) => error instanceof LeakError && String(error.cause) === 'Error: no broom');
    finish();
    await running;
  });

  test('is refused where there is no outcome, as runOnFailure is where nothing is known of failures', async () => {
    await assert.rejects(findLeaks({ cleanup: () => {} } as object), /cleanup is an option of verifyNone and of a file of tests/);
    await assert.rejects(verifyNone(undefined, { runOnFailure: true } as object), /runOnFailure is an option of a file of tests/);
    await assert.rejects(verifyNone(undefined, { unref: false } as object), /unref is an option of a file of tests/);
    await assert.rejects(verifyNone(undefined, { cleanup: true as never }), /cleanup is a function, not true/);
  });
});

test('in a scope, what another scope started is left out; outside of all, it is not', async () => {
  const session = new LeakSession();
  const [mine, other] = [session.begin('mine'), session.begin('other')];
  let finish: () => void = () => {};
  const running = session.run(other, () => go(() => new Promise<void>((resolve) => (finish = resolve))));
  await session.run(mine, () => verifyNone(undefined, { retries: 0 }));
  await assert.rejects(session.run(other, () => verifyNone(undefined, { retries: 0 })), LeakError);
  await assert.rejects(verifyNone(undefined, { retries: 0 }), LeakError);
  finish();
  await running;
});

/** A process that ran, and what it printed. */
async function run(command: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, env: { ...env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output: stripVTControlCharacters(output) };
}

/** `node_modules` of the workspace, where the runners are installed. */
const modules = ((): string => {
  let folder = realpathSync(fileURLToPath(packageRoot));
  while (!existsSync(join(folder, 'node_modules', 'vitest'))) {
    if (folder === dirname(folder)) return '';
    folder = dirname(folder);
  }
  return join(folder, 'node_modules');
})();

describe('in a project of its own', { skip: modules === '' ? 'vitest is not installed' : false }, () => {
  let project = '';
  let server: RawServer;
  before(async () => {
    // Inside the workspace, so that the project finds both packages as a user's would.
    const shelf = join(modules, '.cache');
    mkdirSync(shelf, { recursive: true });
    project = mkdtempSync(join(shelf, 'leak-check-'));
    server = await RawServer.start({ onRequest: (request) => request.reply('x'.repeat(50)) });
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  });
  after(async () => {
    await server.stop();
    rmSync(project, { recursive: true, force: true });
  });

  const body = (annotation: string): string => `
async function fetchPreview(url${annotation}) {
  return get(url); // line 7
}

test('clean', async (t) => {
  await using response = await fetchPreview(${JSON.stringify('URL')});
  await response.text();
  await verifyNone(t);
});

test('leaking', async (t) => {
  const response = await fetchPreview(${JSON.stringify('URL')});
  expect(response.status === 200);
  await verifyNone(t, { retries: 2 });
});
`;

  test('vitest fails the leaking test, names its line, and passes the clean one', async () => {
    const source = `import { expect, test } from 'vitest';\nimport { get } from 'watertight';\nimport { verifyNone } from 'watertight/leak';\n// TypeScript, so that lines have to be mapped.\n${body(': string')}`.replaceAll('URL', server.origin);
    const line = source.split('\n').findIndex((text) => text.endsWith('// line 7')) + 1;
    writeFileSync(join(project, 'preview.test.ts'), `interface Unused {\n  a: string;\n}\n${source}`);
    writeFileSync(join(project, 'vitest.config.js'), 'export default { test: { include: ["*.test.ts"], watch: false, testTimeout: 20000 } };');
    const { code, output } = await run(process.execPath, [join(modules, 'vitest', 'vitest.mjs'), 'run', '--reporter=verbose'], project);
    assert.equal(code, 1, output);
    assert.match(output, /1 failed \| 1 passed/, output);
    assert.match(output, /✓ preview\.test\.ts > clean/, output);
    assert.match(output, new RegExp(`unread body: GET ${server.origin}/ \\(200\\), 0 of 50 bytes read, held for`), output);
    assert.match(output, new RegExp(`opened at preview\\.test\\.ts:${line + 3}:\\d+ \\(fetchPreview\\)`), output);
    assert.match(output, /await using res = await get\(\.\.\.\)/, output);
  });

  test('node:test fails the leaking test, names its line, and passes the clean one', async () => {
    const source = `import { test } from 'node:test';\nimport { get } from 'watertight';\nimport { verifyNone } from 'watertight/leak';\nconst expect = () => {};\n${body('')}`.replaceAll('URL', server.origin).replace('await using response', 'const response');
    const line = source.split('\n').findIndex((text) => text.endsWith('// line 7')) + 1;
    writeFileSync(join(project, 'preview.test.mjs'), source);
    const { code, output } = await run(process.execPath, ['--test', '--test-reporter=tap', 'preview.test.mjs'], project);
    assert.equal(code, 1, output);
    assert.match(output, /^ *ok \d+ - clean$/m, output);
    assert.match(output, /^ *not ok \d+ - leaking$/m, output);
    assert.match(output, new RegExp(`opened at preview\\.test\\.mjs:${line}:\\d+ \\(fetchPreview\\)`), output);
  });

  test('a plain program is ended by the throw, exit status 1', async () => {
    writeFileSync(join(project, 'plain.mjs'), `import { get } from 'watertight';\nimport { verifyNone } from 'watertight/leak';\nconst response = await get('${server.origin}');\nif (process.argv[2] === 'read') await response.text();\nawait verifyNone();\nconsole.log('clean', response.status);\n`);
    assert.deepEqual(await run(process.execPath, ['plain.mjs', 'read'], project), { code: 0, output: 'clean 200\n' });
    const { code, output } = await run(process.execPath, ['plain.mjs'], project);
    assert.equal(code, 1);
    assert.match(output, /1 response leaked\n.*0 of 50 bytes read.*\n {4}opened at plain\.mjs:3:24/);
  });
});
