// Small responses in a closed loop: what one request costs, and how many a core makes in a second.

import { measureCpu } from '../measure-cpu.js';
import { ORDER_TEXT } from '../payloads.js';
import { closedLoop } from './closed-loop.js';
import { warmUp } from './warm-up.js';

const WARM_UP_STEP_MS = 250;
const TEXT = '12-byte bodies as text';

export const small = {
  id: 'small',
  variants: ({ quick }) => (quick ? [50] : [1, 50, 500]).map((connections) => variant('small', connections, '12-byte bodies', quick)),
  ...closedLoopOfSmallBodies(),
};

/** The same with and without `watertight/register`: what observing another client costs where nothing leaks. */
export const register = {
  id: 'register',
  variants: ({ quick }) => [variant('register', 50, '12-byte bodies, with and without register', quick)],
  ...closedLoopOfSmallBodies(),
};

/** What programs call: `text()`. */
export const text = {
  id: 'text',
  best: 'undici-pool',
  variants: ({ quick }) => (quick ? [50] : [1, 50, 500]).map((connections) => variant('text', connections, TEXT, quick)),
  ...closedLoopOfSmallBodies('/small', 'text'),
};

/** The same over TLS, on connections that are open. */
export const tls = {
  id: 'tls',
  best: 'undici-pool',
  isSecure: true,
  variants: ({ quick }) => [variant('tls', 50, `${TEXT}, over TLS`, quick)],
  ...closedLoopOfSmallBodies('/small', 'text'),
};

/** POST of 1 KB as JSON, answered with 2 KB that are parsed. */
export const json = {
  id: 'json',
  best: 'undici-pool',
  // The Go program has the order from here.
  variants: ({ quick }) => [variant('json', 50, 'POST of 1 KB as JSON, 2 KB back', quick, { order: ORDER_TEXT })],
  ...closedLoopOfSmallBodies('/json', 'json'),
};

function variant(scenario, connections, what, quick, more = {}) {
  return {
    id: `${scenario}-${connections}`,
    title: `${what}, ${connections} connection${connections === 1 ? '' : 's'}`,
    parameters: {
      connections,
      warmUp: quick ? { patience: 3, limit: 14 } : { patience: 5, limit: 40 },
      measureMs: quick ? 500 : 1500,
      ...more,
    },
  };
}

function closedLoopOfSmallBodies(path = '/small', use = 'bytes') {
  return {
    primary: 'cpuMicros',
    columns: [
      { metric: 'cpuMicros', title: 'CPU µs/request', digits: 2 },
      { metric: 'requestsPerSecond', title: 'requests/s', digits: 0 },
      { metric: 'serverBusy', title: 'server busy %', digits: 0, scale: 100 },
    ],

    connections: (parameters) => parameters.connections,

    async measure(client, { connections, warmUp: steps, measureMs }, { statsOrigin, profiled }) {
      await warmUp(() => closedLoop(client, path, connections, WARM_UP_STEP_MS, use), steps);
      const measured = await measureCpu(statsOrigin, () =>
        profiled(() => closedLoop(client, path, connections, measureMs, use)),
      );
      return {
        cpuMicros: (measured.cpuSeconds * 1e6) / measured.result,
        requestsPerSecond: measured.result / measured.seconds,
        serverBusy: measured.serverBusy,
      };
    },
  };
}
