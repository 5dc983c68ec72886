import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Linter } from 'eslint';
import plugin from 'eslint-plugin-watertight';
import type ts from 'typescript';
import { makeFolder, makeProgram, type CaseProgram } from './fixtures/program.js';

/** A client that the rule does not know: its types tell nothing, or not enough. */
const FILES: readonly (readonly [name: string, text: string])[] = [
  ['http.ts', 'export const send = async (url: string): Promise<any> => JSON.parse(url);\nexport class Api { ask(url: string): Promise<Reply> { return JSON.parse(url); } }\nexport interface Reply { status: number; json(): Promise<unknown> }\nexport const other = async (url: string): Promise<any> => JSON.parse(url);\n'],
  ['asks.ts', "import { send as ask } from './http.js';\nexport async function load(url: string) {\n  const res = await ask(url);\n  return res.status;\n}\n"],
  ['names.ts', "import { send } from './http.js';\nexport async function load(url: string) {\n  const res = await send(url);\n  return typeof res;\n}\n"],
  ['reads.ts', "import { send } from './http.js';\nexport async function load(url: string) {\n  const res = await send(url);\n  return res.json();\n}\n"],
  ['head.ts', "import { send } from './http.js';\ndeclare const more: (url: string, options: { method: string }) => ReturnType<typeof send>;\nexport async function load(url: string) {\n  const res = await more(url, { method: 'HEAD' });\n  return res.status;\n}\n"],
  ['method.ts', "import { Api } from './http.js';\nexport async function load(url: string) {\n  const res = await new Api().ask(url);\n  return res.status;\n}\n"],
  ['other.ts', "import { other } from './http.js';\nexport async function load(url: string) {\n  const res = await other(url);\n  return res.status;\n}\n"],
  ['package.ts', "import { parse } from 'acorn';\nexport function load(url: string) {\n  const res = parse(url, { ecmaVersion: 2020 });\n  return res.type;\n}\n"],
];

const LEAK = 'export async function load(url: string) {\n  await fetch(url);\n}\n';
const BROWSER: readonly (readonly [name: string, text: string])[] = [
  ['leak.ts', LEAK],
  ['client.ts', `'use client';\n${LEAK}`],
  ['server.ts', `'use server';\n${LEAK}`],
  ['edge.ts', `export const runtime = 'edge';\n${LEAK}`],
];

function programOf(files: readonly (readonly [string, string])[], options: ts.CompilerOptions = {}): CaseProgram {
  makeFolder();
  return makeProgram(new Map(files), options);
}

function messagesOf({ parser }: CaseProgram, name: string, text: string, options: object, globals: Record<string, 'readonly'> = {}): string[] {
  const config: Linter.Config = { files: ['**/*.ts'], languageOptions: { parser, globals }, plugins: { watertight: plugin }, rules: { 'watertight/no-unread-body': ['error', options] } };
  return new Linter({ configType: 'flat' }).verify(text, [config], { filename: name }).map(({ message }) => message);
}

describe('the option clients', () => {
  const corpus = programOf(FILES);
  const textOf = new Map(FILES);
  const ROWS: readonly (readonly [about: string, name: string, clients: readonly object[], reports: number])[] = [
    ['nothing is known without it', 'asks.ts', [], 0],
    ['a function of the program, under the name of its declaration', 'asks.ts', [{ from: 'file', name: 'send' }], 1],
    ['a function of a file', 'asks.ts', [{ from: 'file', path: 'http.ts', name: 'send' }], 1],
    ['a function of another file', 'asks.ts', [{ from: 'file', path: 'elsewhere.ts', name: 'send' }], 0],
    ['the import’s own name means nothing', 'asks.ts', [{ from: 'file', name: 'ask' }], 0],
    ['a function of a package is none of the program', 'asks.ts', [{ from: 'package', package: 'http', name: 'send' }], 0],
    ['a response that is read', 'reads.ts', [{ from: 'file', name: 'send' }], 0],
    ['a function that is not named', 'other.ts', [{ from: 'file', name: 'send' }], 0],
    ['several names', 'other.ts', [{ from: 'file', name: ['send', 'other'] }], 1],
    ['a method', 'method.ts', [{ from: 'file', name: 'ask' }], 1],
    ['the type of a response', 'method.ts', [{ from: 'file', name: 'Reply' }], 1],
    ['a type that is not its', 'method.ts', [{ from: 'file', name: 'Api' }], 0],
    ['HEAD', 'head.ts', [{ from: 'file', name: 'more' }], 0],
    ['a function of a package', 'package.ts', [{ from: 'package', package: 'acorn', name: 'parse', response: 'fetch' }], 1],
    ['the type of a package', 'package.ts', [{ from: 'package', package: 'acorn', name: 'Program', response: 'fetch' }], 1],
  ];
  for (const [about, name, clients, reports] of ROWS) {
    test(about, () => {
      assert.equal(messagesOf(corpus, name, textOf.get(name)!, { clients }).length, reports);
    });
  }

  test('`response` says how a response is ended', () => {
    const said = (response: string): string => messagesOf(corpus, 'names.ts', textOf.get('names.ts')!, { clients: [{ from: 'file', name: 'send', response }] }).join();
    assert.match(said('node'), /neither read nor resumed/);
    assert.match(said('undici'), /neither read nor dumped/);
    assert.match(said('fetch'), /neither read nor cancelled/);
  });
});

