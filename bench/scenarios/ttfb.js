// Time to first byte: from the call until the program has the head of the response, one request at a time,
// on a connection kept alive and on one dialled for the request.

import { setImmediate } from 'node:timers/promises';

const reused = (quick) => ({
  id: 'ttfb-reused',
  title: 'time to first byte, reused connection',
  parameters: { path: '/small', warmUpRequests: quick ? 500 : 3000, requests: quick ? 500 : 2000 },
});

const fresh = () => ({
  id: 'ttfb-fresh',
  title: 'time to first byte, fresh connection',
  // The server closes after each answer to /close: no client needs an option for it.
  parameters: { path: '/close', warmUpRequests: 500, requests: 1000 },
});

export const ttfb = {
  id: 'ttfb',

  variants: ({ quick }) => (quick ? [reused(true)] : [reused(false), fresh()]),

  primary: 'medianMicros',
  columns: [
    { metric: 'medianMicros', title: 'median µs', digits: 0 },
    { metric: 'p99Micros', title: 'p99 µs', digits: 0 },
  ],

  connections: () => 1,

  async measure(client, { path, warmUpRequests, requests }, { profiled }) {
    await sequence(client, path, warmUpRequests);
    const times = await profiled(() => sequence(client, path, requests));
    times.sort((a, b) => a - b);
    return {
      medianMicros: times[Math.floor(times.length / 2)] * 1000,
      p99Micros: times[Math.min(times.length - 1, Math.ceil(times.length * 0.99) - 1)] * 1000,
    };
  },
};

async function sequence(client, path, count) {
  const times = [];
  for (let i = 0; i < count; i++) {
    times.push(await client.firstByte(path));
    // The close of the connection before is no part of the next request.
    await setImmediate();
  }
  return times;
}
