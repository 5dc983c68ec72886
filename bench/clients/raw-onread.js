// A net.Socket with `onread`: all connections read into one shared buffer and nothing passes through a stream.

import fs from 'node:fs';
import { openRaw } from './raw-exchange.js';

const shared = Buffer.allocUnsafeSlow(65_536);

export function open(server) {
  return openRaw(server, (dial, exchange) => {
    const callback = (length, bytes) => {
      if (exchange.sink !== null) {
        // The buffer is read into again once it is written.
        fs.write(exchange.sink.fd, bytes, 0, length, () => {
          exchange.onBytes(bytes, length);
          socket.resume();
        });
        return false;
      }
      exchange.onBytes(bytes, length);
      return true;
    };
    const socket = dial({ onread: { buffer: shared, callback } });
    return socket;
  }, (file) => {
    const fd = fs.openSync(file, 'w');
    return { fd, close: () => fs.closeSync(fd) };
  });
}
