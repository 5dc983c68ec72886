// undici's `fetch`, the one that Node has as a global, with an Agent of the same number of connections.

import { Agent, fetch } from 'undici';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections }) {
  const dispatcher = new Agent({ connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000 });

  async function get(path) {
    return (await (await fetch(origin + path, { dispatcher })).text()).length;
  }

  return {
    get,
    loop: promiseLoop(get),
    async stream(path) {
      const response = await fetch(origin + path, { dispatcher });
      let bytes = 0;
      for await (const chunk of response.body) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      const start = performance.now();
      const response = await fetch(origin + path, { dispatcher });
      const elapsed = performance.now() - start;
      await response.bytes();
      return elapsed;
    },
  };
}
