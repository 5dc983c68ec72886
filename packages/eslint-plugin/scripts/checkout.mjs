// Owns what is linted of a checkout: its sources that name a client, and what its own packages and the aliases of its tsconfig files name.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const SKIPPED_FOLDER = /^(node_modules|\.git|dist|build|out|lib-cov|coverage|vendor|third_party|__tests__|__mocks__|tests?|e2e|spec|specs|examples?|samples?|demos?|docs?|fixtures?|benchmarks?|bench|templates?|\..*)$/i;
const SOURCE = /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;
const SKIPPED_FILE = /\.d\.[cm]?ts$|[.-](test|spec|stories|bench|e2e)\.|\.min\.|\.config\.|(^|\/)(test|jest|vitest|mock)/i;

const CLIENT = /\bfetch|undici|\bhttps?\.(get|request)\b|axios|\bgot\b|\bky\b/;

/** Sources with a client, and what the checkout's own packages and aliases name. */
export function readCheckout(at) {
  const files = [];
  const paths = {};
  const visit = (here) => {
    for (const entry of readdirSync(here, { withFileTypes: true })) {
      const path = join(here, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED_FOLDER.test(entry.name)) visit(path);
      } else if (entry.name === 'package.json') addPackage(path);
      else if (entry.isFile() && /^[jt]sconfig(\..+)?\.json$/.test(entry.name)) addAliases(path);
      else if (entry.isFile() && SOURCE.test(entry.name) && !SKIPPED_FILE.test(entry.name) && statSync(path).size < 300_000) {
        if (CLIENT.test(readFileSync(path, 'utf8'))) files.push(path);
      }
    }
  };
  const addPackage = (manifest) => {
    try {
      const { name } = JSON.parse(readFileSync(manifest, 'utf8'));
      const home = dirname(manifest);
      if (typeof name === 'string' && name !== '') Object.assign(paths, { [name]: [join(home, 'src/index'), join(home, 'src'), home], [`${name}/*`]: [join(home, 'src/*'), join(home, '*')] });
    } catch {
      // A broken manifest names no package.
    }
  };
  // What an import such as '@/app' means; two packages of one checkout may mean different folders by one name.
  const addAliases = (config) => {
    const { compilerOptions } = ts.parseConfigFileTextToJson(config, readFileSync(config, 'utf8')).config ?? {};
    const base = join(dirname(config), compilerOptions?.baseUrl ?? '.');
    for (const [alias, targets] of Object.entries(compilerOptions?.paths ?? {})) {
      if (alias !== '*') paths[alias] = [...(paths[alias] ?? []), ...targets.map((target) => join(base, target))];
    }
  };
  visit(at);
  return { files, paths };
}
