// Owns the process of one client: it loads the client, runs one scenario and prints the metrics as a line of JSON.
// The task is JSON in the first argument. It is started by run.js and profile.js only.

import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { selectScenarios } from './scenarios/index.js';

/** @type {{ client: { file: string, settings: object }, scenario: string, parameters: object, origin: string, statsOrigin: string, ca: string, profile?: string }} */
const task = JSON.parse(process.argv[2]);

// The parent holds the other end of standard input, so this process ends when the parent ends, for whatever reason.
process.stdin.on('end', () => process.exit(1)).resume();
process.stdin.unref?.();

const [scenario] = selectScenarios([task.scenario]);
const { open } = await import(new URL(`clients/${task.client.file}`, import.meta.url).href);
const client = await open({
  origin: task.origin,
  connections: scenario.connections(task.parameters),
  settings: task.client.settings,
  ...(scenario.isSecure === true && { ca: task.ca }),
});
const profiled = task.profile === undefined ? (work) => work() : (work) => underProfiler(task.profile, work);
const metrics = await scenario.measure(client, task.parameters, { statsOrigin: task.statsOrigin, profiled });
console.log(JSON.stringify(metrics));
process.exit(0);

/** Profiles like --cpu-prof, but only from the end of the warm-up to the end of the measurement. */
async function underProfiler(file, work) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  await writeFile(file, JSON.stringify(profile));
  return result;
}
