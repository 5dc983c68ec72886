// Lints one checkout and writes the result as one line of JSON: what lint-checkouts.mjs runs for each.
// With --check, each suggestion is made in the checkout's program (not on disk), and compiled.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { readCheckout } from './checkout.mjs';
import { checkSuggestions } from './check-suggestions.mjs';
import { lintProgram } from './lint-program.mjs';

const [, , checkout, check] = process.argv;
const { files, paths } = readCheckout(checkout);
const where = { typeRoots: [dirname(dirname(createRequire(import.meta.url).resolve('@types/node/package.json')))], paths };
const result = lintProgram(files, where);
const { checked, broken } = check === '--check' ? checkSuggestions(files, result.found, where) : { checked: 0, broken: [] };
process.stdout.write(JSON.stringify({ files: files.length, ...result, checked, broken }));
