/** The watch modes of the runners: a leak in a later run is reported like one in the first, with the line that the file then has. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { inProject, isInstalled, modules } from './project.js';

interface Watcher {
  readonly needs: string;
  readonly args: readonly string[];
  readonly file: string;
  readonly head: string;
  /** What is printed at the end of a run. */
  readonly end: RegExp;
  readonly files: Readonly<Record<string, string>>;
}

const WATCHERS: Readonly<Record<string, Watcher>> = {
  'node:test': { needs: 'typescript', args: ['--watch', '--test', '--test-reporter=tap', 'a.test.mjs'], file: 'a.test.mjs', head: "import 'watertight/node-test'; import { test } from 'node:test';", end: /# duration_ms/g, files: {} },
  jest: {
    needs: 'jest',
    args: [join(modules, 'jest/bin/jest.js'), '--watchAll', '--no-watchman'],
    file: 'a.test.js',
    head: '',
    end: /Ran all test suites/g,
    files: { 'package.json': '{}', 'jest.config.json': '{ "testEnvironment": "watertight/jest", "testTimeout": 60000 }' },
  },
  vitest: {
    needs: 'vitest',
    args: [join(modules, 'vitest/vitest.mjs'), '--watch'],
    file: 'a.test.js',
    head: "import { test } from 'vitest';",
    end: /Duration/g,
    files: { 'package.json': '{ "type": "module" }', 'vitest.config.js': "export default { test: { setupFiles: ['watertight/vitest'], testTimeout: 60_000 } };" },
  },
};

const RUNS = 2;

/** The source of the test; the request is made in line 2 + `above`. */
const source = ({ head }: Watcher, above: number): string => `${head}\n${'// one more line\n'.repeat(above)}test('leaks', async () => void (await fetch(process.env.ORIGIN)));\n`;

describe('the leak of a later run is reported with its line', { concurrency: 3 }, () => {
  for (const [runner, watcher] of Object.entries(WATCHERS)) {
    test(runner, { skip: !isInstalled(watcher.needs) && `${watcher.needs} is not installed` }, inProject('watch', async (project, origin) => {
      project.write({ ...watcher.files, [watcher.file]: source(watcher, 0) });
      const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, CI: _ci, ...inherited } = process.env;
      const child = spawn(process.execPath, watcher.args, { cwd: project.folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...inherited, ORIGIN: origin, NO_COLOR: '1', FORCE_COLOR: '0' } });
      let output = '';
      let changes = 0;
      const seen = (line: number): boolean => new RegExp(`opened at ${watcher.file.replaceAll('.', '\\.')}:${line}:`).test(output);
      const ended = (): number => output.match(watcher.end)?.length ?? 0;
      const done = new Promise<void>((resolve) => {
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding('utf8').on('data', (text: string) => {
            output += stripVTControlCharacters(text);
            // A change while a run ends is not always noticed.
            if (!seen(2 + changes) || ended() <= changes) return;
            if (changes === RUNS - 1) child.kill('SIGKILL');
            else project.write({ [watcher.file]: source(watcher, ++changes) });
          });
        }
        child.once('close', () => resolve());
      });
      const limit = setTimeout(() => child.kill('SIGKILL'), 80_000);
      await done;
      clearTimeout(limit);
      assert.deepEqual(Array.from({ length: RUNS }, (_, run) => run + 2).filter((line) => !seen(line)), [], output);
    }));
  }
});
