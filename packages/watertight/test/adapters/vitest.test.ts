/** watertight/vitest, on real runs of vitest. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { RawServer } from '../fixtures/raw-server.js';
import { checkClients, clientTests } from './clients.js';
import { AT_END, fulfilsTheContract, type Dialect, type Outcome } from './contract.js';
import { isInstalled, modules, Project, type Run } from './project.js';

const unavailable = isInstalled('vitest') ? null : 'vitest is not installed';
const program = join(modules, 'vitest', 'vitest.mjs');

/** A line of the verbose reporter about the test with this title. */
function outcome(output: string, name: string): Outcome {
  const line = output.split('\n').find((text) => new RegExp(`^ [✓×↓□] .*> ${name}(?: \\d+ms)?(?: \\(retry x\\d\\))?$`).test(text));
  if (line === undefined) return 'absent';
  return ({ '✓': 'passed', '×': 'failed', '↓': 'skipped' } as const)[line[1]] ?? 'absent';
}

const dialect: Dialect = {
  name: 'vitest',
  unavailable,
  file: 'contract.test.mjs',
  prologue: `import { afterAll as after, afterEach, beforeAll as before, beforeEach, describe, test } from 'vitest';\nimport { leakCheck } from 'watertight/vitest';`,
  files: { 'vitest.config.mjs': `export default { test: { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false } };\n` },
  skipped: (name, body) => `test.skip('${name}', async () => {\n  ${body}\n});`,
  concurrently: (tests) => tests.map(({ name, body }) => `test.concurrent('${name}', async () => {\n    ${body}\n});`).join('\n'),
  run: (project, file) => {
    project.install();
    return project.node([program, 'run', '--reporter=verbose', file]);
  },
  outcome,
};

fulfilsTheContract(dialect);

/** The same tests in TypeScript, where lines have to be mapped: the marked one is not where it is in what runs. */
const typed = (origin: string, name: string): string => `interface Options {
  readonly timeout: number;
}
import { expect, onTestFinished, test, vi } from 'vitest';
import { get } from 'watertight';

const options: Options = { timeout: 5000 };
async function fetchPreview(path: string) {
  return get('${origin}/' + path, options); // at: typed
}
test('${name} leaking', async () => {
  await fetchPreview('leak');
});
test('${name} clean', async () => {
  await (await fetchPreview('clean')).text();
});
`;

