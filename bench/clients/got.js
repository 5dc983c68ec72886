// got with a keep-alive agent and without retries, which would hide a failure.

import { once } from 'node:events';
import http from 'node:http';
import got from 'got';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections }) {
  const agent = { http: new http.Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections }) };
  const client = got.extend({ agent, retry: { limit: 0 } });

  async function get(path) {
    const response = await client.get(origin + path, { responseType: 'buffer' });
    return response.body.length;
  }

  return {
    get,
    loop: promiseLoop({ bytes: get }),
    async stream(path) {
      let bytes = 0;
      for await (const chunk of client.stream(origin + path)) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      let elapsed = 0;
      const start = performance.now();
      const stream = client.stream(origin + path);
      stream.on('response', () => (elapsed = performance.now() - start));
      await once(stream.resume(), 'end');
      return elapsed;
    },
  };
}
