// Bodies of 100 MB, one after the other, none of them kept: what a gigabyte costs, by each way to take a body.

import { measureCpu } from '../measure-cpu.js';
import { BIG_BYTES } from '../payloads.js';
import { warmUp } from './warm-up.js';

export const big = scenario('big', '100 MB bodies, read by async iteration', (client) => client.stream('/big'));

/** The program reads all of a body into one buffer of its own. */
export const fill = scenario('fill', '100 MB bodies, read into one buffer', (client) => client.fill('/big'));

/** The file is a device that keeps nothing, so that what is measured is the client's part. */
export const save = scenario('save', '100 MB bodies, written to a file', (client) => client.save('/big', '/dev/null'));

/** @param {(client: object) => Promise<number>} take takes one body; the number of its bytes */
function scenario(id, title, take) {
  return {
    id,

    variants: ({ quick }) => [{
      id,
      title,
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

    async measure(client, { warmUp: steps, measureMs, minimumBodies }, { statsOrigin, profiled }) {
      await warmUp(() => takeOne(client, take), steps);
      const measured = await measureCpu(statsOrigin, () => profiled(() => takeMany(client, take, measureMs, minimumBodies)));
      const gigabytes = (measured.result * BIG_BYTES) / 1e9;
      return {
        cpuSecondsPerGB: measured.cpuSeconds / gigabytes,
        gbPerSecond: gigabytes / measured.seconds,
        serverBusy: measured.serverBusy,
      };
    },
  };
}

async function takeMany(client, take, milliseconds, minimum) {
  const start = performance.now();
  let bodies = 0;
  while (bodies < minimum || performance.now() - start < milliseconds) {
    await takeOne(client, take);
    bodies++;
  }
  return bodies;
}

async function takeOne(client, take) {
  const bytes = await take(client);
  if (bytes !== BIG_BYTES) throw new Error(`the body had ${bytes} bytes instead of ${BIG_BYTES}`);
  return 1;
}
