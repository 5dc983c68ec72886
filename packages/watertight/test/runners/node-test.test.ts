/** watertight/node-test, on real runs of node:test. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AT_END, fulfilsTheContract, type Dialect, type FileReport } from './contract.js';
import { nodeTest, nodeTestAlone, nodeTestFiles, outcome } from './node-test-run.js';
import { AT_ONCE, inProject } from './project.js';

const shared = {
  unavailable: null,
  skipped: (name: string, body: string): string => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests: readonly { name: string; body: string }[]): string => `describe('at the same time', { concurrency: true }, () => {\n${tests.map(({ name, body }) => `  test('${name}', async () => {\n    ${body}\n  });`).join('\n')}\n});`,
};

const HOOKS = 'after, afterEach, before, beforeEach, describe';

const esm: Dialect = {
  ...shared,
  name: 'node-test',
  extension: '.test.mjs',
  // The default import is what most files have: it can't be replaced.
  prologue: `import test, { ${HOOKS} } from 'node:test';\nimport { leakCheck } from 'watertight/node-test';`,
  run: (project, files) => nodeTestFiles(project, [], files),
};

const cjs: Dialect = {
  ...shared,
  name: 'node-test, CommonJS, preloaded',
  extension: '.test.cjs',
  prologue: `const test = require('node:test');\nconst { ${HOOKS} } = test;\nconst { leakCheck } = require('watertight/node-test');`,
  importGet: "const { get } = require('watertight');\nconst { ignoreUrl } = require('watertight/leak');",
  run: (project, files) => nodeTestFiles(project, ['--import', 'watertight/node-test'], files),
};

const alone: Dialect = {
  ...esm,
  name: 'node-test, a file run by itself',
  run: async (project, files) => {
    const reports = new Map<string, FileReport>();
    let code: number | null = 0;
    await Promise.all(files.map(async (file) => {
      const { code: own, ...report } = await nodeTestAlone(project, file);
      reports.set(file, report);
      if (own !== 0) code = own;
    }));
    return { code, output: '', files: reports };
  },
};

for (const dialect of [esm, cjs, alone]) fulfilsTheContract(dialect);

function source(origin: string, body: string): string {
  return `import 'watertight/node-test';\nimport { ${HOOKS}, test } from 'node:test';\nimport { leakCheck } from 'watertight/node-test';\nimport { get } from 'watertight';\nvoid [${HOOKS}, leakCheck];\nconst URL = '${origin}/';\n${body}`;
}

describe('with what else node:test has,', { concurrency: AT_ONCE }, () => {
  test('a subtest answers for its own leak, its parent for what it opened itself', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
test('parent', async (t) => {
  const response = await get(URL);
  await t.test('leaking child', async () => {
    await get(URL + 'child');
  });
  await t.test('child that reads what its parent opened', async () => {
    await response.text();
  });
});
test('leaking parent', async (t) => {
  await get(URL + 'parent');
  await t.test('clean child', async () => {
    await (await get(URL)).text();
  });
});`) });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.deepEqual(['leaking child', 'child that reads what its parent opened', 'leaking parent', 'clean child'].map((name) => outcome(output, name)), ['failed', 'passed', 'failed', 'passed'], output);
    assert.equal(output.match(/1 response leaked/g)?.length, 2, output);
    assert.match(output, /1 subtest failed/);
    assert.equal(code, 1);
  }));

  test('what t.after closes is no leak, nor what the hooks of the test close', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
test('clean', async (t) => {
  const response = await get(URL);
  t.after(() => response.close());
});
test('hooks of its own', async (t) => {
  let response;
  t.beforeEach(async () => { response = await get(URL); });
  t.afterEach(() => response.close());
  await t.test('child', () => {});
});`) });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.equal(code, 0, output);
  }));

  test('an unclosed response of a beforeEach hook is its test\'s', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
describe('group', () => {
  beforeEach(async () => { await get(URL); });
  test('first', () => {});
  test('second', () => {});
});
test('third', () => {});`) });
    const { output } = await nodeTest(project, 'a.test.mjs');
    assert.deepEqual(['first', 'second', 'third'].map((name) => outcome(output, name)), ['failed', 'failed', 'passed'], output);
    assert.doesNotMatch(output, AT_END);
  }));

  test('a test that takes a callback is checked, and so is one at the file\'s top level that runs at the same time', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
test('callback', (t, done) => {
  get(URL).then(() => done(), done);
});
test('many', { concurrency: true }, async (t) => {
  await Promise.all(Array.from({ length: 8 }, (_, i) => t.test('number ' + i, async () => {
    const response = await get(URL + i);
    await new Promise((resolve) => setTimeout(resolve, 20 * (8 - i)));
    if (i % 3 !== 1) await response.text();
  })));
});`) });
    const { output } = await nodeTest(project, 'a.test.mjs');
    assert.equal(outcome(output, 'callback'), 'failed', output);
    for (let i = 0; i < 8; i++) assert.equal(outcome(output, `number ${i}`), i % 3 === 1 ? 'failed' : 'passed', output);
    assert.equal(output.match(/1 response leaked/g)?.length, 4, output);
  }));

  test('a test that skips itself or is to do is left out', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
test('left out', async (t) => {
  await get(URL);
  t.skip();
});
test.todo('to do', async () => {
  await get(URL);
});
test('to do on the way', async (t) => {
  await get(URL);
  t.todo();
});`) });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.doesNotMatch(output, /leaked/, output);
    assert.equal(code, 0);
  }));

  test('a test whose hook failed is not blamed for more', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
describe('group', () => {
  afterEach(() => { throw new Error('hook of its own'); });
  test('first', async () => { await get(URL); });
});`) });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.match(output, /hook of its own/);
    assert.doesNotMatch(output, /leaked/, output);
    assert.equal(code, 1);
  }));

  test('tests chosen by name are checked, and a file none is chosen of is no mistake', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, "test('leaking', async () => { await get(URL); });\ntest('other', async () => { await get(URL); });"), 'b.test.mjs': source(origin, "test('other', () => {});\ndescribe('group', () => { test('another', () => {}); });") });
    const { code, output } = await nodeTest(project, '--test-name-pattern=^leaking$', 'a.test.mjs', 'b.test.mjs');
    assert.equal(outcome(output, 'leaking'), 'failed', output);
    assert.doesNotMatch(output, /no test of node:test|not checked/, output);
    assert.equal(code, 1);
    const none = await nodeTest(project, '--test-name-pattern=^nothing$', 'a.test.mjs', 'b.test.mjs');
    assert.doesNotMatch(none.output, /no test of node:test|not checked/, none.output);
    assert.equal(none.code, 0);
  }));

  test('a file whose tests are all left out is no mistake', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, "test.skip('left out', () => {});") });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.equal(code, 0, output);
  }));

  test('preloaded, programs that tests start, workers and files without tests are left alone', inProject('node-test', async (project, origin) => {
    project.write({
      'a.test.mjs': `
import assert from 'node:assert/strict';
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
test('starts programs', async () => {
  assert.equal(execFileSync(process.execPath, [...process.execArgv.filter((flag) => !flag.startsWith('--test')), 'program.mjs'], { encoding: 'utf8' }), 'hello\\n');
  const [code] = await once(fork('program.mjs'), 'exit');
  assert.equal(code, 0);
  await once(new Worker('./program.mjs'), 'exit');
});`,
      'program.mjs': `import { get } from 'watertight';\nvoid get('${origin}/').then(() => console.log('hello'));\nsetTimeout(() => {}, 500);`,
      'script.test.mjs': 'if (1 + 1 !== 2) process.exit(1);',
    });
    const { code, output } = await nodeTest(project, '--import', 'watertight/node-test', 'a.test.mjs', 'script.test.mjs');
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /watertight\/node-test:/);
  }));

  test('resources are each test\'s own, too, and those of the runner nobody\'s', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, `
import { createServer } from 'node:http';
leakCheck({ resources: true });
const left = [];
const file = createServer().listen(0);
after(() => file.close());
test('clean', async () => { await new Promise((resolve) => setTimeout(resolve, 20)); });
test('timer', () => { left.push(setInterval(() => {}, 1000)); });
test('both', { concurrency: true }, async (t) => {
  await Promise.all([
    t.test('leaving a server', () => { left.push(createServer().listen(0)); }),
    t.test('closing its own', async () => {
      const server = createServer().listen(0);
      await new Promise((resolve) => setTimeout(resolve, 300));
      server.close();
    }),
  ]);
});
after(() => { clearInterval(left[0]); left[1].close(); });`) });
    const { output } = await nodeTest(project, 'a.test.mjs');
    assert.deepEqual(['clean', 'timer', 'leaving a server', 'closing its own'].map((name) => outcome(output, name)), ['passed', 'failed', 'failed', 'passed'], output);
    assert.match(output, /timer left open: setInterval every 1000 ms/);
    assert.match(output, /server left open: http /);
    assert.equal(output.match(/1 resource leaked/g)?.length, 2, output);
    assert.doesNotMatch(output, AT_END);
  }));

  test('a process that ends early is looked at once more', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, "test('passes', async () => { await get(URL); process.exit(0); });") });
    const { code, output } = await project.node(['a.test.mjs']);
    assert.match(output, /watertight\/node-test: the process ended before its tests did\n1 response leaked/, output);
    assert.match(output, /opened at a\.test\.mjs:\d+:/);
    assert.equal(code, 1);
  }));
});

describe('wired wrongly,', { concurrency: AT_ONCE }, () => {
  test('in a plain program, it says so', inProject('node-test', async (project) => {
    project.write({ 'plain.mjs': "import 'watertight/node-test';\n" });
    const { code, output } = await project.node(['plain.mjs']);
    assert.match(output, /watertight\/node-test: no test of node:test ran in this process, so nothing was checked for leaks/);
    assert.equal(code, 1);
  }));

  test('in a file whose tests are another runner\'s, it says so', inProject('node-test', async (project) => {
    project.write({ 'a.test.mjs': "globalThis.it = globalThis.describe = () => {};\nawait import('watertight/node-test');\n" });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.match(output, /watertight\/node-test was imported under mocha, whose tests it can't check: import 'watertight\/mocha'/);
    assert.equal(code, 1);
  }));

  test('in a worker thread, it says so', inProject('node-test', async (project) => {
    project.write({ 'plain.mjs': "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('./worker.mjs', import.meta.url));\n", 'worker.mjs': "import 'watertight/node-test';\n" });
    const { code, output } = await project.node(['plain.mjs']);
    assert.match(output, /imported in a worker thread, where it can't check tests/);
    assert.equal(code, 1);
  }));

  test('after tests were defined, it names those it did not see', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': `
import { describe, test } from 'node:test';
import { get } from 'watertight';
test('early', async () => { await get('${origin}/'); });
describe('group', () => { test('nested', () => {}); });
await new Promise((resolve) => setTimeout(resolve, 300));
await import('watertight/node-test');
test('late', () => {});
` });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.match(output, /of the file's tests were defined before watertight\/node-test was imported, and not checked for leaks: 'early'/, output);
    assert.doesNotMatch(output, /'late'/);
    assert.equal(code, 1);
  }));

  test('options in the callback of describe are refused', inProject('node-test', async (project, origin) => {
    project.write({ 'a.test.mjs': source(origin, "describe('group', () => { leakCheck('off'); test('never', () => {}); });") });
    const { code, output } = await nodeTest(project, 'a.test.mjs');
    assert.match(output, /leakCheck\(\) in the callback of describe\(\): call it in a beforeEach hook of the suite/);
    assert.equal(code, 1);
  }));
});
