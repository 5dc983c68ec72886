/** watertight/vitest and what vitest has: pools, TypeScript, timers, retries, other clients, options. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkClients, clientTests } from './clients.js';
import { AT_END, type Outcome } from './contract.js';
import { AT_ONCE, inProject, type Project } from './project.js';
import { outcome, unavailable, vitest } from './vitest-run.js';

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

/** A test in a project of its own. */
function inOwn(body: (project: Project, origin: string) => Promise<void>): () => Promise<void> {
  return inProject('vitest', async (project, origin) => {
    project.install();
    project.write({ 'package.json': '{ "type": "module" }' });
    await body(project, origin);
  });
}

describe('under vitest', { skip: unavailable ?? false, concurrency: AT_ONCE }, () => {
  for (const [name, options] of Object.entries({
    threads: { pool: 'threads' },
    'threads with realms of their own': { pool: 'vmThreads' },
    'one process for all files': { isolate: false, maxWorkers: 1 },
  })) {
    test(`in ${name} each file is checked, and lines are those of the TypeScript`, inOwn(async (project, origin) => {
      const { code, output } = await vitest(project, { 'first.test.ts': typed(origin, 'first'), 'second.test.ts': typed(origin, 'second') }, options);
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
    }));
  }

  test('fake timers, retries, tests that are meant to fail, soft assertions, late skips, fixtures and onTestFinished', inOwn(async (project, origin) => {
    const { code, output } = await vitest(project, {
      'kinds.test.ts': `${typed(origin, 'typed')}
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
      // The check takes longer than hooks may.
    }, { hookTimeout: 500 });
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
    assert.match(output, /unread body: GET \S+\/fake \(200\), 0 of 50 bytes read, held for [1-9][\d.]* s/, 'the real time');
    assert.match(output, /Expect test to fail/);
    assert.doesNotMatch(output, /❯ node_modules/, 'nobody is sent into the adapter');
    assert.match(output, /expected 1 to be 2/);
    for (const path of ['meant', 'soft', 'skipped', 'settling']) assert.doesNotMatch(output, new RegExp(`unread body: GET \\S+/${path} `), `${path}\n${output}`);
    assert.equal(code, 1);
  }));

  test('fetch, undici and node:http are checked as well', inOwn(async (project, origin) => {
    const source = `import { test } from 'vitest';\n${clientTests(origin, 'undici7')}`;
    const { code, output } = await vitest(project, { 'clients.test.mjs': source });
    checkClients(output, source, 'clients.test.mjs', outcome);
    assert.equal(code, 1);
  }));

  test('options are for one test, a group, a file, or all: the last word is the nearest', inOwn(async (project, origin) => {
    const { code, output } = await vitest(
      project,
      {
        'quiet.ts': `import { ignoreTopFunction } from 'watertight/leak';\nimport { leakCheck } from 'watertight/vitest';\nleakCheck({ ignore: [ignoreTopFunction('fetchPreview')] });\n`,
        'options.test.ts': `${typed(origin, 'quick')}
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
    assert.equal(outcome(output, 'quick leaking'), 'passed', output);
    assert.equal(outcome(output, 'unchecked'), 'passed', output);
    assert.match(output, /TypeError: a leak check has no option 'retry'; it has retries,/, output);
    assert.equal(code, 1);
  }));

  test('imported by a setup file it works where each file has its own modules', inOwn(async (project, origin) => {
    const { code, output } = await vitest(project, { 'setup.mjs': "import 'watertight/vitest';\n", 'one.test.ts': typed(origin, 'one'), 'two.test.ts': typed(origin, 'two') }, { setupFiles: ['./setup.mjs'] });
    assert.equal(outcome(output, 'one leaking'), 'failed', output);
    assert.equal(outcome(output, 'two leaking'), 'failed', output);
    assert.equal(code, 1);
  }));
});
