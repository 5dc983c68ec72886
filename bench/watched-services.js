// Owns the processes of a measured watch: the watched services, and the watcher with its probe.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseTarget } from '../packages/watch/dist/scrape/index.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const children = [];

/** Starts a Node program with a channel to this process, on a core; null: on any core. */
function start(core, program, args, execArgv = []) {
  const pinned = core === null ? {} : { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...execArgv] };
  const child = fork(program, args, { execArgv, ...pinned, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(child);
  return child;
}

/** Asks one of the processes for what it has seen since the last question. */
export async function ask(child, what) {
  child.send(what);
  const [answer] = await once(child, 'message');
  return answer;
}

/** Starts `count` services; resolves to their addresses, of which `profiles` is the name in the watch. */
export async function startServices(count, core) {
  const fleet = start(core, here('watch-targets.js'), [String(count)]);
  const [{ addresses }] = await once(fleet, 'message');
  return { fleet, addresses: addresses.map((address) => ({ ...address, ...parseTarget(address.url) })) };
}

/** Starts `watertight watch` for them, with its history in a folder; resolves when its dashboard is ready. */
export async function startWatcher(room, addresses, interval, core, nodeFlags = []) {
  writeFileSync(join(room, 'watch.yml'), `targets:\n${addresses.map(({ url }, i) => `  - { url: "${url}", name: service-${i}, labels: { team: team-${i % 20}, zone: zone-${i % 3} }, limit: 5000 }\n`).join('')}`);
  const watcher = start(
    core,
    here('../packages/watch/dist/cli/main.js'),
    ['watch', '--config', join(room, 'watch.yml'), '--db', join(room, 'history.db'), '--port', '0', '--interval', String(interval)],
    ['--expose-gc', ...nodeFlags, '--import', here('watch-probe.js')],
  );
  watcher.once('exit', (code) => code !== 0 && code !== null && console.error(`the watcher ended with ${code}`));
  let said = '';
  watcher.stdout.setEncoding('utf8');
  while (!/dashboard at (\S+);/.test(said)) said += (await once(watcher.stdout, 'data'))[0];
  watcher.stdout.resume();
  return { watcher, dashboard: /dashboard at (\S+);/.exec(said)[1] };
}

export function endWatched() {
  for (const child of children) child.kill('SIGKILL');
}
