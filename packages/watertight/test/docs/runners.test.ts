/** Owns the promise that the page of each test runner shows what that runner prints: its files are run as they stand. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isInstalled, modules, Project } from '../runners/project.js';
import { LeakSession } from 'watertight/leak';
import { packageRoot } from '../fixtures/package-root.js';

/** How `npx runner` is run here. */
const PROGRAMS: Readonly<Record<string, string>> = { vitest: 'vitest/vitest.mjs', jest: 'jest/bin/jest.js', mocha: 'mocha/bin/mocha.js' };

const PAGES = ['vitest', 'jest', 'node-test', 'mocha'];

interface Block {
  readonly name: string;
  readonly text: string;
}

function blocks(page: string, kind: 'file' | 'output'): Block[] {
  const text = readFileSync(new URL(`../../docs/runners/${page}.md`, packageRoot), 'utf8');
  return [...text.matchAll(new RegExp(`<!-- ${kind}: (.+?) -->\\n\`\`\`\\w*\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, name, block]) => ({ name, text: block }));
}

/** Without what differs from run to run and from machine to machine, and without the margin. */
function settled(output: string): string {
  return output
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    .replaceAll(/\b\d+(?:\.\d+)? ?m?s\b/g, 'TIME')
    .replaceAll(/ \(TIME\)| TIME$/gm, '')
    .replaceAll(/^[ │]+| +$/gm, '');
}

describe('the pages of the runners', { concurrency: 2 }, () => {
  let server: Server;
  before(async () => {
    server = createServer((request, response) => {
      response.writeHead(request.url === '/report' ? 200 : 404, { 'content-type': 'text/plain' }).end(request.url === '/report' ? 'all is well' : 'there is nothing here');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  for (const page of PAGES) {
    const skip = page === 'node-test' || isInstalled(page) ? false : `${page} is not installed`;
    test(`docs/runners/${page}.md shows what is printed`, { skip }, async () => {
      const project = new Project(`docs-${page}`);
      try {
        project.install();
        const own = (text: string): string => text.replaceAll('127.0.0.1:8080', `127.0.0.1:${(server.address() as AddressInfo).port}`);
        project.write({ 'package.json': '{}' });
        project.write(Object.fromEntries(blocks(page, 'file').map(({ name, text }) => [name, own(text)])));
        const shown = blocks(page, 'output');
        assert.notEqual(shown.length, 0, 'the page shows a run');
        for (const { name: command, text } of shown) {
          const [first, runner, ...rest] = command.split(' ');
          const args = first === 'npx' ? [join(modules, PROGRAMS[runner]), ...rest] : [runner, ...rest];
          const { code, output } = await project.node(args);
          const printed = settled(output);
          // A line of three dots stands for anything.
          let from = 0;
          for (const part of settled(text).split(/^…$/m)) {
            const at = printed.indexOf(part.trim(), from);
            assert.notEqual(at, -1, `${command} prints\n${output}\nand not\n${part}`);
            from = at + part.trim().length;
          }
          assert.notEqual(code, 0, output);
        }
      } finally {
        project.remove();
      }
    });
  }
});

test('docs/runners/options.md has the options that there are', () => {
  const text = readFileSync(new URL('../../docs/runners/options.md', packageRoot), 'utf8').split('Entries of `ignore`')[0];
  const shown = [...text.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.throws(() => new LeakSession({ nope: 1 } as object), (error: Error) => {
    const known = / it has (.*)$/.exec(error.message)?.[1].split(', ') ?? [];
    assert.deepEqual(shown.toSorted(), known.toSorted());
    return true;
  });
});
