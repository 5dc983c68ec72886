/** `watertight heap` on snapshots that are odd: what it says, and with which status it ends. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { snapshotJson, unreadSnapshot } from '../heap/snapshot-text.js';
import { start, watertight } from './command.js';

const room = mkdtempSync(join(tmpdir(), 'heap-command-'));
after(() => rmSync(room, { recursive: true, force: true }));

function saved(name: string, bytes: string | Buffer): string {
  const file = join(room, name);
  writeFileSync(file, bytes);
  return file;
}

describe('watertight heap', { concurrency: 2 }, () => {
  test('prints names and keys of the program so that they can\'t steer the terminal or look like its own lines', async () => {
    const { status, stdout } = await watertight('heap', saved('steering.heapsnapshot', unreadSnapshot('a\nb\u001b[2J\u202ec\t', '/x\u009b?key=s3cret')));
    assert.equal(status, 0);
    assert.match(stdout, /→ entry 'a\\nb\\u001b\[2J\\u202ec\\t' → IncomingMessage\n {4}http:\/\/stock:8080\/x\\u009b\?key=\* \(503\), node:http\n$/);
  });

  test('reads a compressed one from standard input', async () => {
    const command = start(['heap', '-'], { input: true });
    command.process.stdin!.end(gzipSync(unreadSnapshot('42')));
    const { status, stdout } = await command.ended;
    assert.equal(status, 0);
    assert.match(stdout, /^1 response unread/);
  });

  test('says that a page in Chrome has nothing of Node', async () => {
    const { status, stdout, stderr } = await watertight('heap', saved('page.heapsnapshot', JSON.stringify(snapshotJson([{ type: 'synthetic', name: '', edges: [['shortcut', 'Window / https://example.org', 1]] }, { name: 'Window / https://example.org' }]))));
    assert.equal(status, 0);
    assert.match(stdout, /^0 responses unread/);
    assert.match(stderr, /nothing of Node is in it; is it of a page in Chrome\?/);
  });

  for (const [what, bytes, expected, message] of [
    ['a CPU profile', '{"nodes":[],"startTime":1}', 2, /profile\.txt: it is no heap snapshot: it looks like a CPU profile/],
    ['an empty file', '', 2, /it is empty/],
    ['a snapshot that is cut off', unreadSnapshot('42').subarray(0, 900), 1, /it is cut off/],
    ['a snapshot that contradicts itself', unreadSnapshot('42').toString().replace('"node_count":10', '"node_count":9'), 1, /more nodes than the 9/],
  ] as const) {
    test(`${what} ends with status ${expected} and the reason, without a stack`, async () => {
      const { status, stdout, stderr } = await watertight('heap', saved(`${what}.profile.txt`, bytes));
      assert.deepEqual([status, stdout], [expected, '']);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    });
  }

  test('a file that is not there, a folder, and standard input twice are mistakes of the command line', async () => {
    for (const args of [[join(room, 'none')], [room], ['-', '-']]) {
      const { status, stderr } = await watertight('heap', ...args);
      assert.equal(status, 2, stderr);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });
});
