import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { circlesOf, describeCircle, importGraph } from './import-circles.js';

/** @param {Record<string, string>} files */
const circles = (files) => circlesOf(importGraph(new Map(Object.entries(files))));

describe('the search for circles of imports', () => {
  const found = [
    ['two files that import each other', "import { b } from './b.js';", "import { a } from './a.js';"],
    ['of types only', "import type { B } from './b.js';", "import type { A } from './a.js';"],
    ['of types among values', "import { c, type B } from './b.js';", "import { type A } from './a.js';"],
    ['of types in expressions', "export type T = import('./b.js').B;", "let a: import('./a.js').A;"],
    ['of dynamic imports', "const b = await import('./b.js');", "const a = await import('./a.js');"],
    ['of re-exports', "export { b } from './b.js';", "export type * from './a.js';"],
  ];
  for (const [sentence, a, b] of found) {
    it(`finds ${sentence}`, () => assert.deepEqual(circles({ 'src/a.ts': a, 'src/b.ts': b }), [['src/a.ts', 'src/b.ts']]));
  }

  it('finds a circle through several files and folders, and leaves out who only imports it', () => {
    const files = {
      'src/entry.ts': "import './room/index.js';",
      'src/room/index.ts': "export * from './a.js';",
      'src/room/a.ts': "import type { B } from '../b.js';",
      'src/b.tsx': "import { a } from './room/index.js';\nimport './leaf.js';",
      'src/leaf.ts': '',
    };
    assert.deepEqual(circles(files), [['src/b.tsx', 'src/room/a.ts', 'src/room/index.ts']]);
  });

  it('finds a file that imports itself', () => {
    assert.deepEqual(circles({ 'src/a.ts': "import type { A } from './a.js';" }), [['src/a.ts']]);
  });

  it('tells two circles apart', () => {
    const files = {
      'src/a.ts': "import './b.js';",
      'src/b.ts': "import './a.js';\nimport './c.js';",
      'src/c.ts': "import './d.js';",
      'src/d.ts': "import './c.js';",
    };
    assert.deepEqual(circles(files), [['src/a.ts', 'src/b.ts'], ['src/c.ts', 'src/d.ts']]);
  });

  it('finds none where two ways lead to the same file, in packages, or in comments', () => {
    const files = {
      'src/a.ts': "import './b.js';\nimport type { C } from './c.js';\nimport ts from 'typescript';",
      'src/b.ts': "import { c } from './c.js';\n// import './a.js';",
      'src/c.ts': "import { readFile } from 'node:fs';",
    };
    assert.deepEqual(circles(files), []);
  });

  it('names the files of a circle, and what each imports of it', () => {
    const graph = importGraph(new Map([
      ['src/a.ts', "import './b.js';\nimport './c.js';"],
      ['src/b.ts', "import type { A } from './a.js';"],
      ['src/c.ts', ''],
    ]));
    assert.equal(describeCircle(['src/a.ts', 'src/b.ts'], graph), '2 files import each other:\n  src/a.ts imports src/b.ts\n  src/b.ts imports src/a.ts');
  });
});
