// This project's `fetch`, over connections of its own.

import { createFetch, Transport } from 'watertight';
import { ORDER } from '../payloads.js';
import { promiseLoop } from './promise-loop.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export function open({ origin, connections, settings, ca }) {
  const fetch = createFetch({ transport: new Transport({ track: settings.track, ...(ca !== undefined && { tls: { ca } }), maxConnsPerHost: connections, maxIdleConns: connections, maxIdleConnsPerHost: connections }) });

  async function text(path) {
    return (await fetch(origin + path)).text();
  }

  async function get(path) {
    return (await text(path)).length;
  }

  async function json(path) {
    return (await fetch(origin + path, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(ORDER) })).json();
  }

  return {
    get,
    text,
    loop: promiseLoop({ bytes: get, text, json }),
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
