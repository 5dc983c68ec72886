/** A run that reports a leak ends by itself, whichever client's socket is left: no `--forceExit`, no `--exit`. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RawServer } from '../fixtures/raw-server.js';
import { unavailable as noJest } from './jest-run.js';
import { isInstalled, modules, Project, type Run } from './project.js';

/** Below it, undici lets go of its socket; far above it, none of them listens to theirs any more. */
const HOLDS = 100_000;

const undici = process.version.startsWith('v20.') ? 'undici7' : 'undici';

/** Every way to leave a socket, each in a test of its own. Needs `test` and `load`. */
const tests = (origin: string): string => `
const response = async (path) => {
  const http = await load('node:http');
  return new Promise((resolve) => http.get('${origin}' + path, { agent: new http.Agent({ keepAlive: true }) }, resolve));
};
test('node:http', async () => void (globalThis.kept1 = await response('/small')));
test('node:http, an empty body', async () => void (globalThis.kept2 = await response('/empty')));
test('node:http, no answer', async () => {
  const http = await load('node:http');
  http.get('${origin}/never').on('error', () => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
});
test('fetch', async () => void (globalThis.kept3 = await fetch('${origin}/large')));
test('undici', async () => void (globalThis.kept4 = await (await load('${undici}')).request('${origin}/large')));
`;

const LEAVING = ['node:http', 'node:http, an empty body', 'node:http, no answer', 'fetch', 'undici'];

describe('a run that reports leaks ends by itself,', { concurrency: true }, () => {
  let server: RawServer;
  let project: Project;
  before(async () => {
    server = await RawServer.start({
      onRequest: (request) => {
        if (request.target === '/never') return;
        request.reply('x'.repeat({ '/small': 50, '/empty': 0 }[request.target] ?? HOLDS));
      },
    });
    project = new Project('process-end');
    project.install();
  });
  after(async () => {
    await server.stop();
    project.remove();
  });

  const check = ({ code, output }: Run): void => {
    for (const name of LEAVING) assert.match(output, new RegExp(`(?:✕|not ok \\d+ -|\\d\\)) ${name}(?: \\(\\d+ ms\\))?$`, 'm'), `${name} is reported\n${output}`);
    assert.equal(code === null || code === 0, false, `it has ended, and failed: ${String(code)}\n${output}`);
  };

  test('jest, in one process', { skip: noJest ?? false }, async () => {
    project.write({
      'jest.config.json': JSON.stringify({ testMatch: ['**/jest.js'], testEnvironment: 'watertight/jest', testEnvironmentOptions: { watertight: { retries: 3 } } }),
      'jest.js': `const load = async (name) => require(name);\n${tests(server.origin)}`,
    });
    const run = await project.node([join(modules, 'jest', 'bin', 'jest.js'), '--runInBand']);
    check(run);
    assert.doesNotMatch(run.output, /did not exit/);
  });

  test('mocha', { skip: isInstalled('mocha') ? false : 'mocha is not installed' }, async () => {
    project.write({ 'mocha.cjs': `const test = it;\nrequire('watertight/mocha').leakCheck({ retries: 3 });\nconst load = async (name) => require(name);\n${tests(server.origin)}` });
    check(await project.node([join(modules, 'mocha', 'bin', 'mocha.js'), '--timeout', '20000', '--require', 'watertight/mocha', 'mocha.cjs']));
  });

  test('node:test', async () => {
    project.write({ 'node.mjs': `import { leakCheck } from 'watertight/node-test';\nleakCheck({ retries: 3 });\nimport test from 'node:test';\nconst load = async (name) => (await import(name)).default;\n${tests(server.origin)}` });
    check(await project.node(['--test', '--test-reporter=tap', 'node.mjs']));
  });
});
