// Owns the sources of the small projects on which the leak checks are tried: a module that makes requests, in TypeScript
// and in JavaScript, and tests of it, of which some leak. A line with the comment "at: name" is one to be named.

const preview = `import * as http from 'node:http';

interface Options {
  readonly method: string;
}

type Answer = http.IncomingMessage;

const options: Options = { method: 'GET' };

export async function preview(origin: string): Promise<Response> {
  return fetch(origin + '/fetch', options); // at: fetch
}

export function older(origin: string): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    http.get(origin + '/http', resolve).on('error', reject); // at: http
  });
}
`;

const own = `interface Options {
  readonly timeout: number;
}

import { get } from 'watertight';

const options: Options = { timeout: 60_000 };

export async function own(origin: string) {
  return get(origin + '/own', options); // at: own
}
`;

const untyped = (source) =>
  source
    .replace(/^interface[\s\S]*?^}\n/gm, '')
    .replace(/^type .*\n/gm, '')
    .replace(/: (Options|string|Promise<\w+>)(?=[ ,)={])/g, '')
    .replace(/<Answer>/g, '');

const common = (source) =>
  source
    .replace("import * as http from 'node:http'", "const http = require('node:http')")
    .replace("import { get } from 'watertight'", "const { get } = require('watertight')")
    .replace(/export (async )?function (\w+)/g, 'exports.$2 = $2;\n$1function $2');

/** The modules in a language: `ts`, `esm` or `cjs`; with `client`, also one that uses this library's own client. */
export function modules(language, client) {
  const [form, extension] = { ts: [(source) => source, 'ts'], esm: [untyped, 'js'], cjs: [(source) => common(untyped(source)), 'js'] }[language];
  return { [`preview.${extension}`]: form(preview), ...(client ? { [`own.${extension}`]: form(own) } : {}) };
}

/** A test file of those modules; `prologue` brings `test`. */
export function testFile(language, client, prologue = '') {
  const extension = language === 'ts' ? '.ts' : '.js';
  const load = (names, name) => (language === 'cjs' ? `const { ${names} } = require('./${name}${extension}');` : `import { ${names} } from './${name}${extension}';`);
  return `${prologue}
${load('older, preview', 'preview')}
${client ? load('own', 'own') : ''}
${language === 'ts' ? 'interface Unused {\n  readonly a: number;\n}\n' : ''}const ORIGIN${language === 'ts' ? ': string' : ''} = process.env.ORIGIN ${language === 'ts' ? 'as string' : ''};
test('fetch leaking', async () => {
  await preview(ORIGIN);
});
test('fetch clean', async () => {
  await (await preview(ORIGIN)).text();
});
test('http leaking', async () => {
  await older(ORIGIN);
});
test('http clean', async () => {
  (await older(ORIGIN)).resume();
});
test('here leaking', async () => {
  const response${language === 'ts' ? ': Response' : ''} = await fetch(ORIGIN + '/here'); // at: here
  response.status;
});
${client ? "test('own leaking', async () => {\n  await own(ORIGIN);\n});\ntest('own clean', async () => {\n  await (await own(ORIGIN)).text();\n});\n" : ''}`;
}

/** The tests of such a file that leak, and those that do not; the marked lines. */
export const titles = (client) => ({
  leaking: ['fetch leaking', 'http leaking', 'here leaking', ...(client ? ['own leaking'] : [])],
  clean: ['fetch clean', 'http clean', ...(client ? ['own clean'] : [])],
  marks: ['fetch', 'http', 'here', ...(client ? ['own'] : [])],
});
