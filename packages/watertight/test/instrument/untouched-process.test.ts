/** Until a program makes a request, `watertight/register` loads no part of Node for it and changes nothing that it can see. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { compiledProgram } from '../fixtures/package-root.js';

/** What a program can see of its process without a change of it: no getter is read. */
const LOOK = `
  const modules = [...process.moduleLoadList];
  const shape = (name, owner) => Reflect.ownKeys(owner).map((key) => {
    const { value, get, set, ...flags } = Reflect.getOwnPropertyDescriptor(owner, key);
    return [name, String(key), typeof value, get?.name, set?.name, JSON.stringify(flags)].join(' ');
  });
  const { _cache } = process.getBuiltinModule('node:module');
  const visible = [...shape('globalThis', globalThis), ...shape('process', process), ...Object.keys(_cache), 'stackTraceLimit ' + Error.stackTraceLimit];
  process.getBuiltinModule('node:fs').writeSync(1, JSON.stringify({ modules, visible }));
`;

interface Seen {
  readonly modules: string[];
  readonly visible: string[];
}

async function look(flags: string[], env: NodeJS.ProcessEnv, before = ''): Promise<Seen> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--eval', before + LOOK], { env: { ...process.env, NODE_OPTIONS: '', ...env } });
  return JSON.parse(stdout) as Seen;
}

/** What is in `second` only, and what is in `first` only. */
const difference = (first: string[], second: string[]): string[] => [
  ...second.filter((each) => !first.includes(each)).map((each) => `with: ${each}`),
  ...first.filter((each) => !second.includes(each)).map((each) => `without: ${each}`),
];

/**
 * What the library's own code is made of: its clock, the channels, the loader of ES modules, the hook that the tracking of
 * resources is; the reader of source maps has a TextDecoder, which Node defines anew at its first use.
 */
const OWN = [
  /^with: NativeModule (?:perf_hooks|internal\/histogram|internal\/perf\/\w+|diagnostics_channel|internal\/modules\/esm\/\w+|internal\/promise_hooks)$/,
  /^with(?:out)?: globalThis TextDecoder /,
  // The file that is loaded is in the list of CommonJS, where it is loaded by --require.
  /\/(?:register-sync|empty-program)\.js$/,
];

const REGISTER = 'watertight/register';
const EMPTY = pathToFileURL(compiledProgram('instrument/empty-program.js')).href;

/** How a module is loaded before the program: by flags, or by a statement. */
const WAYS: [name: string, flags: (module: string) => string[], statement: (module: string) => string][] = [
  ['--import', (module) => ['--import', module], () => ''],
  ['--import, ES module', (module) => ['--input-type=module', '--import', module], () => ''],
  ['--require', (module) => ['--require', module.replace('file://', '')], () => ''],
  ['--require, ES module', (module) => ['--input-type=module', '--require', module.replace('file://', '')], () => ''],
  ['import', () => ['--input-type=module'], (module) => `await import('${module}');`],
];

describe('loading it loads nothing else and changes nothing', { concurrency: 2 }, () => {
  for (const [name, flags, statement] of WAYS) {
    for (const env of name === '--import' ? [{}, { WATERTIGHT_TRACK: 'all', WATERTIGHT_RESOURCES: '1' }] : [{}]) {
      test(`${name} ${Object.entries(env).join(' ')}`, async () => {
        const [without, registered] = await Promise.all([look(flags(EMPTY), env, statement(EMPTY)), look(flags(REGISTER), env, statement(REGISTER))]);
        const unexpected = [...difference(without.modules, registered.modules), ...difference(without.visible, registered.visible)];
        assert.deepEqual(unexpected.filter((each) => !OWN.some((own) => own.test(each))), []);
      });
    }
  }
});

test('with WATERTIGHT_PPROF, a server of node:http is loaded, but not the undici in Node', async () => {
  const served = 'while (!process.moduleLoadList.includes("NativeModule http")) await new Promise(setImmediate);';
  const flags = ['--input-type=module', '--import', REGISTER];
  const { modules } = await look(flags, { WATERTIGHT_PPROF: '0' }, served);
  assert.deepEqual(modules.filter((each) => each.includes('undici')), []);
});
