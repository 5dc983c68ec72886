// Bodies of 100 MB, one after the other, read chunk by chunk and not kept: what a gigabyte costs.

import { measureCpu } from '../measure-cpu.js';
import { BIG_BYTES } from '../payloads.js';
import { warmUp } from './warm-up.js';

export const big = {
  id: 'big',

  variants: ({ quick }) => [{
    id: 'big',
    title: '100 MB bodies, read by async iteration',
    parameters: {
      warmUp: quick ? { patience: 2, limit: 8 } : { patience: 4, limit: 25 },
      measureMs: quick ? 300 : 1500,
      minimumBodies: quick ? 1 : 3,
    },
  }],

  primary: 'cpuSecondsPerGB',
  columns: [
    { metric: 'cpuSecondsPerGB', title: 'CPU s/GB', digits: 3 },
    { metric: 'gbPerSecond', title: 'GB/s', digits: 2 },
    { metric: 'serverBusy', title: 'server busy %', digits: 0, scale: 100 },
  ],

  connections: () => 1,

  async measure(client, { warmUp: steps, measureMs, minimumBodies }, { origin, profiled }) {
    await warmUp(() => streamOne(client), steps);
    const measured = await measureCpu(origin, () => profiled(() => streamMany(client, measureMs, minimumBodies)));
    const gigabytes = (measured.result * BIG_BYTES) / 1e9;
    return {
      cpuSecondsPerGB: measured.cpuSeconds / gigabytes,
      gbPerSecond: gigabytes / measured.seconds,
      serverBusy: measured.serverBusy,
    };
  },
};

async function streamMany(client, milliseconds, minimum) {
  const start = performance.now();
  let bodies = 0;
  while (bodies < minimum || performance.now() - start < milliseconds) {
    await streamOne(client);
    bodies++;
  }
  return bodies;
}

async function streamOne(client) {
  const bytes = await client.stream('/big');
  if (bytes !== BIG_BYTES) throw new Error(`the body had ${bytes} bytes instead of ${BIG_BYTES}`);
  return 1;
}
