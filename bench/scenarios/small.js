// Small responses in a closed loop: what one request costs, and how many a core makes in a second.

import { measureCpu } from '../measure-cpu.js';
import { closedLoop } from './closed-loop.js';

export const small = {
  id: 'small',

  variants: ({ quick }) => (quick ? [50] : [1, 50, 500]).map((connections) => ({
    id: `small-${connections}`,
    title: `12-byte bodies, ${connections} connection${connections === 1 ? '' : 's'}`,
    // undici's request is at a third of its first cost after three seconds, and not before.
    parameters: { connections, warmUpMs: quick ? 1000 : 3000, measureMs: quick ? 500 : 1500 },
  })),

  primary: 'cpuMicros',
  columns: [
    { metric: 'cpuMicros', title: 'CPU µs/request', digits: 2 },
    { metric: 'requestsPerSecond', title: 'requests/s', digits: 0 },
    { metric: 'serverBusy', title: 'server busy %', digits: 0, scale: 100 },
  ],

  connections: (parameters) => parameters.connections,

  async measure(client, { connections, warmUpMs, measureMs }, { origin, profiled }) {
    await closedLoop(client, '/small', connections, warmUpMs);
    const measured = await measureCpu(origin, () =>
      profiled(() => closedLoop(client, '/small', connections, measureMs)),
    );
    return {
      cpuMicros: (measured.cpuSeconds * 1e6) / measured.result,
      requestsPerSecond: measured.result / measured.seconds,
      serverBusy: measured.serverBusy,
    };
  },
};
