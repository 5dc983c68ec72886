// This project's client, through its public entry point, as an application would use it.

import { Client, Transport } from 'watertight';
import { ORDER } from '../payloads.js';
import { promiseLoop } from './promise-loop.js';

const JSON_INIT = { headers: { 'Content-Type': 'application/json' } };

export function open({ origin, connections, settings, ca }) {
  const transport = new Transport({
    track: settings.track,
    ...(ca !== undefined && { tls: { ca } }),
    maxConnsPerHost: connections,
    maxIdleConns: connections,
    maxIdleConnsPerHost: connections,
  });
  const client = new Client({ transport });

  async function get(path) {
    const response = await client.get(origin + path);
    return (await response.bytes()).length;
  }

  async function text(path) {
    return (await client.get(origin + path)).text();
  }

  async function json(path) {
    return (await client.post(origin + path, JSON.stringify(ORDER), JSON_INIT)).json();
  }

  return {
    get,
    text,
    loop: promiseLoop({ bytes: get, text, json }),
    async stream(path) {
      const response = await client.get(origin + path);
      let bytes = 0;
      for await (const chunk of response.body) bytes += chunk.length;
      return bytes;
    },
    async fill(path) {
      const { body } = await client.get(origin + path);
      const into = new Uint8Array(65_536);
      let bytes = 0;
      for (let count = await body.read({ into }); count !== null; count = await body.read({ into })) bytes += count;
      return bytes;
    },
    async save(path, file) {
      const response = await client.get(origin + path);
      return response.saveTo(file);
    },
    async firstByte(path) {
      const start = performance.now();
      const response = await client.get(origin + path);
      const elapsed = performance.now() - start;
      await response.bytes();
      return elapsed;
    },
  };
}
