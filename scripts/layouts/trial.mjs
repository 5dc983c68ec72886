// Owns one trial: a project is written, its runner runs, and what it prints is compared with what it should.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { titles } from './sources.mjs';

/** The time limit of a run, ms: one that hangs is a fault. */
const LIMIT = 180_000;

const PROGRAMS = { mocha: 'mocha/bin/mocha.js', jest: 'jest/bin/jest.js', vitest: 'vitest/vitest.mjs', c8: 'c8/bin/c8.js', tsc: 'typescript/bin/tsc' };

/** What a test's line in the report of each runner begins with: passed, failed. */
const LINES = {
  'node-test': (title) => [`^ *ok \\d+ - ${title}$`, `^ *not ok \\d+ - ${title}$`],
  mocha: (title) => [`^ *[✔✓] ${title}(?: \\(\\d+ms\\))?$`, `^ *\\d+\\) ${title}$`],
  jest: (title) => [`^ *✓ ${title}(?: \\([\\d.]+ m?s\\))?$`, `^ *✕ ${title}(?: \\([\\d.]+ m?s\\))?$`],
  vitest: (title) => [`^ [✓] .*> ${title}(?: [\\d.]+m?s)?(?: \\(retry x\\d\\))?$`, `^ × .*> ${title}(?: [\\d.]+m?s)?(?: \\(retry x\\d\\))?$`],
};

/** The folder of an installed package, as a module in `folder` finds it; null if it is not installed. */
export function packageFolder(folder, name) {
  for (const path of createRequire(join(folder, 'any.js')).resolve.paths(name) ?? []) {
    try {
      readFileSync(join(path, name, 'package.json'));
      return join(path, name);
    } catch {
      // Further up.
    }
  }
  return null;
}

/**
 * Writes the project into `folder` and runs it under `node`. Returns the faults, as sentences; none is what all hope for.
 *
 * @param {string} options.origin  of a server that answers every request with some bytes
 * @param {(name: string) => string | null} options.locate  finds the folder of an installed package
 */
export async function tryProject(project, folder, { node, origin, inherited = process.env, locate = (name) => packageFolder(folder, name) }) {
  for (const [name, text] of Object.entries(project.files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const program = (argument) =>
    argument.replace(/^\{(\w+)\}$/, (_, name) => {
      if (name === 'node') return node;
      const [owner, ...path] = PROGRAMS[name].split('/');
      return join(locate(owner) ?? '', ...path);
    });
  const run = (args) => start(node, args.map(program), folder, { ...inherited, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1', ORIGIN: origin, ...project.environment, NODE_OPTIONS: [inherited.NODE_OPTIONS ?? '', project.environment.NODE_OPTIONS ?? ''].join(' ') });
  if (project.prepare !== undefined) await run(project.prepare);
  const result = await run(project.args);
  return { ...result, faults: faultsOf(project, result) };
}

function faultsOf({ runner, client, times, files }, { code, output }) {
  const { leaking, clean, marks } = titles(client);
  const faults = [];
  const count = (pattern) => [...output.matchAll(new RegExp(pattern, 'gm'))].length;
  for (const [wanted, group] of [['failed', leaking], ['passed', clean]]) {
    for (const title of group) {
      const [passed, failed] = LINES[runner](title).map(count);
      if ((wanted === 'failed' ? failed : passed) !== times || (wanted === 'failed' ? passed : failed) !== 0) faults.push(`"${title}" should have ${wanted} ${times} times; it passed ${passed} times and failed ${failed} times`);
    }
  }
  for (const mark of marks) {
    const [file, line] = placeOf(files, mark);
    if (count(`opened at (?:\\S*/)?${file.replaceAll('.', '\\.')}:${line}:\\d+`) === 0) faults.push(`${file}:${line} is not named`);
  }
  if (/outside of any test/.test(output)) faults.push('a leak was told as nobody\'s');
  if (/did not exit/.test(output)) faults.push('the process did not end by itself');
  if (code === null || code === 0) faults.push(`the exit status is ${code}`);
  return faults;
}

/** The file and the line of a mark, in the source. */
function placeOf(files, mark) {
  for (const [name, text] of Object.entries(files)) {
    const at = text.split('\n').findIndex((line) => line.endsWith(`// at: ${mark}`));
    if (at !== -1) return [name, at + 1];
  }
  throw new Error(`no line is marked "at: ${mark}"`);
}

async function start(node, args, cwd, env) {
  const child = spawn(node, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output: stripVTControlCharacters(output) };
}
