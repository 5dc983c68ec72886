/** Runs in a process of its own under a low limit of descriptors, though not lower than loading the modules needs, which Node opens at once: many requests, then one more. */

import { Client, Transport } from 'watertight';
import { taskCount } from 'watertight/tasks';

const url = process.argv[2];
const transport = new Transport();
const client = new Client({ transport });
const outcomes = await Promise.allSettled(Array.from({ length: 400 }, async () => (await client.get(`${url}/wait/50`, { timeout: 20_000 })).text()));
const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as Error & { code?: string; cause?: Error & { code?: string } });
transport.closeIdleConnections();
const after = await client.get(`${url}/after`, { timeout: 5000 });
const works = (await after.text()) === '/after';
await transport.close();
process.stdout.write(
  JSON.stringify({
    settled: outcomes.length,
    failed: failures.length > 0,
    because: [...new Set(failures.map(({ code, cause }) => cause?.code ?? code))],
    works,
    tasks: taskCount(),
  }),
);
