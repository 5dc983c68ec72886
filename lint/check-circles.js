// The second half of `npm run lint`: no file of a package's src may be in a circle of imports, types included.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { circlesOf, describeCircle, importGraph } from './import-circles.js';

const root = fileURLToPath(new URL('..', import.meta.url));

let found = 0;
for (const name of readdirSync(join(root, 'packages'))) {
  const graph = importGraph(sourcesIn(join(root, 'packages', name, 'src')));
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
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.[cm]?tsx?$/.test(file));
  return new Map(files.map((file) => [relative(root, join(folder, file)).replaceAll(sep, '/'), readFileSync(join(folder, file), 'utf8')]));
}
