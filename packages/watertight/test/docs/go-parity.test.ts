/** Owns the promise that docs/go-parity.md lists every test of Go's transport and client, and that each test of ours that it names exists. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { packageRoot } from '../fixtures/package-root.js';

interface Row {
  readonly goTest: string;
  readonly outcome: string;
  readonly ours: { readonly file: string; readonly name: string }[];
  readonly reason: string | null;
}

const text = readFileSync(new URL('../../docs/go-parity.md', packageRoot), 'utf8');

const rows: Row[] = [...text.matchAll(/^\| `(Test\w+)` \| ([^|]+) \| (.*) \|$/gm)].map(([, goTest, outcome, cell]) => {
  const parts = cell.split('<br>');
  const ours = parts.flatMap((part) => {
    const match = /^`([\w/-]+)`: (.+)$/.exec(part);
    return match === null ? [] : [{ file: match[1], name: match[2] }];
  });
  return { goTest, outcome, ours, reason: /\*(.+)\*$/.exec(cell)?.[1] ?? null };
});

/** The files of Go whose tests the page lists. */
const FILES = ['transport_test.go', 'client_test.go', 'transport_internal_test.go', 'httptrace/trace_test.go', 'internal/chunked_test.go'];

/** Where Go's sources are, if they are of the version that the page lists. */
function goSources(): string | null {
  const { stdout, status } = spawnSync('go', ['env', 'GOROOT', 'GOVERSION'], { encoding: 'utf8' });
  if (status !== 0) return null;
  const [root, version] = stdout.trim().split('\n');
  const folder = join(root, 'src/net/http');
  return version === 'go1.19.8' && FILES.every((file) => existsSync(join(folder, file))) ? folder : null;
}

const sources = new Map<string, string>();

function sourceOf(file: string): string {
  let source = sources.get(file);
  if (source === undefined) {
    const url = new URL(`test/${file}.test.ts`, packageRoot);
    assert.ok(existsSync(url), `there is no ${file}.test.ts`);
    sources.set(file, (source = readFileSync(url, 'utf8')));
  }
  return source;
}

/** The name as a literal of the source: that of a test or a group, or a row of the table that one is made of. */
function isNamed(source: string, name: string): boolean {
  return source.includes(`'${name.replaceAll('\'', '\\\'')}'`) || source.includes(`\`${name}\``);
}

test('the page has more than two hundred tests, each once', () => {
  const names = rows.map(({ goTest }) => goTest);
  assert.ok(names.length > 200);
  assert.equal(new Set(names).size, names.length);
});

describe('each row', () => {
  test('names a test of ours if it holds or differs', () => {
    for (const { goTest, outcome, ours } of rows) assert.equal(ours.length > 0, outcome === 'holds' || outcome === 'differs', goTest);
  });

  test('has a reason if it differs or does not apply', () => {
    for (const { goTest, outcome, reason } of rows) if (outcome === 'differs' || outcome === 'does not apply') assert.notEqual(reason, null, goTest);
  });

  test('says one of a few outcomes', () => {
    for (const { goTest, outcome } of rows) assert.ok(['holds', 'differs', 'does not apply'].includes(outcome), `${goTest}: ${outcome}`);
  });
});

test('every test of ours that the page names exists', () => {
  const missing = rows.flatMap(({ goTest, ours }) => ours.filter(({ file, name }) => !isNamed(sourceOf(file), name)).map(({ file, name }) => `${goTest}: ${file}: ${name}`));
  assert.deepEqual(missing, []);
});

const folder = goSources();

test('every test of Go 1.19.8 is on the page', { skip: folder === null ? 'the sources of Go 1.19.8 are not here' : false }, () => {
  const theirs = FILES.flatMap((file) => [...readFileSync(join(folder!, file), 'utf8').matchAll(/^func (Test\w+)\(/gm)].map(([, name]) => name));
  const listed = new Set(rows.map(({ goTest }) => goTest));
  assert.deepEqual(theirs.filter((name) => !listed.has(name)), []);
});
