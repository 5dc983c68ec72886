// undici's `request` with a URL and an Agent: the same job as this project's `client.get(url)`, and so
// the baseline.

import fs from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import { ORDER } from '../payloads.js';
import { promiseLoop } from './promise-loop.js';

const JSON_TYPE = { 'content-type': 'application/json' };

export function open({ origin, connections, ca }) {
  // Idle connections are to stay for as long as a measurement takes; undici's own default is 4 s.
  const dispatcher = new Agent({ connections, pipelining: 1, keepAliveTimeout: 600_000, keepAliveMaxTimeout: 600_000, ...(ca !== undefined && { connect: { ca } }) });

  async function get(path) {
    const { body } = await request(origin + path, { dispatcher });
    return (await body.bytes()).length;
  }

  async function text(path) {
    const { body } = await request(origin + path, { dispatcher });
    return body.text();
  }

  async function json(path) {
    const { body } = await request(origin + path, { dispatcher, method: 'POST', headers: JSON_TYPE, body: JSON.stringify(ORDER) });
    return body.json();
  }

  return {
    get,
    text,
    loop: promiseLoop({ bytes: get, text, json }),
    async stream(path) {
      const { body } = await request(origin + path, { dispatcher });
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.length;
      return bytes;
    },
    async save(path, file) {
      const { body } = await request(origin + path, { dispatcher });
      const to = fs.createWriteStream(file);
      await pipeline(body, to);
      return to.bytesWritten;
    },
    async firstByte(path) {
      const start = performance.now();
      const { body } = await request(origin + path, { dispatcher });
      const elapsed = performance.now() - start;
      await body.bytes();
      return elapsed;
    },
  };
}
