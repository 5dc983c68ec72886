/** watertight/jest and what jest has: other clients, TypeScript, timers, retries, environments, options. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkClients, clientTests } from './clients.js';
import type { Outcome } from './contract.js';
import { config, jest, outcome, unavailable } from './jest-run.js';
import { AT_ONCE, inProject, isInstalled, type Project } from './project.js';

/** A test in a project of its own. */
function inOwn(body: (project: Project, origin: string) => Promise<void>): () => Promise<void> {
  return inProject('jest', async (project, origin) => {
    project.write({ 'package.json': '{}' });
    await body(project, origin);
  });
}

describe('under jest', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  test('fetch, undici and node:http are checked in CommonJS, where nothing of the library can be loaded but watertight/jest', inOwn(async (project, origin) => {
    const source = clientTests(origin, 'undici7', (module) => `require('${module}')`);
    project.write({ ...config({}), 'clients.test.js': source });
    const { code, output } = await jest(project, []);
    checkClients(output, source, 'clients.test.js', outcome);
    assert.equal(code, 1);
  }));

  test('the lines are those of the TypeScript, and the code around them is shown', { skip: isInstalled('ts-jest') ? false : 'ts-jest is not installed' }, inOwn(async (project, origin) => {
    const source = `interface Options {
  readonly method: string;
}
const options: Options = { method: 'GET' };
async function fetchPreview(path: string): Promise<Response> {
  return fetch('${origin}/' + path, options);
}
describe('preview', () => {
  test('leaking', async () => {
    await fetchPreview('leak');
  });
  test('clean', async () => {
    await (await fetchPreview('clean')).text();
  });
});
`;
    const transform = { '\\.ts$': ['ts-jest', { diagnostics: false, tsconfig: { module: 'commonjs', target: 'es2022', isolatedModules: true, esModuleInterop: true } }] };
    project.write({ ...config({ transform }), 'preview.test.ts': source });
    const { code, output } = await jest(project, []);
    assert.equal(outcome(output, 'leaking'), 'failed', output);
    assert.equal(outcome(output, 'clean'), 'passed', output);
    assert.match(output, /opened at preview\.test\.ts:6:10 \(fetchPreview\)/, output);
    assert.match(output, /> +6 \| +return fetch\(/, output);
    assert.equal(code, 1);
  }));

  test('fake timers, retries, tests that are meant to fail, callbacks, generators, tables of tests, modules loaded anew', inOwn(async (project, origin) => {
    project.write({
      ...config({}),
      'kinds.test.js': `
const fetchPreview = (path) => fetch('${origin}/' + path);
test('fake timers, leaking', async () => {
  jest.useFakeTimers();
  await fetchPreview('fake');
});
test('fake timers, clean', async () => {
  void (await fetchPreview('settling')).text();
});
test('real timers', () => void jest.useRealTimers());
test.failing('fails as it is meant to', async () => {
  await fetchPreview('meant');
  throw new Error('meant');
});
test.failing('does not fail though it is meant to', async () => {
  await fetchPreview('unmeant');
});
test('calls back', (done) => {
  fetchPreview('called').then((response) => response.text()).then(() => done());
});
test('calls back, leaking', (done) => {
  fetchPreview('callback').then(() => done());
});
test('generator, leaking', function* () {
  yield fetchPreview('generator');
});
test('generator, catching', function* () {
  try {
    yield Promise.reject(new Error('no teapots'));
  } catch (error) {
    expect(error.message).toBe('no teapots');
  }
  const response = yield fetchPreview('read');
  yield response.text();
});
test.each(['read', 'dropped'])('table, %s', async (what) => {
  const response = await fetchPreview('table-' + what);
  if (what === 'read') await response.text();
});
test('out of time', async () => {
  await fetchPreview('late');
  await new Promise(() => {});
}, 100);
test('modules anew', async () => {
  jest.resetModules();
  require('watertight/jest').leakCheck('off');
  await fetchPreview('off');
});
describe('retried', () => {
  jest.retryTimes(1);
  let attempts = 0;
  test('leaking at first', async () => {
    const response = await fetchPreview('retry');
    if (attempts++ > 0) await response.text();
  });
});
test('this is as jest has it', function () {
  expect(this).toEqual({});
});
`,
    });
    const { code, output } = await jest(project, []);
    const expected: Record<string, Outcome> = {
      'fake timers, leaking': 'failed',
      'fake timers, clean': 'passed',
      'fails as it is meant to': 'passed',
      'does not fail though it is meant to': 'failed',
      'calls back': 'passed',
      'calls back, leaking': 'failed',
      'generator, leaking': 'failed',
      'generator, catching': 'passed',
      'table, read': 'passed',
      'table, dropped': 'failed',
      'out of time': 'failed',
      'modules anew': 'passed',
      'leaking at first': 'passed',
      'this is as jest has it': 'passed',
    };
    for (const [name, state] of Object.entries(expected)) assert.equal(outcome(output, name), state, `${name}\n${output}`);
    assert.match(output, /unread body: GET \S+\/fake \(200\), 0 of 50 bytes read, held for [1-9][\d.]* m?s/, 'the real time, not the faked one, which stands still; how long depends on when the collector comes');
    for (const path of ['meant', 'settling', 'late', 'off']) assert.doesNotMatch(output, new RegExp(`unread body: GET \\S+/${path} \\(`), `${path}\n${output}`);
    assert.equal(code, 1);
  }));

  test('files of one process do not answer for each other, and what a file opens at its top level is told at its end', inOwn(async (project, origin) => {
    const file = (path: string): string => `const opened = fetch('${origin}/${path}');\ntest('${path}', () => opened);\n`;
    const clean = `test('clean', async () => void (await (await fetch('${origin}')).text()));\n`;
    project.write({ ...config({}), '1.test.js': file('first'), '2.test.js': clean, '3.test.js': file('third') });
    const { code, output } = await jest(project, ['--runInBand']);
    for (const name of ['first', 'clean', 'third']) assert.equal(outcome(output, name), 'passed', output);
    assert.equal([...output.matchAll(/1 response leaked outside of any test/g)].length, 2, output);
    assert.match(output, /opened at 1\.test\.js:1:/, output);
    assert.match(output, /opened at 3\.test\.js:1:/, output);
    assert.match(output, /Test Suites: 2 failed, 1 passed, 3 total/, output);
    assert.equal(code, 1);
  }));

  test('options come from the configuration, from the file\'s comment, and from leakCheck', inOwn(async (project, origin) => {
    const leaking = `test('NAME', async () => void (await fetch('${origin}/NAME')));\n`;
    project.write({
      ...config({ testEnvironmentOptions: { watertight: { retries: 2 } }, setupFilesAfterEnv: ['./known.js'] }),
      'known.js': `const { ignoreUrl, leakCheck } = require('watertight/jest');\nleakCheck({ ignore: ignoreUrl('${origin}/known'), unmatched: 'ignore' });\n`,
      'a.test.js': leaking.replaceAll('NAME', 'quick') + leaking.replaceAll('NAME', 'known'),
      'b.test.js': `/** @jest-environment-options {"watertight": {"retries": 12}} */\n${leaking.replaceAll('NAME', 'slow')}`,
    });
    const { code, output } = await jest(project, []);
    assert.equal(outcome(output, 'known'), 'passed', output);
    assert.match(output, /GET \S+\/quick \(200\), 0 of 50 bytes read, held for \d+ ms/, 'two looks only');
    assert.match(output, /GET \S+\/slow \(200\), 0 of 50 bytes read, held for (?:[5-9]\d\d ms|[\d.]+ s)/, 'twelve looks');
    assert.equal(code, 1);
  }));

  test('an environment of one\'s own gets the check on top, as a class or by its name', inOwn(async (project, origin) => {
    const leaking = `test('own', () => expect(globalThis.own).toBe(true));\ntest('leaking', async () => void (await fetch('${origin}/')));\n`;
    const own = `const { TestEnvironment } = require('jest-environment-node');\nclass Own extends TestEnvironment {\n  async setup() {\n    await super.setup();\n    this.global.own = true;\n  }\n}\n`;
    project.write({
      'named.cjs': `${own}module.exports = Own;\n`,
      'wrapped.mjs': `import { createRequire } from 'node:module';\nimport { withLeakCheck } from 'watertight/jest';\nexport default withLeakCheck(createRequire(import.meta.url)('./named.cjs'));\n`,
      'wrapped.cjs': `${own}module.exports = require('watertight/jest').withLeakCheck(Own);\n`,
      'own.test.js': leaking,
    });
    for (const options of [
      { testEnvironmentOptions: { watertight: { environment: '<rootDir>/named.cjs' } } },
      { testEnvironment: './wrapped.mjs' },
      { testEnvironment: './wrapped.cjs' },
    ]) {
      project.write(config(options));
      const { code, output } = await jest(project, []);
      assert.equal(outcome(output, 'own'), 'passed', output);
      assert.equal(outcome(output, 'leaking'), 'failed', output);
      assert.equal(code, 1);
    }
  }));
});
