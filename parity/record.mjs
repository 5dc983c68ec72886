// Writes more.json: it runs every scenario of ./scenarios through real Go several times and records the counts.
// Scenarios with varying counts tell nothing about the client, and are left out and named. Needs `go` on the PATH:
//
//   node parity/record.mjs [--runs 5] [--lanes 4] [--subject proxies]
//
// With --subject, only those scenarios are recorded; the others stay as they are in the file.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withGo } from './go-program.mjs';
import { cancelling } from './scenarios/cancelling.mjs';
import { ending } from './scenarios/ending.mjs';
import { http2 } from './scenarios/http2.mjs';
import { pooling } from './scenarios/pooling.mjs';
import { proxies } from './scenarios/proxies.mjs';
import { reading } from './scenarios/reading.mjs';
import { upgrades } from './scenarios/upgrades.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' }, lanes: { type: 'string', default: '4' }, subject: { type: 'string' } } });
const file = fileURLToPath(new URL('more.json', import.meta.url));
const subjects = { reading, pooling, ending, cancelling, upgrades, proxies, http2 };
const scenarios = Object.entries(subjects).flatMap(([subject, each]) => each.map((scenario) => ({ subject, ...scenario })));
if (new Set(scenarios.map(({ id }) => id)).size !== scenarios.length) throw new Error('two scenarios have one id');

const chosen = scenarios.filter(({ subject }) => values.subject === undefined || subject === values.subject);
const kept = values.subject === undefined ? [] : JSON.parse(readFileSync(file, 'utf8')).filter(({ subject }) => subject !== values.subject);
const { stable, unstable } = await withGo(({ record }) => record(chosen, { runs: Number(values.runs), lanes: Number(values.lanes) }));
for (const { id, results } of unstable) console.error(`left out, not stable: ${id} ${results.join(' ')}`);
const order = Object.keys(subjects);
writeFileSync(file, layOut([...kept, ...stable].sort((a, b) => order.indexOf(a.subject) - order.indexOf(b.subject))));
console.error(`${stable.length} of ${chosen.length} scenarios recorded in ${file}`);

/** Formats a scenario as a paragraph, and a step as a line. */
function layOut(recorded) {
  const paragraphs = recorded.map(({ subject, id, why, transport, steps, counts, errors }) => {
    const options = transport ? `\n    "transport": ${JSON.stringify(transport)},` : '';
    const lines = steps.map((step) => `\n      ${JSON.stringify(step)}`).join(',');
    return `  {\n    "subject": ${JSON.stringify(subject)},\n    "id": ${JSON.stringify(id)},\n    "why": ${JSON.stringify(why)},${options}\n    "steps": [${lines}\n    ],\n    "counts": ${JSON.stringify(counts)},\n    "errors": ${errors}\n  }`;
  });
  return `[\n${paragraphs.join(',\n')}\n]\n`;
}
