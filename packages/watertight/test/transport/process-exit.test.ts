/** A process ends by itself: a connection keeps it alive only while the program awaits something of it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { closedPort } from '../fixtures/closed-port.js';
import { packageRoot } from '../fixtures/package-root.js';
import { RawServer, type RawRequest } from '../fixtures/raw-server.js';

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
        if (request.target === '/refuse') {
          request.connection.socket.pause();
          request.reply('', { status: '413 Content Too Large' });
        } else if (request.target === '/slow') setTimeout(() => request.reply('slow'), 250);
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
    ['with a file, sent as a Blob, that the server refused before its end', `
      process.removeAllListeners('warning');
      const fs = await import('node:fs'), os = await import('node:os'), path = await import('node:path');
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'watertight-blob-'));
      fs.writeFileSync(path.join(folder, 'file'), Buffer.alloc(16 << 20));
      const response = await post(url + '/refuse', await fs.openAsBlob(path.join(folder, 'file')));
      console.log(response.status);
      await response.close();
      fs.rmSync(folder, { recursive: true });`, '413\n'],
  ];
  for (const [what, program, output] of ends) {
    test(`${what.startsWith('stays') ? '' : 'ends by itself '}${what}`, async () => {
      assert.deepEqual(await run(program, server.origin), { code: 0, output });
    });
  }
});

/** Every hook that is called on the way, in its order; each does the deed in a request of its own, with a transport of its own that nobody closes. */
const misdeeds = (hooks: readonly string[], deed: string, tls: string): string => `
  for (const hook of ${JSON.stringify(hooks)}) for (const body of [null, 'text', (async function* () { yield 'piece'; })()]) {
    const cancel = new AbortController();
    const client = new Client({ transport: new Transport({ tls: { ca: ${tls} }, idleConnTimeout: 60_000, expectContinueTimeout: 60_000 }) });
    const outcome = await client.request(url, { method: 'POST', body, headers: body === null ? {} : { Expect: '100-continue' }, signal: cancel.signal, timeout: 60_000, trace: { [hook]() { ${deed}; } } }).then(async (response) => (await response.text(), response.status)).catch((error) => error.hook ?? error.name);
    if (outcome !== (hook === 'wait100Continue' && body === null ? 200 : ${deed.startsWith('throw') ? 'hook' : "'AbortError'"})) console.log(hook, outcome);
  }
  console.log('done', taskCount());`;

describe('a process ends by itself after requests whose hooks', () => {
  const ca = new CertificateAuthority();
  const onRequest = async (request: RawRequest): Promise<void> => {
    if (request.header('expect') !== undefined) request.connection.write('HTTP/1.1 100 Continue\r\n\r\n');
    await request.body;
    request.reply('quick');
  };
  const dial = ['getConn', 'connectStart', 'connectDone'];
  const sent = ['gotConn', 'wroteHeaders', 'wait100Continue', 'gotFirstResponseByte'];
  const WAYS: [where: string, hooks: string[], origin: () => Promise<string>][] = [
    ['http', [...dial, ...sent], async () => plain.origin],
    ['https', [...dial, 'tlsHandshakeStart', 'tlsHandshakeDone', ...sent], async () => secure.origin],
    ['a port that refuses', dial, async () => `http://127.0.0.1:${await closedPort()}/`],
  ];
  let plain: RawServer;
  let secure: RawServer;
  before(async () => {
    plain = await RawServer.start({ onRequest });
    secure = await RawServer.start({ onRequest, tls: ca.issue({ names: ['127.0.0.1'] }) });
  });
  after(() => Promise.all([plain.stop(), secure.stop()]));

  for (const [what, deed] of [['throw', "throw new Error('my hook')"], ['abort', 'cancel.abort()']]) {
    for (const [where, hooks, origin] of WAYS) {
      test(`${what}, to ${where}`, async () => {
        const { code, output } = await run(misdeeds(hooks, deed, JSON.stringify(ca.cert)), await origin());
        // Without a body nobody waits for a 100: that request leaves an idle connection, with its two tasks.
        assert.deepEqual([code, output], [0, `done ${hooks.includes('wait100Continue') ? 3 : 1}\n`]);
      });
    }
  }
});