describe('a wrong option is refused, and the error says what is wrong', () => {
  const corpus = programOf([['wrong.ts', 'export {};\n']]);
  const ROWS: readonly (readonly [options: object, says: RegExp])[] = [
    [{ clients: 'send' }, /clients|array/],
    [{ clients: [{ name: 'send' }] }, /"?from"?/],
    [{ clients: [{ from: 'file' }] }, /name/],
    [{ clients: [{ from: 'lib', name: 'send' }] }, /from|allowed values/],
    [{ clients: [{ from: 'file', name: 'send', response: 'web' }] }, /response|allowed values/],
    [{ clients: [{ from: 'file', name: 'send', kind: 'web' }] }, /kind|additional properties/],
    [{ clients: [{ from: 'package', name: 'send' }] }, /clients\[0\]: `from: "package"` needs `package`/],
    [{ clients: [{ from: 'package', package: 'a', path: 'b', name: 'send' }] }, /clients\[0\]: `path` goes with `from: "file"`/],
    [{ clients: [{ from: 'file', name: 'a' }, { from: 'file', package: 'a', name: 'send' }] }, /clients\[1\]: `package` goes with `from: "package"`/],
    [{ environment: 'deno' }, /environment|allowed values/],
    [{ ignoreBrowserCode: 'yes' }, /ignoreBrowserCode|boolean/],
  ];
  for (const [options, says] of ROWS) test(JSON.stringify(options), () => assert.throws(() => messagesOf(corpus, 'wrong.ts', 'export {};\n', options), says));
});

describe('where the code runs', () => {
  const node = programOf(BROWSER);
  const browser = programOf(BROWSER, { types: [] });
  const worker = programOf(BROWSER, { types: [], lib: ['lib.esnext.d.ts', 'lib.webworker.d.ts'] });
  const textOf = new Map(BROWSER);
  const CONNECTION = /its connection serves no other request\.$/;
  const MEMORY = /its stream stays open, with what has arrived of it in memory\.$/;
  const OPEN = /its stream stays open\.$/;
  const PAGE = { document: 'readonly', window: 'readonly' } as const;
  const SERVER = { process: 'readonly', Buffer: 'readonly' } as const;
  const ROWS: readonly (readonly [about: string, program: CaseProgram, name: string, globals: Record<string, 'readonly'>, options: object, says: RegExp | null])[] = [
    ['with the types of Node', node, 'leak.ts', {}, {}, CONNECTION],
    ['with the library of browsers and without the types of Node', browser, 'leak.ts', {}, {}, MEMORY],
    ['with the library of workers', worker, 'leak.ts', {}, {}, MEMORY],
    ["'use client'", node, 'client.ts', {}, {}, MEMORY],
    ["'use server'", browser, 'server.ts', {}, {}, CONNECTION],
    ["runtime = 'edge'", node, 'edge.ts', {}, {}, OPEN],
    ['globals of browsers', node, 'leak.ts', PAGE, {}, MEMORY],
    ['globals of Node', browser, 'leak.ts', SERVER, {}, CONNECTION],
    ['globals of both', node, 'leak.ts', { ...PAGE, ...SERVER }, {}, CONNECTION],
    ['the option before all', node, 'client.ts', {}, { environment: 'node' }, CONNECTION],
    ['the option, for a browser', node, 'leak.ts', {}, { environment: 'browser' }, MEMORY],
    ['ignored in a browser', browser, 'leak.ts', {}, { ignoreBrowserCode: true }, null],
    ['ignored by the option', node, 'leak.ts', {}, { environment: 'browser', ignoreBrowserCode: true }, null],
    ['not ignored in Node', node, 'leak.ts', {}, { ignoreBrowserCode: true }, CONNECTION],
    ['not ignored at the edge', node, 'edge.ts', {}, { ignoreBrowserCode: true }, OPEN],
  ];
  for (const [about, program, name, globals, options, says] of ROWS) {
    test(about, () => {
      const found = messagesOf(program, name, textOf.get(name)!, options, globals);
      if (says === null) assert.deepEqual(found, []);
      else assert.match(found.join(), says);
    });
  }

  test('a request of node:http has a connection wherever the types say it is', () => {
    const text = "import http from 'node:http';\nexport const load = (url: string) => http.get(url, () => {});\n";
    const corpus = programOf([['http-leak.ts', text]]);
    assert.match(messagesOf(corpus, 'http-leak.ts', text, { environment: 'browser', ignoreBrowserCode: true }).join(), CONNECTION);
  });
});
