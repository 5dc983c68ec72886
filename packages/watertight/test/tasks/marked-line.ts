/** Where a marked line of a test lies: what a call site must name, though the test runs compiled. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../fixtures/package-root.js';

export interface MarkedLine {
  file: string;
  line: number;
  text: string;
}

/** The line of the `.ts` source of the compiled module `url` that ends in the comment `// at: name`. */
export function markedLine(url: string, name: string): MarkedLine {
  const compiled = new URL('dist-test/', packageRoot).href;
  const source = new URL(`test/${url.slice(compiled.length).replace(/\.js$/, '.ts')}`, packageRoot);
  const lines = readFileSync(source, 'utf8').split('\n');
  const at = lines.findIndex((text) => text.endsWith(`// at: ${name}`));
  if (at === -1) throw new Error(`no line of ${source.href} ends in "// at: ${name}"`);
  return { file: fileURLToPath(source), line: at + 1, text: lines[at] };
}
