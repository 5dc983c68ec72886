/** The clients that most programs use, each leaking once and clean once, as tests of a runner. */

import assert from 'node:assert/strict';
import type { Outcome } from './contract.js';

const PREAMBLE = (origin: string, load: (module: string) => string, undici: string): string => `
const http = ${load('node:http')};
const undici = ${load(undici)};
const URL = '${origin}/';
const getHttp = (url) => new Promise((resolve, reject) => http.get(url, resolve).on('error', reject)); // at: node:http
`;

/** Needs `test` to be there. `load` says how a module is loaded, `undici` under which name it is installed. */
export function clientTests(origin: string, undici: string, load = (module: string): string => `await import('${module}').then((module) => module.default)`): string {
  return `${PREAMBLE(origin, load, undici)}
test('fetch leaking', async () => {
  await fetch(URL + 'fetch'); // at: fetch
});
test('fetch clean', async () => {
  await (await fetch(URL)).text();
});
test('undici leaking', async () => {
  await undici.request(URL + 'undici'); // at: undici
});
test('undici clean', async () => {
  await (await undici.request(URL)).body.dump();
});
test('node:http leaking', async () => {
  await getHttp(URL + 'http');
});
test('node:http clean', async () => {
  (await getHttp(URL)).resume();
});
`;
}

const REMEDY = { fetch: /await res\.body\?\.cancel\(\)/, undici: /await body\.dump\(\)/, 'node:http': /res\.resume\(\)/ };

/** What a run of clientTests must have come to. */
export function checkClients(output: string, source: string, file: string, outcome: (output: string, name: string) => Outcome): void {
  for (const [client, remedy] of Object.entries(REMEDY)) {
    assert.equal(outcome(output, `${client} leaking`), 'failed', output);
    assert.equal(outcome(output, `${client} clean`), 'passed', output);
    const line = source.split('\n').findIndex((text) => text.endsWith(`// at: ${client}`)) + 1;
    assert.match(output, new RegExp(`opened at ${file.replaceAll('.', '\\.')}:${line}:\\d+`), `${client}\n${output}`);
    assert.match(output, remedy, output);
  }
}
