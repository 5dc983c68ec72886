// Compiles a program that names every public export, against each TypeScript since 5.4, in an empty project.
//
//   node scripts/use-types.mjs [--only 5.4,6.0] [--folder PATH]     after a build
//     --only      the versions of TypeScript
//     --folder    where the packages are installed, and found again at the next run; a temporary folder by default
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { everyExport } from './published/every-export.mjs';
import { pack, packages } from './published/pack.mjs';

const VERSIONS = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0'];
const { values } = parseArgs({ options: { only: { type: 'string', default: VERSIONS.join() }, folder: { type: 'string' } } });
const folder = resolve(values.folder ?? mkdtempSync(join(tmpdir(), 'watertight-types-')));

/** What the declarations name beside the packages. */
const PEERS = { undici: '7', 'prom-client': '15', '@opentelemetry/api': '1', jest: '30', '@jest/environment': '30', vitest: '4.1.12', eslint: '9' };

/** The ways in which programs are compiled. */
const modes = [];
for (const [resolution, module] of [['node16', 'node16'], ['nodenext', 'nodenext'], ['bundler', 'esnext']]) {
  for (const dom of [false, true]) modes.push({ name: `${resolution}${dom ? ', dom' : ''}`, options: { moduleResolution: resolution, module, lib: ['ES2023', 'ESNext.Disposable', ...(dom ? ['DOM', 'DOM.Iterable'] : [])] } });
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

/** A project with one major version of @types/node. The compilers are beside it, so that npm does not choose between them and a peer's wish. */
function install(nodeTypes) {
  const own = join(folder, `node-types-${nodeTypes}`);
  if (existsSync(join(own, 'node_modules'))) return own;
  mkdirSync(own, { recursive: true });
  const tarballs = Object.fromEntries(packages.map(({ folder: name, manifest }) => [manifest.name, `file:./${basename(pack(name, own))}`]));
  writeFileSync(join(own, 'package.json'), JSON.stringify({ name: 'types', private: true, type: 'module', dependencies: { ...tarballs, ...PEERS, '@types/node': nodeTypes }, overrides: { '@types/node': nodeTypes } }));
  const { ok, output } = run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'], own);
  if (!ok) throw new Error(output);
  writeFileSync(join(own, 'program.ts'), everyExport());
  return own;
}

function compiler(version) {
  const own = join(folder, `typescript-${version}`);
  if (!existsSync(join(own, 'node_modules'))) {
    mkdirSync(own, { recursive: true });
    const { ok, output } = run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', own, `typescript@${version}`], own);
    if (!ok) throw new Error(output);
  }
  return join(own, 'node_modules', 'typescript', 'bin', 'tsc');
}

const rows = [];
let wrong = 0;
for (const nodeTypes of ['20', 'latest']) {
  const project = install(nodeTypes);
  for (const version of values.only.split(',')) {
    const tsc = compiler(version);
    const cells = modes.map(({ name, options }) => {
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, target: 'ES2022', types: ['node'], strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true }, files: ['program.ts'] }));
      const { output } = run(process.execPath, [tsc, '--pretty', 'false'], project);
      const errors = output.split('\n').filter((line) => /error TS\d+/.test(line));
      // What other packages declare is theirs to mend; an error in our declarations or in the program is ours.
      const ours = errors.filter((line) => !line.startsWith('node_modules/') || /^node_modules\/(watertight|@watertight|eslint-plugin-watertight)\//.test(line));
      for (const line of ours) console.log(`WRONG  TypeScript ${version}, @types/node ${nodeTypes}, ${name}: ${line}`);
      wrong += ours.length;
      return `${ours.length} (${errors.length - ours.length})`;
    });
    rows.push(`| ${version} | ${nodeTypes} | ${cells.join(' | ')} |`);
    console.log(rows.at(-1));
  }
}
if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
console.log(`\nErrors in our declarations and in the program (in those of other packages):\n\n| TypeScript | @types/node | ${modes.map(({ name }) => name).join(' | ')} |\n|${'---|'.repeat(modes.length + 2)}\n${rows.join('\n')}`);
process.exitCode = wrong === 0 ? 0 : 1;
