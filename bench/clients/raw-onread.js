// A net.Socket with `onread`: all connections read into one shared buffer and nothing passes through a stream.

import net from 'node:net';
import { openRaw } from './raw-exchange.js';

const shared = Buffer.allocUnsafeSlow(65_536);

export function open({ origin }) {
  return openRaw(origin, (port, exchange) => {
    const callback = (length, bytes) => {
      exchange.onBytes(bytes, length);
      return true;
    };
    return net.connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: shared, callback } });
  });
}
