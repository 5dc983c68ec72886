// Checks the test coverage: `npm run coverage` runs the tests under c8 and requires 90 % of the lines of each of the
// basic layers. Each layer is measured alone, so that a well-covered one cannot hide another.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const threshold = 90;
const measured = ['wire', 'tasks', 'conn', 'transport', 'leak'];

const root = fileURLToPath(new URL('..', import.meta.url));
const source = join(root, 'packages', 'watertight', 'src');

const run = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'c8', 'bin', 'c8.js'), process.execPath, 'scripts/test.mjs', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
if (run.status !== 0) process.exit(run.status ?? 1);

const summary = JSON.parse(readFileSync(join(root, 'coverage', 'coverage-summary.json'), 'utf8'));
let tooLow = 0;
console.log(`\nLines covered, at least ${threshold} % of each layer:`);
for (const layer of measured) {
  const folder = join(source, layer) + sep;
  if (!existsSync(folder) || !readdirSync(folder, { recursive: true }).some((name) => name.endsWith('.ts'))) continue;
  const lines = Object.entries(summary)
    .filter(([file]) => file.startsWith(folder))
    .map(([, counts]) => counts.lines);
  const total = lines.reduce((sum, { total }) => sum + total, 0);
  const covered = lines.reduce((sum, { covered }) => sum + covered, 0);
  const percent = total === 0 ? 0 : (100 * covered) / total;
  const enough = percent >= threshold;
  if (!enough) tooLow++;
  console.log(`  ${layer.padEnd(10)} ${percent.toFixed(1).padStart(5)} %  ${covered}/${total}${enough ? '' : '  too low'}`);
}
if (tooLow > 0) process.exitCode = 1;
