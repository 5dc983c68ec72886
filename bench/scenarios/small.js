// Small responses in a closed loop: what one request costs, and how many a core makes in a second.

import { measureCpu } from '../measure-cpu.js';
import { closedLoop } from './closed-loop.js';
import { warmUp } from './warm-up.js';

const WARM_UP_STEP_MS = 250;

export const small = {
  id: 'small',
  variants: ({ quick }) => (quick ? [50] : [1, 50, 500]).map((connections) => variant('small', connections, '', quick)),
  ...closedLoopOfSmallBodies(),
};

/** The same with and without `watertight/register`: what observing another client costs where nothing leaks. */
export const register = {
  id: 'register',
  variants: ({ quick }) => [variant('register', 50, ', with and without register', quick)],
  ...closedLoopOfSmallBodies(),
};

function variant(scenario, connections, remark, quick) {
  return {
    id: `${scenario}-${connections}`,
    title: `12-byte bodies, ${connections} connection${connections === 1 ? '' : 's'}${remark}`,
    parameters: {
      connections,
      warmUp: quick ? { patience: 3, limit: 14 } : { patience: 5, limit: 40 },
      measureMs: quick ? 500 : 1500,
    },
  };
}

function closedLoopOfSmallBodies() {
  return {
    primary: 'cpuMicros',
    columns: [
      { metric: 'cpuMicros', title: 'CPU µs/request', digits: 2 },
      { metric: 'requestsPerSecond', title: 'requests/s', digits: 0 },
      { metric: 'serverBusy', title: 'server busy %', digits: 0, scale: 100 },
    ],

    connections: (parameters) => parameters.connections,

    async measure(client, { connections, warmUp: steps, measureMs }, { origin, profiled }) {
      await warmUp(() => closedLoop(client, '/small', connections, WARM_UP_STEP_MS), steps);
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
}
