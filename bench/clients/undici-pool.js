// undici's `request` on a Pool of one origin: no URL to parse and no pool to look up, which is less than
// `client.get(url)` does, and the cheapest way to ask undici for a body as a stream.

import { Pool } from 'undici';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections }) {
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000 });

  async function get(path) {
    const { body } = await pool.request({ path, method: 'GET' });
    return (await body.bytes()).length;
  }

  return {
    get,
    loop: promiseLoop(get),
    async stream(path) {
      const { body } = await pool.request({ path, method: 'GET' });
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      const start = performance.now();
      const { body } = await pool.request({ path, method: 'GET' });
      const elapsed = performance.now() - start;
      await body.bytes();
      return elapsed;
    },
  };
}
