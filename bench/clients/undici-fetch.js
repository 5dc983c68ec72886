// undici's `fetch`, the one that Node has as a global, with an Agent of the same number of connections.

import { Agent, fetch } from 'undici';
import { ORDER } from '../payloads.js';
import { promiseLoop } from './promise-loop.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export function open({ origin, connections, ca }) {
  const dispatcher = new Agent({ connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000, ...(ca !== undefined && { connect: { ca } }) });

  async function text(path) {
    return (await fetch(origin + path, { dispatcher })).text();
  }

  async function get(path) {
    return (await text(path)).length;
  }

  async function json(path) {
    return (await fetch(origin + path, { dispatcher, method: 'POST', headers: JSON_TYPE, body: JSON.stringify(ORDER) })).json();
  }

  return {
    get,
    text,
    loop: promiseLoop({ bytes: get, text, json }),
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
