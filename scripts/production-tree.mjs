// Checks what a user installs: `npm run check:dependencies` reads from the lock file every package that the published
// packages depend on, and fails for one that runs an install script or has a licence that is not on the list. Optional
// dependencies are counted too, and so are packages for other platforms: what the lock file says holds for all of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packages, root } from './published/pack.mjs';

/** Licences that let a program be used and passed on with its notice alone (SPDX names). */
const ALLOWED = new Set(['MIT', 'MIT-0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'CC0-1.0', 'Unlicense', 'Python-2.0']);

/** The scripts that npm runs when a package is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare'];

/** If an SPDX expression can be met with licences of the list alone. */
export function isAllowed(expression) {
  const text = expression.trim();
  if (text.includes('(')) {
    const inner = text.replace(/\(([^()]*)\)/g, (_, part) => (isAllowed(part) ? 'MIT' : 'not-allowed'));
    return inner !== text && isAllowed(inner);
  }
  if (/ OR /.test(text)) return text.split(/ OR /).some(isAllowed);
  if (/ AND /.test(text)) return text.split(/ AND /).every(isAllowed);
  return ALLOWED.has(text);
}

/** The entry of the lock file that `require(name)` finds from a package's place, as Node looks for it. */
function placeOf(entries, from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (entries[place] !== undefined) return entries[place].link === true ? entries[place].resolved : place;
    if (at === '') return null;
    if (!at.includes('/node_modules/')) at = '';
  }
}

/**
 * The production tree of a lock file (version 3): the places of all packages that those in `starts` depend on.
 * Peer dependencies belong to it unless they are optional: npm installs them.
 */
export function productionTree(entries, starts) {
  const places = new Set();
  const waiting = [...starts];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (places.has(at)) continue;
    places.add(at);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = entries[at];
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers]) {
      const place = placeOf(entries, at, name);
      if (place !== null) waiting.push(place);
      else if (optionalDependencies[name] === undefined) throw new Error(`${at} depends on ${name}, which is not in the lock file.`);
    }
  }
  return [...places].filter((place) => !starts.includes(place)).sort();
}

/** What is wrong with the tree, as sentences. */
export function faultsOf(entries, places) {
  const faults = [];
  for (const place of places) {
    const { hasInstallScript, license, version } = entries[place];
    const name = `${place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
    if (hasInstallScript === true) faults.push(`${name} runs a script when it is installed.`);
    if (license === undefined) faults.push(`${name} names no licence.`);
    else if (!isAllowed(license)) faults.push(`${name} has the licence ${license}, which is not on the list in scripts/production-tree.mjs.`);
  }
  return faults;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { packages: entries } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const places = productionTree(entries, packages.map(({ folder }) => `packages/${folder}`));
  const faults = faultsOf(entries, places);
  for (const { manifest } of packages) {
    for (const name of INSTALL_SCRIPTS) if (manifest.scripts?.[name] !== undefined) faults.push(`${manifest.name} has the script ${name}, which npm runs when it is installed.`);
  }
  const licences = new Map();
  for (const place of places) licences.set(entries[place].license, (licences.get(entries[place].license) ?? 0) + 1);
  console.log(`${places.length} packages: ${[...licences].map(([name, count]) => `${count} × ${name}`).join(', ')}`);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
