// Plays every case against this client, undici, node:http, curl and Go, and compares.
//
//   npm run conformance                   prints the table of disagreements; fails on one without a reason
//   npm run conformance -- --write        writes docs/strictness.md, too
//   npm run conformance -- --check        compares this client, undici and node:http with that page; curl and Go are left out

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allCases } from './cases.js';
import { disagreements, rowsOf, unexplained, unused } from './comparison.js';
import { differences, pageOf, withPage } from './page.js';
import { playAll } from './playing.js';
import { reasons } from './reasons.js';
import * as curl from './clients/curl.js';
import * as go from './clients/go.js';
import * as nodeHttp from './clients/node-http.js';
import * as undici from './clients/undici.js';
import * as watertight from './clients/watertight.js';

const PAGE = new URL('../docs/strictness.md', import.meta.url);

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false }, check: { type: 'boolean', default: false }, list: { type: 'boolean', default: false } } });

const cases = allCases();
const played = await playAll(values.check ? [watertight, undici, nodeHttp] : [watertight, curl, go, nodeHttp, undici], cases);

if (values.check) {
  const found = differences(readFileSync(PAGE, 'utf8'), rowsOf(cases, played, reasons), played);
  for (const line of found) console.error(line);
  if (found.length > 0) {
    console.error('docs/strictness.md is not what the clients do: npm run conformance -- --write makes it anew.');
    process.exitCode = 1;
  }
} else {
  const found = disagreements(cases, played);
  const rows = rowsOf(cases, played, reasons);
  if (values.list) for (const { id, outcomes } of found) console.log(`${id}\n    ${[...outcomes].map(([name, outcome]) => `${name}: ${outcome}`).join('   ')}`);
  console.log(pageOf(rows, played));
  console.log(`${cases.length} cases, ${played.map(({ name, version }) => `${name} ${version}`.trim()).join(', ')}: ${found.length} disagreements.`);
  const open = unexplained(found, reasons);
  for (const { id, why, outcomes } of open) console.error(`No reason is given for ${id} (${why}): ${[...outcomes].map(([name, outcome]) => `${name} ${outcome}`).join(', ')}`);
  const idle = unused(found, reasons);
  for (const { input } of idle) console.error(`No disagreement needs the reason for ${input}.`);
  if (open.length > 0 || idle.length > 0) process.exitCode = 1;
  else if (values.write) writeFileSync(PAGE, withPage(readFileSync(PAGE, 'utf8'), pageOf(rows, played)));
}
