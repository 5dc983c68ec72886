// Owns the probe that is preloaded into a watcher's process (node --import): it tells its parent, when asked and at
// the end, what the watcher has cost.

import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
const ms = (nanoseconds) => Math.round(nanoseconds / 1e4) / 100;

function reading() {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const found = {
    at: Date.now(),
    /** CPU time of all threads, ms. */
    cpu: (user + system) / 1000,
    rss,
    heapUsed,
    /** The highest so far, bytes. */
    peakRss: process.resourceUsage().maxRSS * 1024,
    /** Delays of the event loop since the last reading, ms. */
    loop: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
  };
  delay.reset();
  return found;
}

// The channel to the parent must not keep the watcher alive.
process.on('message', (message) => {
  if (message === 'collect') globalThis.gc?.();
  process.send?.(reading());
});
process.channel?.unref();
process.on('exit', () => {
  if (process.connected) process.send?.(reading());
});
