// Measures the chosen clients in the chosen scenarios, side by side, and reports: `npm run bench`. README.md explains
// what is measured, and why in this way.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { addresses, descriptorLimit, killChildren, runChild, startServer } from './children.js';
import { selectClients } from './clients/index.js';
import { Comparison } from './comparison.js';
import { chooseCores } from './cores.js';
import { machineFacts, machineWarnings } from './machine.js';
import { nodeBinary } from './node-binary.js';
import { parseOptions, USAGE } from './options.js';
import { markdownReport, terminalReport } from './report.js';
import { selectScenarios } from './scenarios/index.js';
import { findSubjects, oneSubject } from './subjects.js';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const RESULTS = fileURLToPath(new URL('results.md', import.meta.url));

/** After so many failures in one measurement, a client is not tried again in it. */
const FAILURES_ALLOWED = 2;
/** Far longer than any measurement, so that only a client that hangs reaches it. */
const TIMEOUT_MS = 45_000;

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(USAGE);
  else await main(options);
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
} finally {
  killChildren();
}

async function main(options) {
  const scenarios = selectScenarios(options.only);
  const entries = selectClients(options.clients, options);
  const node = await nodeBinary(options.node);
  const cores = chooseCores();
  const warnings = machineWarnings(cores);
  if (options.quick) warnings.push('a quick run ends before the larger clients are fully compiled: it flatters the smaller ones');
  const { subjects, skipped } = findSubjects(entries, node);
  for (const { client, reason } of skipped) console.error(`${client}: ${reason}`);
  for (const warning of warnings) console.error(`note: ${warning}`);
  if (subjects.length === 0) throw new Error('none of the clients can run here');

  const server = await startServer([node.path, SERVER], {
    core: cores?.server ?? null,
    onExit(reason) {
      console.error(`bench: ${reason}`);
      process.exit(1);
    },
  });
  const absent = [...skipped];
  /** The variant with the parameters that come from another measurement. */
  async function calibrated({ calibration }, variant) {
    if (calibration === undefined) return variant;
    const [other] = selectScenarios([calibration.scenario]);
    const metrics = await measureOnce({ scenario: other, variant: other.variants({ quick: options.quick, maximumConnections }).find(({ id }) => id === calibration.variant), subject: oneSubject(calibration.client, node), server, core: cores?.client ?? null });
    const parameters = calibration.parametersOf(metrics);
    console.error(`${variant.title}: ${JSON.stringify(parameters)}`);
    return { ...variant, parameters: { ...variant.parameters, ...parameters } };
  }
  const comparisons = new Map();
  const samples = {};
  // The server needs a descriptor for each connection, and some for itself.
  const maximumConnections = descriptorLimit() - 100;
  for (const scenario of scenarios) {
    const taking = subjects.filter((subject) => subject.scenarios.includes(scenario.id));
    for (const variant of scenario.variants({ quick: options.quick, maximumConnections })) {
      const measured = await measureVariant({ scenario, variant: await calibrated(scenario, variant), subjects: taking, rounds: options.rounds, server, core: cores?.client ?? null });
      comparisons.set(variant.id, new Comparison(variant, scenario, taking, measured.samples));
      samples[variant.id] = Object.fromEntries(measured.samples);
      absent.push(...measured.failed);
    }
  }
  server.stop();

  const run = {
    comparisons,
    absent,
    facts: machineFacts(node, cores),
    warnings,
    command: ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, ''),
    rounds: options.rounds,
  };
  console.log(terminalReport(run));
  if (options.json !== undefined) {
    const { facts, command, rounds } = run;
    await writeFile(options.json, JSON.stringify({ facts: Object.fromEntries(facts), warnings, command, rounds, absent, samples }, null, 2));
  }
  if (options.writesResults) {
    await writeFile(RESULTS, markdownReport(run));
    console.error(`wrote ${RESULTS}`);
  }
}

async function measureOnce({ scenario, variant, subject, server, core }) {
  const task = { scenario: scenario.id, parameters: variant.parameters, ...addresses(server, scenario) };
  const output = await runChild(subject.command(task), { core, timeoutMs: TIMEOUT_MS });
  return JSON.parse(output.trim().split('\n').at(-1));
}

/** Runs all rounds of one measurement, the clients in turn; every second round in reverse order, against drift. */
async function measureVariant({ scenario, variant, subjects, rounds, server, core }) {
  const samples = new Map(subjects.map((subject) => [subject.id, []]));
  const failures = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const subject of round % 2 === 0 ? subjects : [...subjects].reverse()) {
      const failed = failures.get(subject.id) ?? [];
      if (failed.length >= FAILURES_ALLOWED) continue;
      const where = `${variant.title}, round ${round + 1}/${rounds}: ${subject.label}`;
      try {
        const metrics = await measureOnce({ scenario, variant, subject, server, core });
        samples.get(subject.id).push({ round, metrics });
        const [{ metric, title, digits }] = scenario.columns;
        console.error(`${where}: ${metrics[metric].toFixed(digits)} ${title}`);
      } catch (error) {
        failures.set(subject.id, [...failed, error.message]);
        console.error(`${where}: FAILED: ${error.message}`);
      }
    }
  }
  const failed = subjects
    .filter((subject) => failures.has(subject.id))
    .map((subject) => ({
      client: subject.label,
      variant: variant.id,
      reason: `failed ${failures.get(subject.id).length}×: ${failures.get(subject.id)[0]}`,
    }));
  return { samples, failed };
}