describe('vitest, beyond the contract:', { skip: unavailable ?? false }, () => {
  let server: RawServer;
  let project: Project;
  before(async () => {
    server = await RawServer.start({ onRequest: (request) => request.reply('x'.repeat(50)) });
  });
  beforeEach(() => {
    project = new Project('vitest');
    project.install();
    project.write({ 'package.json': '{ "type": "module" }' });
  });
  afterEach(() => project.remove());
  after(() => server.stop());

  const run = async (files: Readonly<Record<string, string>>, options: object = {}): Promise<Run> => {
    const config = { include: ['*.test.*'], setupFiles: ['watertight/vitest'], watch: false, ...options };
    project.write({ 'vitest.config.mjs': `export default ${JSON.stringify({ test: config })};\n`, ...files });
    return project.node([program, 'run', '--reporter=verbose']);
  };

  for (const [name, options] of Object.entries({
    threads: { pool: 'threads' },
    'threads with realms of their own': { pool: 'vmThreads' },
    'one process for all files': { isolate: false, maxWorkers: 1 },
  })) {
    test(`in ${name} each file is checked, and lines are those of the TypeScript`, async () => {
      const { code, output } = await run({ 'first.test.ts': typed(server.origin, 'first'), 'second.test.ts': typed(server.origin, 'second') }, options);
      for (const file of ['first', 'second']) {
        assert.equal(outcome(output, `${file} leaking`), 'failed', output);
        assert.equal(outcome(output, `${file} clean`), 'passed', output);
        assert.match(output, new RegExp(`opened at ${file}\\.test\\.ts:9:10 \\(fetchPreview\\)`), output);
        // The code around it, as vitest prints it.
        assert.match(output, new RegExp(`❯ fetchPreview ${file}\\.test\\.ts:9:10\\n(?:.*\\n)*? +9\\| +return get\\(`), output);
      }
      assert.doesNotMatch(output, AT_END);
      assert.doesNotMatch(output, /Serialized Error/, 'the leaks are printed once');
      assert.equal(code, 1);
    });
  }

  test('fake timers, retries, tests that are meant to fail, soft assertions, late skips, fixtures and onTestFinished', async () => {
    const { code, output } = await run({
      'kinds.test.ts': `${typed(server.origin, 'typed')}
test('fake timers, leaking', async () => {
  vi.useFakeTimers();
  await fetchPreview('fake');
});
test('fake timers, clean', async () => {
  void (await fetchPreview('settling')).text();
});
test('real timers', () => void vi.useRealTimers());
test.fails('fails as it is meant to', async () => {
  await fetchPreview('meant');
  throw new Error('meant');
});
test.fails('does not fail though it is meant to', async () => {
  await fetchPreview('unmeant');
});
test('soft', async () => {
  await fetchPreview('soft');
  expect.soft(1).toBe(2);
});
test('skipped late', async (context) => {
  await fetchPreview('skipped');
  context.skip();
});
let attempts = 0;
test('leaking at first', { retry: 1 }, async () => {
  const response = await fetchPreview('retry');
  if (attempts++ > 0) await response.text();
});
test('closed when finished', async () => {
  const response = await fetchPreview('finished');
  onTestFinished(() => response.close());
});
const withPreview = test.extend<{ preview: Awaited<ReturnType<typeof get>> }>({
  preview: async ({}, use) => {
    const response = await fetchPreview('fixture');
    await use(response);
    await response.close();
  },
});
withPreview('with a fixture', ({ preview }) => {
  expect(preview.status).toBe(200);
  expect({ status: preview.status }).toMatchInlineSnapshot(\`
    {
      "status": 200,
    }
  \`);
});
`,
    });
    const expected: Record<string, Outcome> = {
      'fake timers, leaking': 'failed',
      'fake timers, clean': 'passed',
      'fails as it is meant to': 'passed',
      'does not fail though it is meant to': 'failed',
      soft: 'failed',
      'skipped late': 'skipped',
      'leaking at first': 'passed',
      'closed when finished': 'passed',
      'with a fixture': 'passed',
    };
    for (const [name, state] of Object.entries(expected)) assert.equal(outcome(output, name), state, `${name}\n${output}`);
    assert.match(output, /unread body: GET \S+\/fake \(200\), 0 of 50 bytes read, held for 1\.\d s/, 'the real time');
    assert.match(output, /Expect test to fail/);
    assert.doesNotMatch(output, /❯ node_modules/, 'nobody is sent into the adapter');
    assert.match(output, /expected 1 to be 2/);
    for (const path of ['meant', 'soft', 'skipped', 'settling']) assert.doesNotMatch(output, new RegExp(`unread body: GET \\S+/${path} `), `${path}\n${output}`);
    assert.equal(code, 1);
  });

  test('fetch, undici and node:http are checked as well', async () => {
    const source = `import { test } from 'vitest';\n${clientTests(server.origin, 'undici7')}`;
    const { code, output } = await run({ 'clients.test.mjs': source });
    checkClients(output, source, 'clients.test.mjs', outcome);
    assert.equal(code, 1);
  });

  test('options are for one test, a group, a file, or all: the last word is the nearest', async () => {
    const { code, output } = await run(
      {
        'quiet.ts': `import { leakCheck } from 'watertight/vitest';\nleakCheck({ retries: 2 });\n`,
        'options.test.ts': `${typed(server.origin, 'quick')}
import { beforeEach, describe } from 'vitest';
import { leakCheck } from 'watertight/vitest';
describe('group', () => {
  beforeEach(() => leakCheck('off'));
  test('unchecked', () => void fetchPreview('off'));
});
test('wrong', () => leakCheck({ retry: 1 } as never));
`,
      },
      { setupFiles: ['watertight/vitest', './quiet.ts'] },
    );
    assert.equal(outcome(output, 'quick leaking'), 'failed', output);
    assert.match(output, /held for \d+ ms/, 'two looks only');
    assert.equal(outcome(output, 'unchecked'), 'passed', output);
    assert.match(output, /TypeError: a leak check has no option 'retry'; it has retries,/, output);
    assert.equal(code, 1);
  });

  const empty = { 'some.test.mjs': "import { test } from 'vitest';\ntest('some', () => {});\n" };
  const outside = /watertight\/vitest was imported outside of vitest's test files .* List it in the configuration: setupFiles: \['watertight\/vitest'\]/;

  test('in the configuration it says so, and the run fails', async () => {
    project.write({ ...empty, 'vitest.config.mjs': "import 'watertight/vitest';\nexport default {};\n" });
    const { code, output } = await project.node([program, 'run']);
    assert.match(output, outside);
    assert.notEqual(code, 0);
  });

  for (const [name, options, complaint] of [
    ['in globalSetup', { setupFiles: [], globalSetup: ['watertight/vitest'] }, outside],
    ['imported by a setup file where modules are kept from file to file', { setupFiles: ['./setup.mjs'], isolate: false, maxWorkers: 1 }, /imported by another module under isolate: false, so only the first file would be checked/],
    ['in a test', { setupFiles: [], include: ['*.late.mjs'] }, /imported while a test runs, so none would be checked/],
    ['that is jest\'s', { setupFiles: ['watertight/jest'] }, /watertight\/jest was imported under vitest, whose tests it can't check: use watertight\/vitest/],
  ] as const) {
    test(`an adapter ${name} says so, and the run fails`, async () => {
      const { code, output } = await run(
        { ...empty, 'setup.mjs': "import 'watertight/vitest';\n", 'some.late.mjs': "import { test } from 'vitest';\ntest('late', async () => void (await import('watertight/vitest')));\n" },
        options,
      );
      assert.match(output, complaint, output);
      assert.notEqual(code, 0, output);
    });
  }

  test('imported by a setup file it works where each file has its own modules', async () => {
    const { code, output } = await run({ 'setup.mjs': "import 'watertight/vitest';\n", 'one.test.ts': typed(server.origin, 'one'), 'two.test.ts': typed(server.origin, 'two') }, { setupFiles: ['./setup.mjs'] });
    assert.equal(outcome(output, 'one leaking'), 'failed', output);
    assert.equal(outcome(output, 'two leaking'), 'failed', output);
    assert.equal(code, 1);
  });

  test('in a plain program it says so, and the program ends', async () => {
    const { code, output } = await project.node(['--input-type=module', '-e', "import 'watertight/vitest';"]);
    assert.match(output, outside);
    assert.equal(code, 1);
  });
});
