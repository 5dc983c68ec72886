// Writes more.json: runs every scenario of ./scenarios through real Go several
// times and records what it counted. A scenario whose counts are not the same
// every time says nothing about the client and is left out, by name.
// Needs `go` on the PATH:  node parity/record.mjs [--runs 5] [--lanes 4]
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { cancelling } from './scenarios/cancelling.mjs';
import { ending } from './scenarios/ending.mjs';
import { pooling } from './scenarios/pooling.mjs';
import { reading } from './scenarios/reading.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' }, lanes: { type: 'string', default: '4' } } });
const here = fileURLToPath(new URL('.', import.meta.url));
const subjects = { reading, pooling, ending, cancelling };
const scenarios = Object.entries(subjects).flatMap(([subject, each]) => each.map((scenario) => ({ subject, ...scenario })));
const ids = new Set(scenarios.map(({ id }) => id));
if (ids.size !== scenarios.length) throw new Error('two scenarios have one id');

const room = mkdtempSync(join(tmpdir(), 'parity-'));
const program = join(room, 'parity');
try {
  execFileSync('go', ['build', '-o', program, '.'], { cwd: join(here, 'go'), stdio: 'inherit' });
  const queue = scenarios.map((scenario) => ({ scenario, results: [] }));
  const pending = Array.from({ length: Number(values.runs) }, () => queue).flat();
  await Promise.all(Array.from({ length: Number(values.lanes) }, () => lane(pending)));
  const stable = queue.filter(({ scenario, results }) => {
    const different = new Set(results.map((result) => JSON.stringify(result)));
    if (different.size > 1) console.error(`left out, not stable: ${scenario.id} ${[...different].join(' ')}`);
    return different.size === 1;
  });
  const file = join(here, 'more.json');
  writeFileSync(file, layOut(stable.map(({ scenario, results: [{ counts, errors }] }) => ({ ...scenario, counts, errors }))));
  console.error(`${stable.length} of ${scenarios.length} scenarios recorded; ${JSON.parse(readFileSync(file, 'utf8')).length} in ${file}`);
} finally {
  rmSync(room, { recursive: true });
}

/** One server of its own (a barrier must not see another lane's requests) and one client at a time. */
async function lane(pending) {
  const server = spawn(program, ['server'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { value: ports } = await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next();
  for (let job = pending.shift(); job; job = pending.shift()) {
    const client = promisify(execFile)(program, ['client', '-ports', ports]);
    client.child.stdin.end(JSON.stringify([job.scenario]));
    const [result] = JSON.parse((await client).stdout);
    job.results.push(result);
    if (pending.length % 100 === 0) console.error(`${pending.length} to go`);
  }
  server.stdin.end();
}

/** A scenario a paragraph, a step a line. */
function layOut(recorded) {
  const paragraphs = recorded.map(({ subject, id, why, transport, steps, counts, errors }) => {
    const options = transport ? `\n    "transport": ${JSON.stringify(transport)},` : '';
    const lines = steps.map((step) => `\n      ${JSON.stringify(step)}`).join(',');
    return `  {\n    "subject": ${JSON.stringify(subject)},\n    "id": ${JSON.stringify(id)},\n    "why": ${JSON.stringify(why)},${options}\n    "steps": [${lines}\n    ],\n    "counts": ${JSON.stringify(counts)},\n    "errors": ${errors}\n  }`;
  });
  return `[\n${paragraphs.join(',\n')}\n]\n`;
}
