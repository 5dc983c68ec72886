// node:http with a keep-alive agent; the body is gathered from 'data' events, its usual form.

import { once } from 'node:events';
import http from 'node:http';
import { promiseLoop } from './promise-loop.js';

export function open({ origin, connections }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });

  function request(path) {
    return new Promise((resolve, reject) => {
      http.get(origin + path, { agent }, resolve).on('error', reject);
    });
  }

  function get(path) {
    return new Promise((resolve, reject) => {
      http
        .get(origin + path, { agent }, (response) => {
          const chunks = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).length));
        })
        .on('error', reject);
    });
  }

  return {
    get,
    loop: promiseLoop({ bytes: get }),
    async stream(path) {
      let bytes = 0;
      for await (const chunk of await request(path)) bytes += chunk.length;
      return bytes;
    },
    async firstByte(path) {
      const start = performance.now();
      const response = await request(path);
      const elapsed = performance.now() - start;
      await once(response.resume(), 'end');
      return elapsed;
    },
  };
}
