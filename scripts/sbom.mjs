// Writes the bill of materials of what users install, as CycloneDX: `npm run sbom` prints it, or writes it to the file
// that is named. npm makes it from the lock file. Its `--omit dev` leaves out packages that are dependencies of a
// published package if the workspace needs them for development too, so the choice is made here.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packages, root } from './published/pack.mjs';
import { productionTree } from './production-tree.mjs';

const { packages: entries } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const own = packages.map(({ folder }) => `packages/${folder}`);
const { status, stdout } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] });
if (status !== 0) throw new Error(`npm sbom: exit status ${status}`);
const bill = JSON.parse(stdout);

const refOf = (place) => `${entries[place].name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${entries[place].version}`;
const wanted = new Set([...packages.map(({ manifest }) => `${manifest.name}@${manifest.version}`), ...productionTree(entries, own).map(refOf)]);
// The name of the folder of the checkout says nothing to a reader.
bill.metadata.component.name = entries[''].name;
bill.components = bill.components.filter((component) => wanted.has(component['bom-ref']));
const missing = [...wanted].filter((ref) => !bill.components.some((component) => component['bom-ref'] === ref));
if (missing.length > 0) throw new Error(`npm's bill of materials lacks ${missing.join(', ')}.`);
const refs = new Set([bill.metadata.component['bom-ref'], ...bill.components.map((component) => component['bom-ref'])]);
bill.dependencies = bill.dependencies.filter(({ ref }) => refs.has(ref)).map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));

const text = `${JSON.stringify(bill, null, 2)}\n`;
if (process.argv[2] === undefined) process.stdout.write(text);
else writeFileSync(process.argv[2], text);
