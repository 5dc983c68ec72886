/** Who keeps a response is said in the program's own terms: the module's variable, the callback and its keeper, in short paths. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createReadStream, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { readSnapshot, ScriptNames, unreadBodies, type UnreadBody } from '#heap';
import { KEEPING_FILES } from './keeping-files.js';

const room = realpathSync(mkdtempSync(join(tmpdir(), 'keeps-')));
after(() => rmSync(room, { recursive: true, force: true }));

describe('who keeps a response', () => {
  let unread: UnreadBody[] = [];

  before(async () => {
    for (const [file, text] of Object.entries(KEEPING_FILES)) {
      mkdirSync(dirname(join(room, file)), { recursive: true });
      writeFileSync(join(room, file), text);
    }
    const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const snapshot = join(room, 'keeps.heapsnapshot');
    await promisify(execFile)(process.execPath, [join(room, 'main.mjs'), snapshot], { env });
    unread = unreadBodies(await readSnapshot(createReadStream(snapshot)));
  });

  for (const [what, path, ...chain] of [
    ['a variable that an ES module keeps to itself', 'preview', 'cacheOfPreviews (Map) in module src/preview.mjs', "entry '42'", 'Response'],
    ['a variable that an ES module exports', 'store', 'store (Store) in module src/preview.mjs', '.byName (Object)', '.x (Response)'],
    ['the callback of a timer', 'timer', "function (anonymous) (src/handlers.cjs:6), a timer's callback", 'variable res (IncomingMessage)'],
    ['a listener of an emitter that a CommonJS module exports', 'listener', 'exports.bus (EventEmitter) in module src/handlers.cjs', "a listener for 'flush' (src/handlers.cjs:7)", 'variable res (IncomingMessage)'],
    ['a call that waits', 'suspended', '(anonymous) (src/handlers.cjs:8), suspended', 'Response'],
    ['the key of a WeakMap in a variable of a CommonJS module', 'weak', 'key (Object) in module src/handlers.cjs', 'its value in a WeakMap', 'Response'],
    ['nobody', 'lost'],
  ]) {
    test(what, () => {
      const found = unread.filter(({ url }) => url?.endsWith(`/${path}`) === true);
      assert.deepEqual(found.map(({ heldBy }) => heldBy), [chain], JSON.stringify(unread, null, 1));
    });
  }

  test('the bytes of a fetch that nobody has begun to read are those that wait in its connection\'s stream', () => {
    const waiting = unread.filter(({ client }) => client === 'fetch').map(({ url, buffered }) => [url?.replace(/.*\//, ''), buffered > 0 && buffered <= 100_000]);
    assert.deepEqual(waiting.map(([, some]) => some), waiting.map(() => true), JSON.stringify(waiting));
  });

  test('a package, by its path from node_modules on', () => {
    const [found] = unread.filter(({ url }) => url?.endsWith('/pack') === true);
    assert.deepEqual(found.heldBy, ['exports.kept (Array) in module node_modules/pack/index.js', '[0]', 'IncomingMessage'], JSON.stringify(unread, null, 1));
  });
});

test('files are named by what their paths do not have in common, packages from node_modules on', () => {
  for (const [script, shown, ...others] of [
    ['/app/src/a.js', 'src/a.js', '/app/main.js', 'node:fs'],
    ['/app/src/a.js', 'a.js'],
    ['file:///app/src/a.js?v=1', 'src/a.js', '/app/lib/b.js'],
    ['/app/src/a.js', '/app/src/a.js', '/lib/b.js'],
    ['C:\\app\\src\\a.js', 'src\\a.js', 'C:\\app\\main.js'],
    ['/app/node_modules/x/node_modules/@y/z/i.js', 'node_modules/@y/z/i.js', '/app/main.js'],
    ['node:fs', 'node:fs', '/app/main.js'],
  ]) assert.equal(new ScriptNames([script, ...others]).shown(script), shown, script);
});
