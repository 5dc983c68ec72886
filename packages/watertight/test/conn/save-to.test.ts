/** `saveTo`: a body into a file, whole or not at all. */

import assert from 'node:assert/strict';
import { link, lstat, mkdir, mkdtemp, open, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Progress, Response } from 'watertight';
import { taskCount } from 'watertight/tasks';
import { onLoopback, settle, type Loopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const bytes = new SeededRandom(41).bytes(1_500_000);

function inFolder(body: (net: Loopback, folder: string) => Promise<void>): ReturnType<typeof onLoopback> {
  return onLoopback(async (net) => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'watertight-save-')));
    try {
      await body(net, folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

async function answering(net: Loopback, answer: Buffer | string): Promise<Response> {
  const server = await net.serve({
    onRequest: ({ connection }) => {
      connection.write(answer);
      if (answer.includes('X-Cut')) connection.finish();
    },
  });
  return net.client().client.get(server.origin);
}

const cut = (): Buffer => reply(bytes, { fields: ['X-Cut: yes'] }).subarray(0, -1000);

describe('to a path', () => {
  for (const framing of ['length', 'chunked'] as const) {
    test(`the file has the bytes, and their number is the result: ${framing}`, inFolder(async (net, folder) => {
      const response = await answering(net, reply(bytes, { framing }));
      assert.equal(await response.saveTo(join(folder, 'file')), bytes.length);
      assert.ok(bytes.equals(await readFile(join(folder, 'file'))));
      assert.equal(response.body.state, 'eof');
      assert.deepEqual(await readdir(folder), ['file']);
    }));
  }

  test('or to a file: URL; decoded; empty', inFolder(async (net, folder) => {
    const url = pathToFileURL(join(folder, 'a file'));
    assert.equal(await (await answering(net, reply(gzipSync(bytes), { fields: ['Content-Encoding: gzip'] }))).saveTo(url), bytes.length);
    assert.ok(bytes.equals(await readFile(url)));
    assert.equal(await (await answering(net, reply(Buffer.alloc(0)))).saveTo(url), 0);
    assert.equal((await stat(url)).size, 0);
  }));

  test('a file of that name is replaced when the download is complete, keeps its mode, and other links to it keep their content', inFolder(async (net, folder) => {
    const file = join(folder, 'file');
    await writeFile(file, 'before', { mode: 0o600 });
    await link(file, join(folder, 'link'));
    await (await answering(net, reply(bytes))).saveTo(file);
    assert.ok(bytes.equals(await readFile(file)));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await readFile(join(folder, 'link'), 'utf8'), 'before');
  }));

  test('where a symbolic link leads is replaced, not the link', inFolder(async (net, folder) => {
    await mkdir(join(folder, 'there'));
    await writeFile(join(folder, 'there', 'file'), 'before');
    await symlink(join('there', 'file'), join(folder, 'link'));
    await (await answering(net, reply(bytes))).saveTo(join(folder, 'link'));
    assert.ok((await lstat(join(folder, 'link'))).isSymbolicLink());
    assert.ok(bytes.equals(await readFile(join(folder, 'there', 'file'))));
  }));

  test('a download that fails leaves nothing behind, and what was there as it was', inFolder(async (net, folder) => {
    const response = await answering(net, cut());
    await assert.rejects(response.saveTo(join(folder, 'new')), { code: 'ERR_CONNECTION_CLOSED' });
    assert.deepEqual(await readdir(folder), []);
    await writeFile(join(folder, 'old'), 'before');
    await assert.rejects((await answering(net, cut())).saveTo(join(folder, 'old')), { code: 'ERR_CONNECTION_CLOSED' });
    assert.equal(await readFile(join(folder, 'old'), 'utf8'), 'before');
    assert.deepEqual(await readdir(folder), ['old']);
  }));

  test('an abort while the server is silent ends it, and leaves nothing', inFolder(async (net, folder) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello') });
    const abort = new AbortController();
    const response = await net.client().client.get(server.origin, { signal: abort.signal });
    const saving = settle(response.saveTo(join(folder, 'file'), { onProgress: () => abort.abort(new Error('enough')) }));
    assert.equal((await saving).error?.message, 'enough');
    assert.deepEqual(await readdir(folder), []);
    assert.equal(taskCount(), 1);
  }));

  test('a folder that is not there, or a folder, is the file system\'s error, and the body is closed', inFolder(async (net, folder) => {
    for (const [path, code] of [[join(folder, 'no', 'file'), 'ENOENT'], [folder, 'EISDIR']] as const) {
      const response = await answering(net, reply(bytes));
      await assert.rejects(response.saveTo(path), { code });
      assert.equal(response.body.state, 'closed');
    }
    assert.equal(taskCount(), 1);
  }));

  test('a device is written to, not replaced', { skip: process.platform === 'win32' }, inFolder(async (net) => {
    assert.equal(await (await answering(net, reply(bytes))).saveTo('/dev/null'), bytes.length);
    assert.ok((await stat('/dev/null')).isCharacterDevice());
  }));
});

