// Memory of an idle connection: resident set size before and after opening many, garbage collected both times.
//
// The connections open all at once because the server answers none of the requests until it has all of them.
// They come after a warm-up on a few connections, so that compiled code and a heap of working size are part
// of "before"; the server says how many connections there really are.

import { setTimeout as sleep } from 'node:timers/promises';
import { serverStats } from '../measure-cpu.js';
import { closedLoop } from './closed-loop.js';

const WARM_UP_CONNECTIONS = 50;
/** Fewer at once than any usual limit on connections that wait to be accepted. */
const WAVE = 100;

export const idle = {
  id: 'idle',

  variants: ({ quick, maximumConnections }) => {
    const connections = Math.min(quick ? 1000 : 5000, maximumConnections);
    return [{
      id: `idle-${connections}`,
      title: `memory per idle connection, at ${connections.toLocaleString('en')} connections`,
      parameters: { connections, warmUpMs: quick ? 150 : 500 },
    }];
  },

  primary: 'rssBytes',
  columns: [
    { metric: 'rssBytes', title: 'RSS bytes/connection', digits: 0 },
    { metric: 'heapBytes', title: 'of these heap and buffers', digits: 0 },
    { metric: 'connections', title: 'connections', digits: 0 },
  ],

  connections: (parameters) => parameters.connections,

  async measure(client, { connections, warmUpMs }, { statsOrigin, profiled }) {
    await closedLoop(client, '/small', WARM_UP_CONNECTIONS, warmUpMs);
    const before = await settled(statsOrigin);
    await profiled(async () => {
      const requests = [];
      for (let i = 0; i < connections; i++) {
        requests.push(client.get(`/hold/${connections}`));
        if (i % WAVE === WAVE - 1) await sleep(5);
      }
      await Promise.all(requests);
    });
    const after = await settled(statsOrigin);
    const opened = after.connections - before.connections;
    if (opened < connections / 2) {
      throw new Error(`only ${after.connections} of ${connections} connections were still open when idle`);
    }
    return {
      rssBytes: (after.rss - before.rss) / opened,
      heapBytes: (after.heap - before.heap) / opened,
      connections: after.connections,
    };
  },
};

async function settled(origin) {
  for (let i = 0; i < 5; i++) {
    globalThis.gc();
    await sleep(30);
  }
  const { connections } = await serverStats(origin);
  const { rss, heapUsed, external } = process.memoryUsage();
  return { connections, rss, heap: heapUsed + external };
}
