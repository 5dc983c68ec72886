// A plain net.Socket with 'data' events: each chunk a buffer of its own.

import fs from 'node:fs';
import { openRaw } from './raw-exchange.js';

export function open(server) {
  return openRaw(server, (dial, exchange) => {
    const socket = dial({});
    socket.on('data', (chunk) => {
      const { sink } = exchange;
      if (sink !== null && !sink.write(chunk)) {
        socket.pause();
        sink.once('drain', () => socket.resume());
      }
      exchange.onBytes(chunk, chunk.length);
    });
    return socket;
  }, (file) => fs.createWriteStream(file));
}
