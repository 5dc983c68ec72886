// Uses the packages as published: each is packed and installed into an empty project, and every entry point of `exports`
// is used there, by `import` and by `require`: one real request to a server on loopback, and our own leak check.
//
//   node scripts/use-packages.mjs [--only npm,pnpm,pnp] [--folder PATH] [TEXT...]     after a build
//     --only      the package managers, all by default; pnp is Yarn's without node_modules
//     --folder    where the packages are installed, and found again at the next run; a temporary folder by default
//     TEXT        only programs with one of the texts in their entry point
//   NODE_UNDER_TEST=/path/to/node[:/path/to/another] names other Nodes
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packages } from './published/pack.mjs';
import { PROGRAMS } from './published/programs.mjs';
import { environmentOf, install, MANAGERS } from './published/project.mjs';

const { values, positionals } = parseArgs({ options: { only: { type: 'string', default: MANAGERS.join() }, folder: { type: 'string' } }, allowPositionals: true });
const nodes = (process.env.NODE_UNDER_TEST ?? process.execPath).split(':');
/** The time limit of a program, ms: one that hangs is a fault. */
const LIMIT = 120_000;

// An entry point that no program uses is a fault of this script.
for (const { manifest } of packages) {
  for (const path of Object.keys(manifest.exports)) {
    const entry = `${manifest.name}${path.slice(1)}`;
    if (!PROGRAMS.some((program) => program.entry === entry)) throw new Error(`No program in scripts/published/programs.mjs uses ${entry}.`);
  }
}

/** The path of `{bin:package/path}`. */
function locate(manager, folder, text) {
  const [, name, path] = /^((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(text);
  if (manager !== 'pnp') return join(folder, 'node_modules', name, path);
  const pnp = createRequire(join(folder, '.pnp.cjs'))(join(folder, '.pnp.cjs'));
  return join(pnp.resolveToUnqualified(name, `${folder}/`), path);
}

function use(program, manager, folder, node) {
  const own = join(folder, 'use');
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  for (const [name, text] of Object.entries(program.files)) writeFileSync(join(own, name), text);
  const args = program.args.map((text) => text.replace(/^\{bin:(.*)\}$/, (_, path) => locate(manager, folder, path)));
  const { status, signal, stdout, stderr } = spawnSync(node, args, { cwd: own, encoding: 'utf8', env: environmentOf(manager, folder), timeout: LIMIT });
  const output = `${stdout}${stderr}`;
  if (signal !== null) return `ended by ${signal}\n${output}`;
  if (status !== (program.status ?? 0)) return `exit status ${status}\n${output}`;
  if (!program.prints.test(output)) return `printed something else\n${output}`;
  return null;
}

const rows = [];
let faults = 0;
const base = realpathSync(values.folder === undefined ? mkdtempSync(join(tmpdir(), 'watertight-use-')) : (mkdirSync(resolve(values.folder), { recursive: true }), resolve(values.folder)));
for (const manager of values.only.split(',')) {
  if (!MANAGERS.includes(manager)) throw new Error(`--only takes ${MANAGERS.join(', ')}: ${manager}`);
  const folder = join(base, manager);
  if (!existsSync(join(folder, 'package.json'))) install(manager, folder);
  for (const node of nodes) {
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    const chosen = PROGRAMS.filter(({ entry }) => positionals.length === 0 || positionals.some((text) => entry.includes(text)));
    let right = 0;
    for (const program of chosen) {
      const fault = use(program, manager, folder, node);
      if (fault === null) right++;
      else console.log(`WRONG  ${manager}, Node ${version}, ${program.language}, ${program.entry}: ${fault}`);
    }
    faults += chosen.length - right;
    rows.push(`| ${manager} | ${version} | ${right} of ${chosen.length} |`);
    console.log(rows.at(-1));
  }
}
if (values.folder === undefined) rmSync(base, { recursive: true, force: true });
console.log(`\n| package manager | Node | programs right |\n|---|---|---|\n${rows.join('\n')}`);
process.exitCode = faults === 0 ? 0 : 1;
