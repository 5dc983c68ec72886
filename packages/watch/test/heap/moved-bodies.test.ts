/** A small body that a client has moved into a stream of its own is unread until somebody reads that. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readSnapshot, unreadBodies } from '#heap';

test('bodies in the streams of axios, got and node-fetch are listed with URL, status, bytes and holder, and nothing that was read', async () => {
  const room = mkdtempSync(join(tmpdir(), 'moved-'));
  try {
    const file = join(room, 'moved.heapsnapshot');
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    await promisify(execFile)(process.execPath, [fileURLToPath(new URL('moving-program.js', import.meta.url)), file], { env });
    const unread = unreadBodies(await readSnapshot(createReadStream(file)));
    const shown = unread.map(({ client, url, status, buffered, heldBy }) => [client, new URL(url!).pathname, status, buffered, /^previews \(Array\) in module \S+$/.test(heldBy[0])]);
    assert.deepEqual(shown.sort(([, a], [, b]) => String(a).localeCompare(String(b))), ['axios', 'axios-measured', 'got', 'node-fetch'].map((path) => ['node:http', `/${path}`, 200, 3000, true]), JSON.stringify(unread, null, 1));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
});
