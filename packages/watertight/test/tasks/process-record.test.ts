/** Two copies of the library in one process count in one set, also where one is loaded in another realm. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as own from '#tasks';
import { packageRoot } from '../fixtures/package-root.js';

let folder = '';
let copy: typeof own;

before(async () => {
  const shelf = fileURLToPath(new URL('../../node_modules/.cache/', packageRoot));
  mkdirSync(shelf, { recursive: true });
  folder = mkdtempSync(join(shelf, 'second-copy-'));
  cpSync(fileURLToPath(new URL('dist/tasks/', packageRoot)), join(folder, 'tasks'), { recursive: true });
  cpSync(fileURLToPath(new URL('package.json', packageRoot)), join(folder, 'package.json'));
  copy = (await import(pathToFileURL(join(folder, 'tasks', 'index.js')).href)) as typeof own;
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a task of one copy is in the set of the other, and their numbers do not clash', async () => {
  assert.notEqual(copy.go, own.go);
  let finish = (): void => {};
  const running = [own, copy].map(({ go }) => go(function waiting() {
    return new Promise<void>((resolve) => {
      const before = finish;
      finish = () => (before(), resolve());
    });
  }));
  assert.equal(own.taskCount(), 3);
  assert.equal(copy.taskCount(), 3);
  assert.deepEqual(copy.tasks().map(({ id }) => id), own.tasks().map(({ id }) => id));
  assert.equal(new Set(own.tasks().map(({ id }) => id)).size, 3);
  finish();
  await Promise.all(running);
  assert.equal(own.taskCount(), 1);
});

test('a copy that is loaded after garbage was collected counts in the same set', async () => {
  const program = `
    const [, early, late] = process.argv;
    const { go } = await import(early);
    for (let round = 0; round < 4; round++) {
      gc();
      await new Promise((turn) => setImmediate(turn));
    }
    const { taskCount } = await import(late);
    go(() => new Promise(() => {}));
    console.log(taskCount());
    process.exit(0);
  `;
  assert.equal((await outputOf('--expose-gc', program, indexOf(packageRoot), pathToFileURL(join(folder, 'tasks', 'index.js')).href)).trim(), '2');
});

test('a scope of one copy is the scope of the other, and its traces can be read by the other', () => {
  const scope = { name: 'a test' };
  const trace = own.runInScope(scope, function opening() {
    return copy.captureTrace(function nothing() {});
  });
  assert.equal(trace.scope, scope);
  assert.equal(copy.currentScope(), null);
});

test('what is to be recorded, and what was proven, is said to all copies', () => {
  own.setTracking('all');
  assert.equal(copy.tracking.floor, 2);
  copy.setTracking('off');
  assert.equal(own.tracking.floor, 0);
  const told: unknown[] = [];
  const end = own.onProven((leak) => told.push(leak));
  assert.equal(copy.provenLeaks().length, own.provenLeaks().length);
  end();
});

test('a copy in a realm of its own counts in the same set, and its lines can be read', async () => {
  // The engine's modules as a realm made by node:vm sees them, which is how jest and vitest run tests.
  const program = `
    import vm from 'node:vm';
    import { readFileSync } from 'node:fs';
    import { dirname, resolve } from 'node:path';
    const outer = await import(process.argv[1]);
    const context = vm.createContext({ console, process, setImmediate, setInterval, clearInterval, setTimeout, URL, performance });
    const modules = new Map();
    const load = (path) => {
      let module = modules.get(path);
      if (module === undefined) {
        module = new vm.SourceTextModule(readFileSync(path, 'utf8'), { context, identifier: path, initializeImportMeta: (meta) => { meta.url = 'file://' + path; } });
        modules.set(path, module);
      }
      return module;
    };
    const link = async (specifier, { identifier }) => {
      if (specifier.startsWith('.')) return load(resolve(dirname(identifier), specifier));
      const real = await import(specifier.startsWith('@') ? import.meta.resolve(specifier, 'file://' + identifier) : specifier);
      const names = Object.keys(real);
      return new vm.SyntheticModule(names, function () { for (const name of names) this.setExport(name, real[name]); }, { context });
    };
    const module = load(new URL(process.argv[1]).pathname);
    await module.link(link);
    await module.evaluate();
    const inner = module.namespace;
    const { go } = inner;
    vm.runInContext('(go) => {\\n  go(function inTheRealm() { return new Promise(() => {}); });\\n}', context, { filename: '/program/in-the-realm.js' })(go);
    const [, task] = outer.tasks();
    console.log(JSON.stringify({ other: outer.go !== go, count: outer.taskCount(), name: task.name, at: outer.siteOf(task.rawTrace) }));
    process.exit(0);
  `;
  const output = await outputOf('--experimental-vm-modules', program, indexOf(packageRoot));
  assert.deepEqual(JSON.parse(output), { other: true, count: 2, name: 'inTheRealm', at: { file: '/program/in-the-realm.js', line: 2, column: 3, function: '' } }, output);
});

function indexOf(root: string | URL): string {
  return new URL('dist/tasks/index.js', root).href;
}

/** What a program prints that runs in a process of its own. */
async function outputOf(flag: string, program: string, ...args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const child = spawn(process.execPath, ['--no-warnings', flag, '--input-type=module', '-e', program, ...args], { cwd: fileURLToPath(packageRoot), env, timeout: 30_000 });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return output;
}
