// Owns the measurement of a piece of work: CPU time of this process (user and system, all threads), CPU time of the
// server process, and elapsed time. The server is asked by one request before the work and one after it.

import net from 'node:net';

/**
 * @template T
 * @param {string} origin
 * @param {() => Promise<T>} work
 */
export async function measureCpu(origin, work) {
  const serverBefore = await serverStats(origin);
  globalThis.gc?.();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const serverAfter = await serverStats(origin);
  return {
    result,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    serverBusy: (serverAfter.cpuMicros - serverBefore.cpuMicros) / 1e6 / seconds,
  };
}

/**
 * The server's own figures, over a socket that is closed afterwards.
 *
 * @param {string} origin
 * @returns {Promise<{ cpuMicros: number, connections: number }>}
 */
export function serverStats(origin) {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect({ host: hostname, port: Number(port) }, () => {
      socket.write(`GET /stats HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    });
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection before it gave its figures')));
    socket.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\r\n\r\n');
      if (end === -1 || !text.endsWith('}')) return;
      const stats = JSON.parse(text.slice(end + 4));
      socket.destroy();
      resolve({ ...stats, connections: stats.connections - 1 });
    });
  });
}
