/** A process whose server speaks HTTP/2 ends by itself: a connection keeps it alive only while the program awaits something of it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fill, H2Server, say } from '../fixtures/h2-server.js';
import { packageRoot } from '../fixtures/package-root.js';

/** Only a process that hangs meets it. */
const HANGS = 20_000;

describe('a process', () => {
  let server: H2Server;
  before(async () => {
    server = await H2Server.start((stream, headers) => {
      if (headers[':path'] === '/large') fill(9_000_000)(stream, headers);
      else if (headers[':path'] === '/slow') setTimeout(() => say('slow')(stream, headers), 100);
      else if (headers[':path'] === '/half') {
        stream.respond({ ':status': 200 });
        stream.write('half');
        setTimeout(() => stream.end('half'), 100);
      } else say('quick')(stream, headers);
    });
  });
  after(() => server.stop());

  const ends: [what: string, program: string, output: string][] = [
    ['ends with an idle connection', 'console.log(await (await get("/")).text(), taskCount());', 'quick 2\n'],
    ['ends with a body that nobody reads', 'globalThis.kept = await get("/large"); console.log(kept.status, taskCount());', '200 3\n'],
    ['ends with a body that has come in full and that nobody reads', 'globalThis.kept = await get("/"); console.log(kept.status);', '200\n'],
    ['ends with a body read in part', 'globalThis.kept = await get("/large"); console.log((await kept.body.read(4)).length);', '4\n'],
    ['stays alive while a head is awaited', 'console.log(await (await get("/slow")).text());', 'slow\n'],
    ['stays alive while a body is read', 'console.log(await (await get("/half")).text());', 'halfhalf\n'],
    ['stays alive for a request on a connection that was idle', 'await (await get("/")).text(); await new Promise((r) => setTimeout(r, 20)); console.log(await (await get("/slow")).text());', 'slow\n'],
  ];
  for (const [what, program, output] of ends) {
    test(what, async () => {
      const start = `import { Transport, Client } from 'watertight';\nimport { taskCount } from 'watertight/tasks';\nconst client = new Client({ transport: new Transport({ tls: { rejectUnauthorized: false } }) });\nconst get = (path) => client.get(${JSON.stringify(server.origin)} + path);\n`;
      const child = spawn(process.execPath, ['--input-type=module', '--eval', start + program], { cwd: fileURLToPath(packageRoot), stdio: ['ignore', 'pipe', 'inherit'], timeout: HANGS });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      assert.deepEqual({ code, said }, { code: 0, said: output });
    });
  }
});
