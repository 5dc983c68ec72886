// Owns the empty project into which the packed packages are installed: what it depends on, and how each package manager
// installs it and runs a program in it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pack, packages } from './pack.mjs';

/** What the entry points need beside the packages. undici 7 and mocha 11 run on every Node that is supported. */
const PEERS = { undici: '7', 'prom-client': '15', '@opentelemetry/api': '1', mocha: '11', jest: '30', vitest: '4.1.12', eslint: '9', typescript: '5.9', 'typescript-eslint': '8' };

const INSTALL = {
  npm: ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'],
  pnpm: ['npx', '--yes', 'pnpm@10', 'install', '--ignore-scripts', '--reporter=append-only'],
  pnp: ['npx', '--yes', '@yarnpkg/cli-dist@4', 'install'],
};
export const MANAGERS = Object.keys(INSTALL);

/** Writes the project and installs it. */
export function install(manager, folder) {
  mkdirSync(folder, { recursive: true });
  const own = Object.fromEntries(packages.map(({ folder: name, manifest }) => [manifest.name, `file:./${basename(pack(name, folder))}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, dependencies: { ...own, ...PEERS }, resolutions: own, pnpm: { overrides: own } }, null, 2));
  // Without these files, a package manager takes settings and lock file of a folder further up.
  if (manager === 'pnp') writeFileSync(join(folder, 'yarn.lock'), '');
  if (manager === 'pnpm') writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages: []\n');
  // Yarn has a registry of its own; npm is already set to the one that can be reached.
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim();
  const [command, ...args] = INSTALL[manager];
  const environment = { YARN_NPM_REGISTRY_SERVER: registry, YARN_NODE_LINKER: 'pnp', YARN_ENABLE_SCRIPTS: '0', YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0', YARN_ENABLE_IMMUTABLE_INSTALLS: '0' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env: { ...process.env, ...environment, CI: '1' } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit status ${status}\n${stdout}\n${stderr}`);
}

/**
 * The environment in which programs of the project run: Yarn's own loader where there is no node_modules. An ES module
 * is found through it only with the loader for ES modules, which `yarn node` sets in the same way.
 */
export function environmentOf(manager, folder) {
  const options = manager === 'pnp' ? `--require ${join(folder, '.pnp.cjs')} --experimental-loader ${join(folder, '.pnp.loader.mjs')} --no-warnings` : '';
  return { ...process.env, NODE_OPTIONS: options, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', WATERTIGHT_TRACK: undefined };
}
