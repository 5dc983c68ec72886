/** The limit on a response's head: whoever runs the program sets it with Node's option, the program itself goes before that. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../fixtures/package-root.js';
import { RawServer } from '../fixtures/raw-server.js';

/** Bytes of the head that the server sends, more or less. */
const HEAD = 100_000;

/** What each call of the program comes to: a status, or the code of the error. */
const PROGRAM = `
import { Client, createFetch, fetch, get, goDefaults, Transport } from 'watertight';
const over = (options) => new Client({ transport: new Transport(options) });
const calls = [fetch, get, createFetch({ client: over() }), (url) => over({ maxResponseHeaderBytes: 0 }).get(url), (url) => over({ maxResponseHeaderBytes: 1 << 20 }).get(url), (url) => over(goDefaults).get(url)];
console.log((await Promise.all(calls.map((call) => call(process.env.URL).then((response) => response.status, (error) => error.code)))).join(' '));
`;

async function outcomes(origin: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', PROGRAM], { cwd: fileURLToPath(packageRoot), env: { ...process.env, URL: origin, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return output.trim();
}

const LARGE = 'ERR_HEADERS_TOO_LARGE';
const ALL = '200 200 200 200 200 200';
const OWN = `${LARGE} ${LARGE} ${LARGE} ${LARGE} 200 200`;

describe('--max-http-header-size', { concurrency: true }, () => {
  let server: RawServer;
  before(async () => {
    server = await RawServer.start({ onRequest: (request) => request.reply('', { fields: [`X: ${'x'.repeat(HEAD)}`] }) });
  });
  after(() => server.stop());

  for (const [what, flags, env, outcome] of [
    ['is not set: the limit is Go\'s', [], {}, ALL],
    ['is the default of a transport, not of goDefaults', [`--max-http-header-size=${HEAD / 2}`], {}, OWN],
    ['is 1', ['--max-http-header-size=1'], {}, OWN],
    ['is 0: nothing is said', ['--max-http-header-size=0'], {}, ALL],
    ['stands in NODE_OPTIONS', [], { NODE_OPTIONS: `--max-http-header-size=${HEAD / 2}` }, OWN],
  ] as const) {
    test(what, async () => assert.equal(await outcomes(server.origin, flags, env), outcome));
  }
});
