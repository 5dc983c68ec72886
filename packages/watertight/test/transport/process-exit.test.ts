/** A process ends by itself: a connection keeps it alive only while the program awaits something of it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { packageRoot } from '../fixtures/package-root.js';
import { RawServer } from '../fixtures/raw-server.js';

/** Only a process that hangs meets it. */
const HANGS = 20_000;

interface Ended {
  code: number | null;
  output: string;
}

/** Runs a program against the server; what it prints, and how it ends. */
async function run(program: string, origin: string): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', `import { Transport, Client, get, post } from 'watertight';\nimport { taskCount } from 'watertight/tasks';\nconst url = ${JSON.stringify(origin)};\n${program}`], { cwd: fileURLToPath(packageRoot), stdio: ['ignore', 'pipe', 'inherit'], timeout: HANGS });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

describe('a process', () => {
  let server: RawServer;
  before(async () => {
    server = await RawServer.start({
      onRequest: (request) => {
        if (request.target === '/slow') setTimeout(() => request.reply('slow'), 250);
        else if (request.target === '/half') {
          request.connection.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
          setTimeout(() => request.connection.write('half'), 250);
        } else if (request.target !== '/never') request.reply('quick');
      },
    });
  });
  after(() => server.stop());

  const ends: [what: string, program: string, output: string][] = [
    ['with an idle connection', 'console.log(await (await get(url)).text(), taskCount());', 'quick 3\n'],
    ['with a response that nobody reads', 'globalThis.kept = await get(url); console.log(kept.status, taskCount());', '200 3\n'],
    ['with a response read in part', "globalThis.kept = await get(url + '/half'); console.log((await kept.body.read()).length, taskCount());", '4 3\n'],
    ['with a response that has a time limit left', 'globalThis.kept = await get(url, { timeout: 60_000 }); console.log(kept.status);', '200\n'],
    ['with all kinds of limits set', 'const t = new Transport({ idleConnTimeout: 60_000, responseHeaderTimeout: 60_000, bodyIdleTimeout: 60_000, track: "all" }); console.log(await (await t.roundTrip({ url })).text());', 'quick\n'],
    ['with a late dial that nobody waits for', 'const { connect } = await import("node:net"); let n = 0; const t = new Transport({ dial: ({ port }) => n++ > 0 ? new Promise(() => {}) : connect(port, "127.0.0.1") }); const c = new Client({ transport: t }); const a = await c.get(url); const b = c.get(url); await a.text(); console.log(await (await b).text());', 'quick\n'],
    ['stays alive while headers are awaited', "console.log(await (await get(url + '/slow')).text());", 'slow\n'],
    ['stays alive while a body is read', "console.log(await (await get(url + '/half')).text());", 'halfhalf\n'],
    ['stays alive for a response on a connection that was idle', "await (await get(url)).text(); await new Promise((r) => setTimeout(r, 20)); console.log(await (await get(url + '/slow')).text());", 'slow\n'],
    ['stays alive until a time limit is over', "await get(url + '/never', { timeout: 100 }).catch((error) => console.log(error.phase));", 'waiting for headers\n'],
    ['stays alive while a request waits for a connection that another will free', "const t = new Transport({ maxConnsPerHost: 1 }); const c = new Client({ transport: t }); const [a, b] = await Promise.all([c.get(url + '/slow').then((r) => r.text()), c.get(url).then((r) => r.text())]); console.log(a, b);", 'slow quick\n'],
    ['stays alive while a body is sent', "console.log((await post(url, (async function* () { for (let i = 0; i < 3; i++) { await new Promise((r) => setTimeout(r, 30)); yield 'x'; } })())).status);", '200\n'],
  ];
  for (const [what, program, output] of ends) {
    test(`${what.startsWith('stays') ? '' : 'ends by itself '}${what}`, async () => {
      assert.deepEqual(await run(program, server.origin), { code: 0, output });
    });
  }
});
