/**
 * What every adapter owes, whichever runner it is for: which tests fail, what is printed, and how the run ends.
 * A dialect says how a runner's test files are written, run and read; the cases are the same for all of them.
 *
 * Each case is a file, and the runner is started once for all that must pass and once for all that must fail: to start
 * it takes longer than a case.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RawServer } from '../fixtures/raw-server.js';
import { Project } from './project.js';

/** What a run says of one file. */
export interface FileReport {
  /** Whether the file, or a test of it, failed. */
  failed: boolean;
  /** By the test's title (the last part of its name). */
  readonly outcomes: Map<string, Outcome>;
  /** What is printed of it: errors, above all. */
  text: string;
}

/** What a run of several files came to. */
export interface Report {
  readonly code: number | null;
  /** What was printed, without colours. */
  readonly output: string;
  /** By the file's name in the project. */
  readonly files: ReadonlyMap<string, FileReport>;
}

export type Outcome = 'passed' | 'failed' | 'skipped' | 'absent';

/** A runner, as the contract needs to know it. */
export interface Dialect {
  /** The runner's name, and the adapter's: `mocha`. */
  readonly name: string;
  /** Why it can't be run here; null if it can. */
  readonly unavailable: string | null;
  /** How the names of test files end: `.test.mjs`. */
  readonly extension: string;
  /** Whether the ends of all files of a run are told together, once. */
  readonly endsTogether?: boolean;
  /**
   * The first lines of a test file: they must bring `test`, `describe`, `before`, `after`, `beforeEach`, `afterEach` (by
   * these names), the adapter, and its `leakCheck`. No `get` of watertight.
   */
  readonly prologue: string;
  /** The line that brings `get` of watertight. Default: an import. */
  readonly importGet?: string;
  /** What the project needs beside the test file: configuration, package.json. */
  readonly files?: Readonly<Record<string, string>>;
  /** Source of a test that its file leaves out. */
  skipped(name: string, body: string): string;
  /** Source of tests that run at the same time; null if the runner has no such thing. */
  readonly concurrently: ((tests: readonly { name: string; body: string }[]) => string) | null;
  /** Runs the runner on the files. */
  run(project: Project, files: readonly string[]): Promise<Report>;
}

/** What a run must come to. */
interface Expected {
  readonly code: 'zero' | 'not zero';
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** Lines (by their mark, `// at: name`) that are named as where a leak was opened: each exactly so many times in a distinct error. */
  readonly named?: readonly string[];
  /** Marked lines that must not be named: leaks that are somebody else's, or nobody's. */
  readonly unnamed?: readonly string[];
  readonly printed?: readonly RegExp[];
  readonly notPrinted?: readonly RegExp[];
}

interface Case {
  readonly name: string;
  readonly source: (dialect: Dialect) => string;
  readonly expected: Expected;
  readonly concurrent?: boolean;
}

/** The first words of what is reported at the end of a file. */
export const AT_END = /leaked outside of any test/;

