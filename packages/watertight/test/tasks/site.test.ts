/**
 * Call sites: the program's own line, through `await`, wrappers and packages. These tests are compiled
 * TypeScript, so every site that is right names the `.ts` file.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setImmediate as turn } from 'node:timers/promises';
import { captureTrace, formatSite, framesOf, siteOf, type Site, type Trace } from '#tasks';
import { markedLine } from './marked-line.js';

/** As an entry point of the library does it: its own frame is left out. */
function entry(): Trace {
  return captureTrace(entry);
}

function assertAt(trace: Trace, mark: string, name?: string): Site {
  const site = siteOf(trace);
  const { file, line, text } = markedLine(import.meta.url, mark);
  assert.ok(site !== null);
  assert.deepEqual({ file: site.file, line: site.line }, { file, line });
  assert.match(text.slice(site.column - 1), /^(await )?[\w.]+\(/, `column ${site.column} is not where a call starts`);
  if (name !== undefined) assert.equal(site.function, name);
  return site;
}

describe('the site of a call', () => {
  test('is the line of the .ts file and the function around it', () => {
    function loadPreview(): Trace {
      return entry(); // at: plain
    }
    assertAt(loadPreview(), 'plain', 'loadPreview');
  });

  test('names a method with its class', () => {
    class Preview {
      load(): Trace {
        return entry(); // at: method
      }
    }
    assertAt(new Preview().load(), 'method', 'Preview.load');
  });

  test('does not name an object literal Object', () => {
    const preview = {
      load(): Trace {
        return entry(); // at: literal
      },
    };
    assertAt(preview.load(), 'literal', 'load');
  });

  test('is right after an await', async () => {
    async function fetchLate(): Promise<Trace> {
      await turn();
      return entry(); // at: after await
    }
    assertAt(await fetchLate(), 'after await', 'fetchLate');
  });

  test('is the innermost of the program: a wrapper of its own comes first, its caller next', () => {
    function wrapper(): Trace {
      return entry(); // at: wrapper
    }
    function caller(): Trace {
      return wrapper(); // at: caller
    }
    const trace = caller();
    assertAt(trace, 'wrapper', 'wrapper');
    assert.equal(framesOf(trace)[1].line, markedLine(import.meta.url, 'caller').line);
    assert.equal(framesOf(trace)[1].function, 'caller');
  });

  test('has no frame of the engine and none of the library', () => {
    for (const { file } of framesOf([0].map(() => entry())[0])) {
      assert.doesNotMatch(file, /^node:|^internal|watertight\/(dist|src)\/|^$/);
    }
  });

  test('is read once and stays', () => {
    const trace = entry();
    assert.equal(framesOf(trace), framesOf(trace));
  });

  test('is found whatever the program set Error.stackTraceLimit to, and leaves it so', () => {
    const { stackTraceLimit } = Error;
    try {
      for (const limit of [0, 1, 10, 100]) {
        Error.stackTraceLimit = limit;
        const trace = entry(); // at: limit
        assert.equal(Error.stackTraceLimit, limit);
        assertAt(trace, 'limit');
      }
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });

  /** Sets a tool's hook, which says of the first frame what `shown` says, and leaves out as many of the last as `cut`. */
  function withTool(shown: string, cut: number, check: () => void): void {
    const hooked = Error as { prepareStackTrace?: unknown };
    const { prepareStackTrace } = hooked;
    hooked.prepareStackTrace = (_error: Error, sites: NodeJS.CallSite[]) =>
      ['Error', ...sites.slice(0, sites.length - cut).map((site, i) => (i === 0 ? `    at ${shown} (/app/src/preview.ts:14:23)` : `    at ${site.getFunctionName() ?? ''} (${site.getFileName() ?? ''}:${site.getLineNumber() ?? 0}:${site.getColumnNumber() ?? 0})`))].join('\n');
    try {
      check();
    } finally {
      hooked.prepareStackTrace = prepareStackTrace;
    }
  }

  test('is taken from the text where a tool has its own prepareStackTrace', () => {
    withTool('async Preview.load [as run]', 1, () => assert.deepEqual(siteOf(entry()), { file: '/app/src/preview.ts', line: 14, column: 23, function: 'Preview.load' }));
    for (const nameless of ['TestContext.<anonymous>', 'Object.<anonymous>']) withTool(nameless, 1, () => assert.equal(siteOf(entry())?.function, ''));
  });

  test('has the engine\'s name of the function where the tool\'s frames are the engine\'s', () => {
    withTool('fetch', 0, () => {
      function opening(): Trace {
        return entry();
      }
      assert.deepEqual(siteOf(opening()), { file: '/app/src/preview.ts', line: 14, column: 23, function: 'opening' });
    });
  });
});

describe('the site of a call through a package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'watertight-site-'));
  after(() => rmSync(folder, { recursive: true }));
  const dependency = join(folder, 'node_modules', 'wrapper');
  mkdirSync(dependency, { recursive: true });
  writeFileSync(join(dependency, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(dependency, 'index.js'),
    'export function now(call) { return call(); }\nexport async function later(call) { await null; return call(); }\n',
  );
  // The call itself is the package's: `captureTrace` stands in for a request.
  const capture = captureTrace.bind(null, captureTrace);
  const wrapper = async (): Promise<{ now(call: () => Trace): Trace; later(call: () => Trace): Promise<Trace> }> => import(pathToFileURL(join(dependency, 'index.js')).href);

  test('is past the frames of node_modules', async () => {
    const { now } = await wrapper();
    const trace = now(capture); // at: package
    assertAt(trace, 'package');
    assert.match(framesOf(trace)[0].file, /node_modules/);
  });

  test('is found through the await of the package\'s promise', async () => {
    const { later } = await wrapper();
    const trace = await later(capture); // at: awaited package
    assertAt(trace, 'awaited package');
  });

  test('is the package\'s own line where nothing else is known', async () => {
    const { later } = await wrapper();
    let found: Trace | null = null;
    void later(capture).then((trace) => (found = trace));
    await turn();
    assert.match(siteOf(found!)!.file, /node_modules.wrapper.index\.js$/);
  });
});

describe('a site as text', () => {
  test('is relative inside the working directory, absolute outside, and has the function in brackets', () => {
    const site = { line: 14, column: 23, function: 'fetchPreview' };
    assert.equal(formatSite({ ...site, file: join(process.cwd(), 'src', 'preview.ts') }), 'src/preview.ts:14:23 (fetchPreview)');
    assert.equal(formatSite({ ...site, file: '/elsewhere/preview.ts', function: '' }), '/elsewhere/preview.ts:14:23');
    assert.equal(formatSite({ ...site, file: 'evalmachine.<anonymous>', function: '' }), 'evalmachine.<anonymous>:14:23');
  });
});
