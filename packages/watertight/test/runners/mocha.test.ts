/** watertight/mocha, on real runs of mocha. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AT_END, fulfilsTheContract, type Dialect } from './contract.js';
import { mocha, mochaFiles, outcome, unavailable } from './mocha-run.js';
import { AT_ONCE, inProject } from './project.js';

const shared = {
  unavailable,
  skipped: (name: string, body: string): string => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: null,
  endsTogether: true,
};

const ALIASES = 'const { it: test, describe, before, after, beforeEach, afterEach } = globalThis;';

const esm: Dialect = {
  ...shared,
  name: 'mocha',
  extension: '.test.mjs',
  prologue: `import { leakCheck } from 'watertight/mocha';\n${ALIASES}`,
  run: (project, files) => mochaFiles(project, ['--require', 'watertight/mocha'], files),
};

const cjs: Dialect = {
  ...shared,
  name: 'mocha, CommonJS, by an import in the file alone',
  extension: '.test.cjs',
  prologue: `const { leakCheck } = require('watertight/mocha');\n${ALIASES.replace(/^const .*/, '')}const test = it;`,
  importGet: "const { get } = require('watertight');\nconst { ignoreUrl } = require('watertight/leak');",
  run: (project, files) => mochaFiles(project, [], files),
};

fulfilsTheContract(esm);
fulfilsTheContract(cjs);

const ADAPTER = ['--require', 'watertight/mocha'];

function source(origin: string, body: string): string {
  return `import { get } from 'watertight';\nimport { leakCheck } from 'watertight/mocha';\nconst URL = '${origin}/';\nvoid leakCheck;\n${body}`;
}

describe('with what else mocha has,', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  test('an attempt that leaks is tried again, as one that fails', inProject('mocha', async (project, origin) => {
    project.write({
      'retry.mjs': source(origin, `
let attempts = 0;
it('leaks at first', async function () {
  this.retries(1);
  const response = await get(URL);
  if (attempts++ > 0) await response.text();
});
it('leaks always', async function () {
  this.retries(1);
  await get(URL);
});
it('fails at first, and leaks then', async function () {
  this.retries(1);
  const response = await get(URL);
  if (attempts++ === 2) throw new Error('not yet');
  await response.text();
});`),
    });
    const { code, output } = await mocha(project, ...ADAPTER, 'retry.mjs');
    assert.deepEqual([outcome(output, 'leaks at first'), outcome(output, 'leaks always'), outcome(output, 'fails at first, and leaks then')], ['passed', 'failed', 'passed'], output);
    assert.match(output, /2 passing/, output);
    assert.match(output, /1 failing/, output);
    assert.doesNotMatch(output, AT_END, output);
    assert.equal(code, 1);
  }));

  test('a test that takes a callback is checked, too', inProject('mocha', async (project, origin) => {
    project.write({ 'callback.mjs': source(origin, `
it('leaking', (done) => {
  get(URL).then(() => done(), done);
});
it('failing', (done) => {
  done(new Error('expected teapots'));
});
it('clean', (done) => {
  get(URL).then((response) => response.text()).then(() => done(), done);
});`) });
    const { code, output } = await mocha(project, ...ADAPTER, 'callback.mjs');
    assert.deepEqual(['leaking', 'failing', 'clean'].map((name) => outcome(output, name)), ['failed', 'failed', 'passed'], output);
    assert.match(output, /expected teapots/);
    assert.equal(code, 2);
  }));

  test('a test that skips itself is left out', inProject('mocha', async (project, origin) => {
    project.write({ 'skip.mjs': source(origin, `
it('left out', async function () {
  await get(URL);
  this.skip();
});`) });
    const { code, output } = await mocha(project, ...ADAPTER, 'skip.mjs');
    assert.equal(outcome(output, 'left out'), 'skipped', output);
    assert.doesNotMatch(output, /leaked/);
    assert.equal(code, 0);
  }));

  test('hooks know how their test ended; one that fails is told as ever, and its test, passed, once', inProject('mocha', async (project, origin) => {
    project.write({ 'hooks.mjs': source(origin, `
const states = [];
afterEach(function () {
  states.push(this.currentTest.state);
});
describe('group', () => {
  afterEach(() => {
    throw new Error('hook of its own');
  });
  it('good', () => {});
  it('never run', () => {});
});
it('bad', () => {
  throw new Error('expected teapots');
});
after(() => console.log('states:', states.join()));`) });
    const { code, output } = await mocha(project, ...ADAPTER, 'hooks.mjs');
    const plain = await mocha(project, 'hooks.mjs');
    assert.match(output, /states: /);
    const comparable = (text: string): string => text.replace(/\(?\d+ms\)?/g, '').replace(/^ *at .*\n/gm, '');
    assert.equal(comparable(output), comparable(plain.output).replace(/ {2}\(node:.*\n/g, ''), 'the same as without the adapter');
    assert.equal(code, plain.code);
  }));

  test('an unclosed response of a beforeEach hook is its test\'s, and the others run all the same', inProject('mocha', async (project, origin) => {
    project.write({ 'each.mjs': source(origin, `
