// Tries the leak checks in small projects: package managers × runners × loaders × Nodes. It needs the network of a
// package registry and some minutes, so no test runs it; test/runners/layouts.test.ts tries those that need neither.
//
//   node scripts/layouts.mjs [--with npm|pnpm|pnp] [--folder PATH] [TEXT...]     after a build
//     --with      the package manager, npm by default; pnp is Yarn's without node_modules
//     --folder    where the packages are installed, and found again at the next run; by default a temporary folder
//     TEXT        only projects with one of the texts in their name
//   NODE_UNDER_TEST=/path/to/node names another Node
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { projects } from './layouts/projects.mjs';
import { packageFolder, tryProject } from './layouts/trial.mjs';

const { values, positionals } = parseArgs({ options: { with: { type: 'string', default: 'npm' }, folder: { type: 'string' } }, allowPositionals: true });
const node = process.env.NODE_UNDER_TEST ?? process.execPath;

/** The packages that the projects need; ts-jest asks its project for jest-util. jsdom 26 is the last one for all Nodes that are tested. */
const PACKAGES = {
  typescript: '6.0', tsx: '4', '@swc/core': '1', '@swc/jest': '0.2', '@swc-node/register': '1', mocha: '12', c8: '12', sinon: '22', '@sinonjs/fake-timers': '15',
  jest: '30', 'jest-util': '30', 'ts-jest': '29', 'jest-environment-jsdom': '30', vitest: '4.1.11', '@vitest/coverage-v8': '4.1.11', '@vitest/coverage-istanbul': '4.1.11', jsdom: '26',
};

const INSTALL = {
  npm: ['npm', 'install', '--no-audit', '--no-fund', '--loglevel=error'],
  pnpm: ['npx', '--yes', 'pnpm@12', 'install'],
  pnp: ['npx', '--yes', '@yarnpkg/cli-dist@4', 'install'],
};

function run([command, ...args], cwd, env = {}) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit status ${status}`);
}

function install(folder) {
  mkdirSync(folder, { recursive: true });
  const packageSource = fileURLToPath(new URL('../packages/watertight/', import.meta.url));
  run(['npm', 'pack', '--silent', '--pack-destination', folder], packageSource);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({
    name: 'projects',
    private: true,
    // vite serves what lies below the folder with the workspaces.
    workspaces: ['none/*'],
    devDependencies: { watertight: `file:./${tarball}`, ...PACKAGES },
    // Yarn refuses later versions where the registry lacks a package that they need on Windows alone.
    resolutions: { vite: '8.3.8' },
  }));
  if (values.with === 'pnp') writeFileSync(join(folder, 'yarn.lock'), '');
  // Yarn has a registry of its own; npm is already set to the one that can be reached.
  const registry = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim();
  run(INSTALL[values.with], folder, { YARN_NPM_REGISTRY_SERVER: registry, YARN_NODE_LINKER: 'pnp', YARN_ENABLE_TELEMETRY: '0', YARN_ENABLE_GLOBAL_CACHE: '0', YARN_ENABLE_IMMUTABLE_INSTALLS: '0' });
}

// A space and a letter beyond ASCII: paths come as URLs, in which both are escaped.
const folder = resolve(values.folder ?? join(mkdtempSync(join(tmpdir(), 'watertight-layouts-')), 'prüf stand'));
if (!existsSync(join(folder, 'package.json'))) install(folder);
const pnpFile = join(folder, '.pnp.cjs');
const pnp = existsSync(pnpFile) ? createRequire(pnpFile)(pnpFile) : null;

function locate(name) {
  if (pnp === null) return packageFolder(folder, name);
  try {
    return join(pnp.resolveToUnqualified(name, `${folder}/`));
  } catch {
    return null;
  }
}

const server = createServer((request, response) => response.end('x'.repeat(100_000)));
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const origin = `http://127.0.0.1:${server.address().port}`;
const options = pnp === null ? '' : `--require "${pnpFile}" --experimental-loader ${pathToFileURL(join(folder, '.pnp.loader.mjs')).href} --no-warnings`;
const inherited = { ...process.env, NODE_OPTIONS: options, NODE_TEST_CONTEXT: undefined };

const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
const [major, minor] = version.slice(1).split('.').map(Number);
const isIn = ({ since }) => major > Math.trunc(since) || (major === Math.trunc(since) && minor >= Math.round((since % 1) * 100));
const chosen = projects.filter((project) => isIn(project) && (positionals.length === 0 || positionals.some((text) => project.name.includes(text))));

let right = 0;
const waiting = [...chosen.entries()];
async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [at, project] = next;
    const missing = project.needs.filter((name) => locate(name) === null);
    if (missing.length > 0) {
      console.log(`left out  ${project.name}: ${missing.join(', ')} not installed`);
      continue;
    }
    const own = join(folder, 'projects', `${version}-${at}`);
    rmSync(own, { recursive: true, force: true });
    const { faults, output } = await tryProject(project, own, { node, origin, inherited, locate });
    if (faults.length === 0) right++;
    console.log(`${faults.length === 0 ? 'right' : 'WRONG'}  ${project.name}${faults.map((fault) => `\n       ${fault}`).join('')}`);
    writeFileSync(join(own, 'output.txt'), output);
  }
}
await Promise.all([work(), work()]);
console.log(`\n${right} of ${chosen.length} projects are right: Node ${version}, ${values.with}, in ${folder}`);
server.close();
server.closeAllConnections();
process.exitCode = right === chosen.length ? 0 : 1;
