/**
 * The leak checks in small projects of the kinds that programs are: loaders, fake timers, coverage, pools, and what
 * package managers make of node_modules. The projects are those of scripts/layouts.mjs, which tries more of them.
 */

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../fixtures/package-root.js';
import { isInstalled, Project } from './project.js';

/** The part that is used here of a project of the script. */
interface Layout {
  readonly name: string;
  readonly needs: readonly string[];
  readonly since: number;
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

const scripts = new URL('../../scripts/layouts/', packageRoot);
const { projects } = (await import(new URL('projects.mjs', scripts).href)) as { projects: readonly Layout[] };
const { tryProject } = (await import(new URL('trial.mjs', scripts).href)) as {
  tryProject(project: Layout, folder: string, options: object): Promise<{ faults: readonly string[]; output: string }>;
};

/** What no other test tries, of what is installed: the others are variations. */
const CHOSEN = [
  'node-test, type stripping',
  'node-test, tsc, maps in files',
  'node-test, fake timers',
  'node-test, --experimental-test-coverage',
  'mocha, @sinonjs/fake-timers',
  'mocha, c8',
  'jest, --coverage, v8, ts-jest',
  'jest, test.concurrent',
  'vitest, vmForks',
];

const named = (name: string): Layout => {
  const found = projects.find((each) => each.name === name);
  assert.ok(found !== undefined, `no project is called ${name}`);
  return found;
};

const [major, minor] = process.versions.node.split('.').map(Number);

function reasonToSkip({ since, needs }: Layout): string | false {
  if (major < Math.trunc(since) || (major === Math.trunc(since) && minor < Math.round((since % 1) * 100))) return `Node ${since} or newer`;
  const missing = needs.filter((name) => !isInstalled(name));
  return missing.length > 0 && `${missing.join(', ')} not installed`;
}

describe('a leak is found and its line is named, and the correct twin passes:', { concurrency: 2 }, () => {
  // It closes idle connections: those of Node's own clients keep a process alive where their timers are faked.
  const server = createServer((_request, response) => response.end('x'.repeat(100_000)));
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  async function isRight(layout: Layout, project: Project, folder = project.folder): Promise<void> {
    // What a test run sets, and a runner inside of it must not see.
    const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, NODE_OPTIONS: _options, ...inherited } = process.env;
    const { faults, output } = await tryProject(layout, folder, { node: process.execPath, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, inherited });
    assert.deepEqual(faults, [], output);
  }

  function inOwn(body: (project: Project) => Promise<void>): () => Promise<void> {
    return async () => {
      // A space and a letter beyond ASCII, which are escaped in URLs.
      const project = new Project('prüf stand');
      try {
        await body(project);
      } finally {
        project.remove();
      }
    };
  }

  for (const name of CHOSEN) {
    const layout = named(name);
    test(name, { skip: reasonToSkip(layout) }, inOwn(async (project) => {
      project.install();
      await isRight(layout, project);
    }));
  }

  for (const name of ['node-test, ES modules', 'mocha, ES modules']) {
    const layout = named(name);
    test(`${name}, where the requests are made by another copy of the library than the one that checks`, { skip: reasonToSkip(layout) }, inOwn(async (project) => {
      project.install();
      // As in a monorepo: the tests, with the adapter, above; the package that makes requests has a copy of its own.
      project.installInto('packages/shop/node_modules/watertight');
      const files = { ...layout.files, 'packages/shop/own.js': layout.files['own.js'], 'packages/shop/package.json': '{ "type": "module" }', 'own.js': "export * from './packages/shop/own.js';\n" };
      await isRight({ ...layout, files }, project);
    }));
  }

  test('node-test, ES modules, in a node_modules of links, as pnpm makes it', inOwn(async (project) => {
    const store = join(project.folder, 'node_modules/.pnpm/watertight@0.1.0/node_modules/watertight');
    project.installInto('node_modules/.pnpm/watertight@0.1.0/node_modules/watertight');
    symlinkSync(store, join(project.folder, 'node_modules/watertight'), 'dir');
    await isRight(named('node-test, ES modules'), project);
  }));

  test('mocha, ES modules, in a package of a workspace that is reached by a link', { skip: reasonToSkip(named('mocha, ES modules')) }, inOwn(async (project) => {
    project.install();
    const layout = named('mocha, ES modules');
    const shop = join(project.folder, 'packages/shop');
    project.write(Object.fromEntries(['own.js', 'preview.js', 'package.json'].map((name) => [`packages/shop/${name}`, layout.files[name]])));
    mkdirSync(join(project.folder, 'node_modules'));
    symlinkSync(shop, join(project.folder, 'node_modules/shop'), 'dir');
    const files = Object.fromEntries(Object.entries(layout.files).map(([name, text]) => [name.replace(/^(own|preview)\.js$/, 'packages/shop/$1.js'), text.replaceAll("from './", "from 'shop/")]));
    await isRight({ ...layout, files }, project);
  }));
});
