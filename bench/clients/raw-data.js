// A plain net.Socket with 'data' events: each chunk a buffer of its own.

import net from 'node:net';
import { openRaw } from './raw-exchange.js';

export function open({ origin }) {
  return openRaw(origin, (port, exchange) => {
    const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('data', (chunk) => exchange.onBytes(chunk, chunk.length));
    return socket;
  });
}
