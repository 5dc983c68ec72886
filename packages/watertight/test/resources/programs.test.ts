/**
 * What keeps a process alive, on programs of all kinds, each in a process of its own: the list is exact (libuv agrees
 * about the handles), every line is the program's, and whatever why-is-node-running finds is in it.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CertificateAuthority } from '../fixtures/certificate.js';
import { compiledProgram, packageRoot } from '../fixtures/package-root.js';
import { heartbeatPackage, resourcePrograms, type ResourceProgram } from '../fixtures/resource-programs.js';
import type { ResourceReport } from './look.js';

/**
 * Beside node_modules and not in it: the lines of a program in there would count as a package's. The package that one
 * of them uses lies in a node_modules of its own.
 */
const home = mkdtempSync(join(fileURLToPath(packageRoot), 'dist-test', 'resource-programs-'));
after(() => rmSync(home, { recursive: true, force: true }));
const heartbeat = join(home, 'node_modules', 'resource-heartbeat');
mkdirSync(heartbeat, { recursive: true });
writeFileSync(join(heartbeat, 'package.json'), JSON.stringify({ name: 'resource-heartbeat', type: 'module', exports: './index.js' }));
writeFileSync(join(heartbeat, 'index.js'), heartbeatPackage);

const { cert, key } = new CertificateAuthority().issue({ names: ['127.0.0.1'] });

function writeProgram({ name, source }: ResourceProgram): { path: string; lineOf(mark: string): number } {
  const path = join(home, `${name.replace(/\W+/g, '-')}.mjs`);
  writeFileSync(path, source);
  return { path, lineOf: (mark) => source.split('\n').findIndex((line) => line.endsWith(`// at: ${mark}`)) + 1 };
}

async function run(args: readonly string[], stdin: 'pipe' | 'ignore'): Promise<{ out: string; code: number | null }> {
  const child = spawn(process.execPath, [...args], { stdio: [stdin, 'pipe', 'inherit'], env: { ...process.env, TEST_KEY: key, TEST_CERT: cert, NODE_OPTIONS: '' } });
  const closed = once(child, 'close') as Promise<[number | null]>;
  assert.ok(child.stdout !== null);
  const out = await text(child.stdout);
  const [code] = await closed;
  return { out, code };
}

async function look(program: ResourceProgram, path: string): Promise<ResourceReport> {
  const { out } = await run([compiledProgram('resources/look.js'), path], program.stdin ?? 'ignore');
  return JSON.parse(out) as ResourceReport;
}

interface WhyEntry {
  readonly type: string;
  readonly line: number | null;
}

/** Its entries: `# TYPE`, then a line for each frame. Only what lies in the program is a line for a reader. */
function entriesOf(why: readonly string[], path: string): WhyEntry[] {
  const entries: { type: string; line: number | null }[] = [];
  for (const text of why) {
    const head = /^# (.+)$/.exec(text);
    if (head !== null) entries.push({ type: head[1], line: null });
    const frame = /^(\S.*?):(\d+)(?:\s|$)/.exec(text);
    const entry = entries.at(-1);
    if (frame !== null && entry?.line === null && basename(frame[1]) === basename(path)) entry.line = Number(frame[2]);
  }
  return entries;
}

// A program is given time for its connections and messages: others run meanwhile.
describe('what keeps a process alive', { concurrency: 3 }, () => {
  for (const program of resourcePrograms) {
    const { path, lineOf } = writeProgram(program);

    test(program.name, async () => {
      const { ours, why, libuv } = await look(program, path);

      const alive = ours.map(({ type, description, file, line }) => `${type} | ${description} | ${file === path ? String(line) : String(file)}`);
      const missing = program.alive.filter(([type, description, at]) => {
        const found = ours.findIndex((entry) => entry.type === type && description.test(entry.description) && entry.line === (at === null ? null : lineOf(at)));
        return found === -1;
      });
      assert.deepEqual(missing, [], `listed were:\n${alive.join('\n')}`);
      assert.equal(alive.length, program.alive.length, `too many are listed:\n${alive.join('\n')}`);
      assert.doesNotMatch(alive.join('\n'), /hush/, 'a secret is in the list');
      assert.deepEqual([...libuv].sort(), [...program.libuv].sort(), 'libuv disagrees');

      const lines = new Set(ours.map(({ line }) => line));
      const unknown = entriesOf(why, path).filter(({ type, line }) => line !== null && !lines.has(line) && program.whyOnly?.[type] === undefined);
      assert.deepEqual(unknown, [], 'why-is-node-running knows of more');
    });

    if (program.ends === true) {
      test(`${program.name}: it ends by itself`, async () => {
        const { code } = await run([path], 'ignore');
        assert.equal(code, 0);
      });
    }
  }
});
