// A plain net.Socket with 'data' events: each chunk a buffer of its own.

import fs from 'node:fs';
import net from 'node:net';
import { openRaw } from './raw-exchange.js';

export function open({ origin }) {
  return openRaw(origin, (port, exchange) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
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