describe('group', () => {
  beforeEach(() => get(URL).then(() => {}));
  it('first', () => {});
  it('second', () => {});
});
it('third', () => {});`) });
    const { code, output } = await mocha(project, ...ADAPTER, 'each.mjs');
    assert.deepEqual(['first', 'second', 'third'].map((name) => outcome(output, name)), ['failed', 'failed', 'passed'], output);
    assert.equal(code, 2);
  }));

  test('files in parallel: each is a run', inProject('mocha', async (project, origin) => {
    project.write({
      'a.mjs': source(origin, `it('a leaking', () => get(URL).then(() => {}));\nit('a clean', () => {});`),
      'b.mjs': source(origin, `before(() => get(URL).then(() => {}));\nit('b clean', () => {});`),
    });
    const { code, output } = await mocha(project, ...ADAPTER, '--parallel', '--jobs', '2', 'a.mjs', 'b.mjs');
    assert.deepEqual(['a leaking', 'a clean', 'b clean'].map((name) => outcome(output, name)), ['failed', 'passed', 'passed'], output);
    assert.match(output, AT_END);
    assert.match(output, /opened at a\.mjs:5:/);
    assert.match(output, /opened at b\.mjs:5:/);
    assert.equal(code, 2);
  }));

  test('options of one file do not reach another', inProject('mocha', async (project, origin) => {
    project.write({
      'a.mjs': source(origin, `leakCheck('off');\nit('unchecked', () => get(URL).then(() => {}));`),
      'b.mjs': source(origin, `it('checked', () => get(URL).then(() => {}));`),
    });
    // Required beforehand, or brought in by the first file itself.
    for (const required of [ADAPTER, []]) {
      const { output } = await mocha(project, ...required, 'a.mjs', 'b.mjs');
      assert.deepEqual(['unchecked', 'checked'].map((name) => outcome(output, name)), ['passed', 'failed'], output);
      assert.doesNotMatch(output, AT_END);
    }
  }));

  test('options of a required file reach all', inProject('mocha', async (project, origin) => {
    project.write({
      'setup.mjs': `import { leakCheck } from 'watertight/mocha';\nimport { ignoreUrl } from 'watertight/leak';\nleakCheck({ ignore: ignoreUrl('${origin}/known') });`,
      'a.mjs': source(origin, `it('known', () => get(URL + 'known').then(() => {}));`),
    });
    const { code, output } = await mocha(project, '--require', './setup.mjs', 'a.mjs');
    assert.equal(outcome(output, 'known'), 'passed', output);
    assert.equal(code, 0);
  }));
});

describe('wired wrongly,', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  test('in a plain program, it says so', inProject('mocha', async (project) => {
    project.write({ 'plain.mjs': "import 'watertight/mocha';\n" });
    const { code, output } = await project.node(['plain.mjs']);
    assert.match(output, /no run of mocha took place in this process, so nothing was checked for leaks/);
    assert.equal(code, 1);
  }));

  test('in a test under node:test, it says so', inProject('mocha', async (project) => {
    project.write({ 'node.test.mjs': "import { test } from 'node:test';\nimport 'watertight/mocha';\ntest('passes', () => {});\n" });
    const { code, output } = await project.node(['--test', 'node.test.mjs']);
    assert.match(output, /no run of mocha took place in this process/);
    assert.equal(code, 1);
  }));

  test('imported by a test, it says which tests it missed', inProject('mocha', async (project) => {
    project.write({ 'late.mjs': "it('early', () => {});\nit('imports', () => import('watertight/mocha'));\nit('late', () => {});\n" });
    const { code, output } = await mocha(project, 'late.mjs');
    assert.match(output, /2 tests ran before watertight\/mocha was imported, and were not checked for leaks: 'early', 'imports'/, output);
    assert.equal(code, 1);
  }));

  test('a mocha it does not know is refused', inProject('mocha', async (project) => {
    project.write({
      'node_modules/mocha/package.json': '{ "name": "mocha", "main": "index.js" }',
      'node_modules/mocha/index.js': 'module.exports = { Runner: class {} };',
      'plain.mjs': "import 'watertight/mocha';\n",
    });
    const { code, output } = await project.node(['plain.mjs']);
    assert.match(output, /does not know this mocha \(.*\): its Runner has no run, runTest, hook, hookUp, hookDown/);
    assert.notEqual(code, 0);
  }));
});
