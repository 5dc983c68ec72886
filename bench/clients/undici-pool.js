// undici's `request` on a Pool of one origin: no URL to parse and no pool to look up, which is less than
// `client.get(url)` does, and the cheapest way to ask undici for a body as a stream.

import { Pool } from 'undici';
import { ORDER } from '../payloads.js';
import { promiseLoop } from './promise-loop.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export function open({ origin, connections, ca }) {
  const pool = new Pool(origin, { connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000, ...(ca !== undefined && { connect: { ca } }) });

  async function get(path) {
    const { body } = await pool.request({ path, method: 'GET' });
    return (await body.bytes()).length;
  }

  async function text(path) {
    const { body } = await pool.request({ path, method: 'GET' });
    return body.text();
  }

  async function json(path) {
    const { body } = await pool.request({ path, method: 'POST', headers: JSON_TYPE, body: JSON.stringify(ORDER) });
    return body.json();
  }

  return {
    get,
    text,
    loop: promiseLoop({ bytes: get, text, json }),
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