const CASES: readonly Case[] = [
  {
    name: 'a leaking test fails and names its line, a clean one passes',
    source: () => `
test('clean', async () => {
  const response = await fetchPreview(URL);
  await response.text();
});
test('leaking', async () => {
  await get(URL + 'a'); // at: leak
});
test('clean again', async () => {
  await (await get(URL)).close();
});`,
    expected: {
      code: 'not zero',
      outcomes: { clean: 'passed', leaking: 'failed', 'clean again': 'passed' },
      named: ['leak'],
      unnamed: ['helper'],
      printed: [/1 response leaked/, /unread body: GET http:\/\/127\.0\.0\.1:\d+\/a \(200\), 0 of 50 bytes read, held for/, /read it to the end, close it/],
      notPrinted: [AT_END],
    },
  },
  {
    name: 'where nothing leaks, the run passes and nothing is said',
    source: () => `
test('clean', async () => {
  await (await get(URL)).text();
});
describe('a group', () => {
  test('clean, too', async () => {
    await (await get(URL)).text();
  });
});`,
    expected: { code: 'zero', outcomes: { clean: 'passed', 'clean, too': 'passed' }, notPrinted: [/leak(?:ed|s| check)/i, /LeakError/] },
  },
  {
    name: 'a test that fails keeps its own error, and its leak is not blamed on anybody else',
    source: () => `
test('failing', async () => {
  await get(URL); // at: leak
  throw new Error('expected teapots');
});
test('clean', async () => {
  await (await get(URL)).text();
});`,
    expected: { code: 'not zero', outcomes: { failing: 'failed', clean: 'passed' }, printed: [/expected teapots/], unnamed: ['leak'], notPrinted: [AT_END] },
  },
  {
    name: 'a test that is left out stays left out',
    source: (dialect) => `
${dialect.skipped('left out', 'await get(URL); // at: leak')}
test('clean', async () => {
  await (await get(URL)).text();
});`,
    expected: { code: 'zero', outcomes: { 'left out': 'skipped', clean: 'passed' }, unnamed: ['leak'] },
  },
  {
    name: 'a leak in a group within a group is the test\'s',
    source: () => `
describe('outer', () => {
  describe('inner', () => {
    test('leaking', async () => {
      await get(URL); // at: leak
    });
    test('clean', async () => {
      await (await get(URL)).text();
    });
  });
});`,
    expected: { code: 'not zero', outcomes: { leaking: 'failed', clean: 'passed' }, named: ['leak'], notPrinted: [AT_END] },
  },
  {
    name: 'what beforeEach opens, afterEach may close',
    source: () => `
describe('a group', () => {
  let response;
  beforeEach(async () => {
    response = await get(URL); // at: open
  });
  afterEach(async () => {
    await response.close();
  });
  test('first', () => {});
  test('second', async () => {
    await response.text();
  });
});`,
    expected: { code: 'zero', outcomes: { first: 'passed', second: 'passed' }, unnamed: ['open'] },
  },
  {
    name: 'what a before hook opens, an after hook may close',
    source: () => `
let response;
before(async () => {
  response = await get(URL); // at: open
});
after(async () => {
  await response.close();
});
describe('a group', () => {
  let own;
  before(async () => {
    own = await get(URL); // at: own
  });
  after(async () => {
    await own.close();
  });
  test('first', () => {});
});
test('second', () => {});`,
    expected: { code: 'zero', outcomes: { first: 'passed', second: 'passed' }, unnamed: ['open', 'own'], notPrinted: [AT_END] },
  },
  {
    name: 'what a before hook opens and nobody closes is reported once, at the end',
    source: () => `
before(async () => {
  await get(URL); // at: leak
});
test('first', () => {});
test('second', () => {});`,
    expected: { code: 'not zero', outcomes: { first: 'passed', second: 'passed' }, named: ['leak'], printed: [AT_END] },
  },
  {
    name: 'what a test opens after its end is reported once, at the end',
    source: () => `
test('late', () => {
  setTimeout(() => void get(URL), 100); // at: leak
});
test('clean', async () => {
  await new Promise((resolve) => setTimeout(resolve, 400));
});`,
    expected: { code: 'not zero', outcomes: { late: 'passed', clean: 'passed' }, named: ['leak'], printed: [AT_END, /late/] },
  },
  {
    name: 'a test can be left unchecked, a list of known leaks given',
    source: () => `
test('unchecked', async () => {
  leakCheck('off');
  await get(URL); // at: unchecked
});
test('known', async () => {
  leakCheck({ ignore: ignoreUrl(URL + 'known') });
  await get(URL + 'known'); // at: known
});
test('leaking', async () => {
  await get(URL + 'known'); // at: leak
});`,
    expected: { code: 'not zero', outcomes: { unchecked: 'passed', known: 'passed', leaking: 'failed' }, named: ['leak'], unnamed: ['unchecked', 'known'], notPrinted: [AT_END] },
  },
  {
    name: 'a file can be left unchecked',
    source: () => `
leakCheck('off');
test('unchecked', async () => {
  await get(URL); // at: unchecked
});`,
    expected: { code: 'zero', outcomes: { unchecked: 'passed' }, unnamed: ['unchecked'] },
  },
  {
    name: 'tests that run at the same time see their own leaks only',
    concurrent: true,
    source: (dialect) =>
      dialect.concurrently?.([
        // Holds a response until well after the leaking test was checked, then reads it.
        { name: 'slow', body: `const response = await get(URL); // at: slow\n    await new Promise((resolve) => setTimeout(resolve, 2500));\n    await response.text();` },
        { name: 'leaking', body: `await get(URL); // at: leak` },
        { name: 'clean', body: `await (await get(URL)).text();` },
      ]) ?? '',
    expected: { code: 'not zero', outcomes: { slow: 'passed', leaking: 'failed', clean: 'passed' }, named: ['leak'], unnamed: ['slow'], notPrinted: [AT_END] },
  },
];

/** A case with the file that it is, and the run of that file. */
interface Tried {
  readonly each: Case;
  readonly file: string;
  readonly source: string;
  readonly report: Promise<Report>;
}

