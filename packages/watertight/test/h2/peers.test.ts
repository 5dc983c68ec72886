/** Real servers: nginx, and Go's net/http. Each is skipped where it is not installed. */

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { accepts, freePort } from '../fixtures/daemon.js';
import { packageRoot } from '../fixtures/package-root.js';
import { serverCertificate, trust } from '../fixtures/h2-server.js';
import { onLoopback } from '../fixtures/loopback.js';

const missing = (command: string, ...args: string[]): string | false => (spawnSync(command, args).error === undefined ? false : `${command} is not installed`);

/** What both are asked. `page`: of 50,000 bytes; `large`: of more than a window. */
function behaves(url: () => string, tls: object, page: string, large: string, largeSize: number): void {
  test('forty requests at once share a connection', onLoopback(async (net) => {
    const { client, transport } = net.client({ tls });
    const sizes = await Promise.all(Array.from({ length: 40 }, async () => (await client.get(url() + page)).bytes()));
    assert.deepEqual(new Set(sizes.map(({ length }) => length)), new Set([50_000]));
    await settled(client, url() + page);
    assert.equal(transport.stats().opened, 1);
    assert.equal(taskCount(), 2);
  }));

  test('unread bodies hold streams, and the connection goes on', onLoopback(async (net) => {
    const { client, transport } = net.client({ tls });
    const held = [await client.get(url() + large), await client.get(url() + large)];
    assert.equal((await (await client.get(url() + page)).bytes()).length, 50_000);
    assert.equal(held[0].proto, 'HTTP/2.0');
    assert.deepEqual({ opened: transport.stats().opened, tasks: taskCount() }, { opened: 1, tasks: 4 });
    assert.equal((await held[0].bytes()).length, largeSize);
    await held[1].close();
    assert.equal(taskCount(), 2);
  }));

  test('HEAD, a missing page and a POST', onLoopback(async (net) => {
    const { client } = net.client({ tls });
    assert.equal((await client.head(url() + page)).contentLength, 50_000);
    const lost = await client.get(`${url()}/missing`);
    await lost.text();
    assert.equal(lost.status, 404);
    const posted = await client.post(url() + page, Buffer.alloc(300_000));
    await posted.bytes();
    assert.equal(posted.proto, 'HTTP/2.0');
  }));
}

/** One more request, when the dials that were not needed have ended. */
async function settled(client: Client, url: string): Promise<void> {
  await sleep(50);
  await (await client.get(url)).bytes();
}

const noNginx = missing('nginx', '-v');
describe('nginx', { skip: noNginx }, () => {
  let folder = '';
  let nginx: ChildProcess;
  let origin = '';
  let fickle = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watertight-nginx-'));
    const port = await freePort();
    const other = await freePort();
    origin = `https://127.0.0.1:${port}`;
    fickle = `https://127.0.0.1:${other}`;
    writeFileSync(join(folder, 'cert.pem'), serverCertificate.cert);
    writeFileSync(join(folder, 'key.pem'), serverCertificate.key);
    writeFileSync(join(folder, 'page'), Buffer.alloc(50_000, 'x'));
    writeFileSync(join(folder, 'large'), Buffer.alloc(9_000_000, 'x'));
    writeFileSync(join(folder, 'nginx.conf'), `
      daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit; user root;
      events { worker_connections 200; }
      http {
        access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
        server {
          listen 127.0.0.1:${port} ssl http2; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
          root ${folder}; error_page 405 =200 $uri;
        }
        server {
          listen 127.0.0.1:${other} ssl http2; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
          root ${folder}; error_page 405 =200 $uri; keepalive_requests 20; http2_max_concurrent_streams 4;
        }
      }`);
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' });
    await listening(port);
  });
  after(async () => {
    nginx.kill();
    await once(nginx, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  behaves(() => origin, trust, '/page', '/large', 9_000_000);

  test('that ends each connection after twenty requests, and takes four at once, answers all of three hundred', onLoopback(async (net) => {
    const { client, transport } = net.client({ tls: trust });
    let left = 300;
    const one = async (): Promise<void> => {
      while (left-- > 0) assert.equal((await (await client.get(`${fickle}/page`)).bytes()).length, 50_000);
    };
    await Promise.all(Array.from({ length: 10 }, one));
    assert.ok(transport.stats().opened >= 300 / 20);
  }));
});

const noGo = missing('go', 'version');
describe("Go's net/http", { skip: noGo }, () => {
  let folder = '';
  let server: ChildProcess;
  let origin = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watertight-go-'));
    const built = spawnSync('go', ['build', '-o', join(folder, 'parity'), '.'], { cwd: fileURLToPath(new URL('../../parity/go', packageRoot)), encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    server = spawn(join(folder, 'parity'), ['server', '-n', '1'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
    origin = `https://127.0.0.1:${port}`;
  });
  after(async () => {
    server.stdin!.end();
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  behaves(() => origin, { rejectUnauthorized: false }, '/bytes/50000', '/bytes/9000000', 9_000_000);
});

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await accepts(port)) return;
    await sleep(20);
  }
  assert.fail('nginx does not listen');
}
