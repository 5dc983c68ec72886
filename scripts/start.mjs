// Builds, then runs the `watertight` command: `npm start`. Without arguments it runs `demo`, which watches services
// of which some leak; `npm start -- watch URL` runs another sub-command.
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const node = process.execPath;

for (const step of [[path('node_modules/typescript/bin/tsc'), '-b'], [path('packages/watch/scripts/build-ui.mjs')]]) {
  const build = spawnSync(node, step, { cwd: path(''), stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
}

const given = process.argv.slice(2);
const command = spawn(node, [path('packages/watch/dist/cli/main.js'), ...(given.length > 0 ? given : ['demo'])], {
  stdio: 'inherit',
});
// The terminal sends SIGINT to both processes; this one waits for the command to end.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => command.kill('SIGTERM'));
command.on('close', (code) => {
  process.exitCode = code ?? 1;
});
