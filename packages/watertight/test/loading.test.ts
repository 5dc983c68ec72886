/** What is loaded with the library: none of Node's HTTP modules, nor its undici, as long as nothing needs them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from './fixtures/package-root.js';

/**
 * Node's undici takes the place of the global dispatcher when it is loaded: a copy
 * of undici that the program loads later then sends over the older one's Agent.
 */
const PROGRAM = `
await import(process.env.ENTRY);
const heavy = ['internal/deps/undici/undici', 'http', 'http2', 'https', 'inspector'].filter((name) => process.moduleLoadList.includes('NativeModule ' + name));
console.log(JSON.stringify({ heavy, dispatcher: typeof globalThis[Symbol.for('undici.globalDispatcher.1')] }));
`;

describe('loads nothing of Node\'s HTTP', { concurrency: 2 }, () => {
  for (const entry of ['watertight', 'watertight/tasks']) {
    test(entry, async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROGRAM], { cwd: fileURLToPath(packageRoot), env: { ...process.env, ENTRY: entry, NODE_OPTIONS: '' } });
      assert.deepEqual(JSON.parse(stdout), { heavy: [], dispatcher: 'undefined' });
    });
  }
});
