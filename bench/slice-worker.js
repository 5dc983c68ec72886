// Owns the process of one client whose work comes in slices: it loads the client, and for each number N on its standard
// input makes N requests and prints their CPU time. It is started by slices.js only.

import { createInterface } from 'node:readline';

/** @type {{ client: { file: string, settings: object }, connections: number, path: string, use: string, origin: string, ca?: string }} */
const task = JSON.parse(process.argv[2]);

const { open } = await import(new URL(`clients/${task.client.file}`, import.meta.url).href);
const client = await open({ origin: task.origin, connections: task.connections, settings: task.client.settings, ...(task.ca !== undefined && { ca: task.ca }) });

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await slice(Number(line))));
}
// The parent is gone, or has ended the input.
process.exit(0);

/** @param {number} requests in all */
async function slice(requests) {
  let left = requests;
  const keepGoing = () => left-- > 0;
  const before = process.cpuUsage();
  const counts = await Promise.all(Array.from({ length: task.connections }, () => client.loop(task.path, keepGoing, task.use)));
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: (user + system) / counts.reduce((sum, count) => sum + count, 0) };
}
