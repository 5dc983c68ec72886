// The second half of `npm run lint`: no file may be in a circle of imports, types included.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { circlesOf, describeCircle, importGraph } from './import-circles.js';

const root = fileURLToPath(new URL('..', import.meta.url));

let found = 0;
const packageFolders = readdirSync(join(root, 'packages')).flatMap((name) => ['src', 'test', 'scripts'].map((part) => join('packages', name, part)));
for (const folder of [...packageFolders, 'bench', 'examples', 'lint', 'parity', 'scripts']) {
  const graph = importGraph(sourcesIn(join(root, folder)));
  for (const circle of circlesOf(graph)) {
    console.error(describeCircle(circle, graph));
    found++;
  }
}
if (found > 0) {
  console.error(`\n${found} ${found === 1 ? 'circle' : 'circles'} of imports. Let the lower file declare a small interface, or move what both need to a third file.`);
  process.exitCode = 1;
}

/** @param {string} folder */
function sourcesIn(folder) {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[cm]?[jt]sx?$/.test(file) && !file.includes('node_modules'));
  return new Map(files.map((file) => [relative(root, join(folder, file)).replaceAll(sep, '/'), readFileSync(join(folder, file), 'utf8')]));
}
