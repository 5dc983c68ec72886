// Real Go, where it is installed: that the recorded counts are its counts, and that the test
// server here is to a Go client what the Go server is.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { createFront, createLabServer } from '#lab';
import { furtherFile, liveFile, parityFolder, wellKnownFile } from './recorded.js';

const { status, stdout } = spawnSync('go', ['version'], { encoding: 'utf8' });
const skip = status === 0 ? false : 'go is not installed';

const handful: [file: string, id: string][] = [
  [wellKnownFile, 'quiz-all-in-one-process'],
  [wellKnownFile, 'read-late'],
  [wellKnownFile, 'parallel-default-idle'],
  [liveFile, 'six-unread'],
  [liveFile, 'six-closed'],
  [liveFile, 'two-at-once'],
  [furtherFile, 'gzip-ten-bytes'],
  [furtherFile, 'close-idle-forgotten-by-next-request'],
  [furtherFile, 'limit-two-waiters-cancelled'],
  [furtherFile, 'stall-read-cancelled'],
  [furtherFile, 'redirect-ten'],
  [furtherFile, 'proxy-two-hosts-idle'],
  [furtherFile, 'connect-unread'],
  [furtherFile, 'upgrade-unread'],
  [furtherFile, 'upgrade-refused-then-taken'],
  [furtherFile, 'tunnel-unread'],
  [furtherFile, 'tunnel-refused-then-open'],
  [furtherFile, 'trailers-sent-unread'],
  [furtherFile, 'connect-refused-limit-one'],
  [furtherFile, 'tls-proxy-unread'],
  [furtherFile, 'socks-tls'],
  [furtherFile, 'socks-cancelled-parallel'],
  [furtherFile, 'h2-unread'],
  [furtherFile, 'h2-unread-large'],
  [furtherFile, 'h2-burst-read'],
  [furtherFile, 'h2-no-keep-alive-held'],
];

describe(`real Go counts what was recorded (${stdout?.trim() || 'go is not installed'})`, { skip }, () => {
  let room = '';
  let goServer: ChildProcess;
  let goPorts = '';
  const nodeServers: Server[] = [];

  before(async () => {
    room = mkdtempSync(join(tmpdir(), 'parity-'));
    const built = spawnSync('go', ['build', '-o', join(room, 'parity'), '.'], { cwd: join(parityFolder, 'go'), encoding: 'utf8' });
    assert.equal(built.status, 0, built.stderr);
    goServer = spawn(join(room, 'parity'), ['server'], { stdio: ['pipe', 'pipe', 'inherit'] });
    [goPorts] = (await once(createInterface({ input: goServer.stdout! }), 'line')) as [string];
    for (let i = 0; i < 3; i++) {
      const server = createFront(createLabServer());
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      nodeServers.push(server);
    }
  });
  after(() => {
    goServer.stdin!.end();
    for (const server of nodeServers) server.close();
    rmSync(room, { recursive: true, force: true });
  });

  /** Resolves if the Go client counts what the file says; rejects with its difference. */
  function check(ports: string, file: string, id: string): Promise<void> {
    return new Promise((resolve, reject) => {
      execFile(join(room, 'parity'), ['client', '-ports', ports, '-scenarios', file, '-only', id, '-check'], (error, _stdout, stderr) => {
        if (error === null) resolve();
        else reject(new Error(stderr || error.message));
      });
    });
  }

  for (const [file, id] of handful) {
    test(`${id}, against the Go server`, () => check(goPorts, file, id));
    test(`${id}, against this server`, () => check(nodeServers.map((server) => (server.address() as AddressInfo).port).join(), file, id));
  }
});

