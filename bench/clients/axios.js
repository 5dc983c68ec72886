// axios on its node:http adapter with a keep-alive agent.

import { once } from 'node:events';
import http from 'node:http';
import axios from 'axios';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections }) {
  const httpAgent = new http.Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
  const client = axios.create({ adapter: 'http', httpAgent, proxy: false });

  async function get(path) {
    const response = await client.get(origin + path, { responseType: 'arraybuffer' });
    return response.data.length;
  }

  return {
    get,
    loop: promiseLoop({ bytes: get }),
    async stream(path) {
      const response = await client.get(origin + path, { responseType: 'stream' });
      let bytes = 0;
      for await (const chunk of response.data) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      const start = performance.now();
      const response = await client.get(origin + path, { responseType: 'stream' });
      const elapsed = performance.now() - start;
      await once(response.data.resume(), 'end');
      return elapsed;
    },
  };
}
