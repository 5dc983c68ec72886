// Latency at a fixed rate: requests begin when they are due, whether or not those before have been answered, and the
// time counts from when they were due. So a client that stalls is charged for all requests that the stall delays, which a
// closed loop would leave out ("coordinated omission").

import { measureCpu } from '../measure-cpu.js';
import { closedLoop } from './closed-loop.js';
import { warmUp } from './warm-up.js';

const CONNECTIONS = 50;

export const paced = {
  id: 'paced',
  best: 'undici-pool',
  /** The rate is half of what this client reaches in that measurement, in the same run. */
  calibration: { client: 'undici-pool', scenario: 'text', variant: 'text-50', parametersOf: ({ requestsPerSecond }) => ({ rate: Math.round(requestsPerSecond / 2) }) },

  variants: ({ quick }) => [{
    id: 'paced-50',
    title: `latency of 12-byte bodies as text at half of undici's rate, ${CONNECTIONS} connections`,
    parameters: { connections: CONNECTIONS, warmUp: quick ? { patience: 3, limit: 14 } : { patience: 5, limit: 40 }, measureMs: quick ? 1000 : 5000 },
  }],

  primary: 'p50Micros',
  columns: [
    { metric: 'p50Micros', title: 'p50 µs', digits: 0 },
    { metric: 'p99Micros', title: 'p99 µs', digits: 0 },
    { metric: 'p999Micros', title: 'p99.9 µs', digits: 0 },
    { metric: 'requestsPerSecond', title: 'requests/s', digits: 0 },
    { metric: 'serverBusy', title: 'server busy %', digits: 0, scale: 100 },
  ],

  connections: (parameters) => parameters.connections,

  async measure(client, { connections, rate, warmUp: steps, measureMs }, { statsOrigin, profiled }) {
    await warmUp(() => closedLoop(client, '/small', connections, 250, 'text'), steps);
    await pace(client, rate, measureMs / 5);
    const measured = await measureCpu(statsOrigin, () => profiled(() => pace(client, rate, measureMs)));
    const micros = measured.result.sort((a, b) => a - b);
    const at = (share) => micros[Math.min(micros.length - 1, Math.ceil(share * micros.length) - 1)];
    return { p50Micros: at(0.5), p99Micros: at(0.99), p999Micros: at(0.999), requestsPerSecond: micros.length / measured.seconds, serverBusy: measured.serverBusy };
  },
};

/** Resolves to the µs that each request took from when it was due. The loop never sleeps: a timer would be late by up to a millisecond. */
function pace(client, rate, milliseconds) {
  const count = Math.floor((rate * milliseconds) / 1000);
  const micros = new Float64Array(count);
  const began = performance.now();
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const send = (number) => {
      const due = began + (number * 1000) / rate;
      client.text('/small').then(() => {
        micros[number] = (performance.now() - due) * 1000;
        if (++answered === count) resolve(micros);
      }, reject);
    };
    const turn = () => {
      const elapsed = performance.now() - began;
      while (sent < count && (sent * 1000) / rate <= elapsed) send(sent++);
      if (sent < count) setImmediate(turn);
    };
    turn();
  });
}