describe('to a FileHandle', () => {
  test('the bytes go to its position, and it stays open', inFolder(async (net, folder) => {
    await using file = await open(join(folder, 'file'), 'w+');
    await file.write('front');
    await (await answering(net, reply(bytes))).saveTo(file);
    await file.write('back');
    assert.ok(Buffer.concat([Buffer.from('front'), bytes, Buffer.from('back')]).equals(await readFile(join(folder, 'file'))));
  }));

  test('a failed download leaves what was written; a file that can\'t be written closes the body, also while the server is silent', inFolder(async (net, folder) => {
    await using file = await open(join(folder, 'file'), 'w');
    await assert.rejects((await answering(net, cut())).saveTo(file), { code: 'ERR_CONNECTION_CLOSED' });
    const left = await readFile(join(folder, 'file'));
    assert.ok(left.length > 0 && bytes.subarray(0, left.length).equals(left));
    await using readOnly = await open(join(folder, 'file'), 'r');
    const response = await answering(net, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await assert.rejects(response.saveTo(readOnly), { code: 'EBADF' });
    assert.equal(response.body.state, 'closed');
    assert.equal(taskCount(), 1);
  }));
});

describe('progress', () => {
  test('grows to the length, which is known beforehand or is null', inFolder(async (net, folder) => {
    for (const [framing, total] of [['length', bytes.length], ['chunked', null]] as const) {
      const seen: Progress[] = [];
      await (await answering(net, reply(bytes, { framing }))).saveTo(join(folder, 'file'), { onProgress: (progress) => seen.push(progress) });
      assert.deepEqual(seen.at(-1), { transferred: bytes.length, total });
      assert.ok(seen.every((each, i) => each.total === total && (i === 0 || each.transferred > seen[i - 1].transferred)));
    }
    const seen: Progress[] = [];
    await (await answering(net, reply(Buffer.alloc(0)))).saveTo(join(folder, 'file'), { onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(seen, [{ transferred: 0, total: 0 }]);
  }));

  const thrown = new Error('no more');
  for (const [how, onProgress] of [
    ['throws', () => { throw thrown; }],
    ['returns a promise that is rejected', async () => { throw thrown; }],
  ] as [string, () => void][]) {
    test(`a function that ${how} fails the download with what it threw as the cause`, inFolder(async (net, folder) => {
      for (const answer of [reply(bytes), reply(bytes).subarray(0, -1000), reply('x'), reply(Buffer.alloc(0))]) {
        const response = await answering(net, answer);
        await assert.rejects(response.saveTo(join(folder, 'file'), { onProgress }), { name: 'BodyError', cause: thrown, message: /^onProgress threw: no more/ });
        assert.ok(response.body.state === 'closed' || response.body.state === 'eof', response.body.state);
        assert.deepEqual(await readdir(folder), []);
      }
    }));
  }

  test('that of the download from the network fails it too', inFolder(async (net, folder) => {
    for (const onDownloadProgress of [() => { throw thrown; }, (async () => { throw thrown; }) as () => void]) {
      const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(bytes)) });
      const response = await net.client().client.get(server.origin, { onDownloadProgress });
      await assert.rejects(response.saveTo(join(folder, 'file')), { name: 'BodyError', cause: thrown });
      assert.deepEqual(await readdir(folder), []);
    }
  }));
});

test('what is no file is refused, and the body is closed', onLoopback(async (net) => {
  for (const [to, options] of [[5, {}], [null, {}], [{}, {}], ['x', { onProgress: 1 }]] as [unknown, any][]) {
    const response = await answering(net, reply(bytes));
    await assert.rejects(response.saveTo(to as string, options), { name: 'RequestError', code: 'ERR_INVALID_OPTION' });
    assert.equal(response.body.state, 'closed');
  }
}));
