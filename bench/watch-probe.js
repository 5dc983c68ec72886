// Preloaded into the process of a watcher (node --import): tells its parent, when asked and at its end, what it has cost.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const ms = (nanoseconds) => Math.round(nanoseconds / 1e4) / 100;

function reading() {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const found = {
    at: Date.now(),
    /** Ms, all threads. */
    cpu: (user + system) / 1000,
    rss,
    heapUsed,
    /** Bytes, the most so far. */
    peakRss: process.resourceUsage().maxRSS * 1024,
    /** Ms late, since the reading before. */
    loop: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
  };
  delay.reset();
  return found;
}

// No handle of the probe's keeps the watcher alive.
process.on('message', (message) => {
  if (message === 'collect') globalThis.gc?.();
  process.send?.(reading());
});
process.channel?.unref();
process.on('exit', () => {
  if (process.connected) process.send?.(reading());
});