/** The contract's cases as tests of the adapter. */
export function fulfilsTheContract(dialect: Dialect): void {
  describe(`${dialect.name}:`, { skip: dialect.unavailable ?? false, concurrency: true }, () => {
    let server: RawServer;
    let project: Project;
    let tried: ReadonlyMap<Case, Tried>;
    before(async () => {
      server = await RawServer.start({ onRequest: (request) => request.reply('x'.repeat(50)) });
      project = new Project(`adapter-${dialect.name.replace(/\W+/g, '-')}`);
      project.write({ 'package.json': '{ "type": "module" }', ...dialect.files });
      tried = tryAll(dialect, project, server.origin);
    });
    after(async () => {
      await Promise.allSettled([...tried.values()].map(({ report }) => report));
      await server.stop();
      project.remove();
    });

    for (const each of CASES) {
      const skip = isMeant(each, dialect) ? false : `${dialect.name} runs the tests of a file one after the other`;
      test(each.name, { skip }, async () => {
        const { file, source, report } = tried.get(each)!;
        check(await report, file, source, each.expected);
      });
    }
  });
}

const isMeant = (each: Case, { concurrently }: Dialect): boolean => each.concurrent !== true || concurrently !== null;

/** Writes all files, and starts as few runs as tell the cases apart. */
function tryAll(dialect: Dialect, project: Project, origin: string): Map<Case, Tried> {
  const tried = new Map<Case, Tried>();
  const groups = new Map<string, { each: Case; file: string; source: string }[]>();
  CASES.filter((each) => isMeant(each, dialect)).forEach((each, at) => {
    const file = `case-${at + 1}${dialect.extension}`;
    const source = testFile(dialect, each.source(dialect), origin);
    project.write({ [file]: source });
    const group = dialect.endsTogether === true && each.expected.printed?.includes(AT_END) === true ? file : each.expected.code;
    groups.set(group, [...(groups.get(group) ?? []), { each, file, source }]);
  });
  let last: Promise<unknown> = Promise.resolve();
  for (const group of groups.values()) {
    // One after the other: the files of a run are at the same time already.
    const report = last.then(() => dialect.run(project, group.map(({ file }) => file)));
    last = report.catch(() => undefined);
    for (const { each, file, source } of group) tried.set(each, { each, file, source, report });
  }
  return tried;
}

function testFile(dialect: Dialect, body: string, origin: string): string {
  return `${dialect.prologue}
${dialect.importGet ?? "import { get } from 'watertight';\nimport { ignoreUrl } from 'watertight/leak';"}
const URL = ${JSON.stringify(`${origin}/`)};
async function fetchPreview(url) {
  return get(url); // at: helper
}
void ignoreUrl;
${body}
`;
}

function check({ code, output, files }: Report, file: string, source: string, expected: Expected): void {
  const report = files.get(file);
  const shown = `\n--- ${file}\n${source}\n--- exit status ${String(code)}\n${report?.text ?? ''}\n--- all files\n${output}`;
  assert.ok(report !== undefined, `nothing is said of the file${shown}`);
  // Where all files must pass, nothing may be printed of any.
  const text = (expected.code === 'zero' ? report.text + output : report.text).replace(COLLECTED, '');
  for (const [name, outcome] of Object.entries(expected.outcomes)) assert.equal(report.outcomes.get(name) ?? 'absent', outcome, `the test "${name}"${shown}`);
  for (const mark of expected.named ?? []) assert.ok(namings(text, file, lineOf(source, mark)) > 0, `the line "at: ${mark}" is not named${shown}`);
  for (const mark of expected.unnamed ?? []) assert.equal(namings(`${text}\n${output}`, file, lineOf(source, mark)), 0, `the line "at: ${mark}" is named${shown}`);
  for (const each of expected.printed ?? []) assert.match(text, each, shown);
  for (const each of expected.notPrinted ?? []) assert.doesNotMatch(text, each, shown);
  assert.equal(report.failed, expected.code === 'not zero', `whether the file failed${shown}`);
  assert.equal(code === 0 ? 'zero' : 'not zero', expected.code, `the exit status${shown}`);
}

function lineOf(source: string, mark: string): number {
  const at = source.split('\n').findIndex((text) => text.endsWith(`// at: ${mark}`));
  assert.notEqual(at, -1, `no line ends in "// at: ${mark}"`);
  return at + 1;
}

/**
 * What the process itself warns of when a response was collected, which is when the garbage collector likes: it blames no
 * test, and comes in any run that leaves a response.
 */
const COLLECTED = /\[WATERTIGHT_LEAK\] LeakWarning: .*\s+(?:# +)?opened at .*\s+(?:# +)?Nothing refers to the response any more/g;

/** How often a report says that something was opened in this line. */
function namings(output: string, file: string, line: number): number {
  return output.replace(COLLECTED, '').split('\n').filter((text) => text.includes('opened at ') && text.includes(`${file}:${line}:`)).length;
}
