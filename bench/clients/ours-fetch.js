// This project's `fetch`, over connections of its own.

import { createFetch, Transport } from 'watertight';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections, settings }) {
  const fetch = createFetch({ transport: new Transport({ track: settings.track, maxConnsPerHost: connections, maxIdleConns: connections, maxIdleConnsPerHost: connections }) });

  async function get(path) {
    return (await (await fetch(origin + path)).text()).length;
  }

  return {
    get,
    loop: promiseLoop(get),
    async stream(path) {
      const response = await fetch(origin + path);
      let bytes = 0;
      for await (const chunk of response.body) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      const start = performance.now();
      const response = await fetch(origin + path);
      const elapsed = performance.now() - start;
      await response.bytes();
      return elapsed;
    },
  };
}
