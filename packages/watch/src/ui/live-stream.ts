/** Owns the live connection: what arrives is taken, a loss is said, and it is opened again until it is back. */
import type { OverviewRow } from '../server/index.js';
import { connection, load, take } from './fleet.js';

/** Ms without a sign of life, which the server gives every 15 s: the connection is dead, though nobody has said so. */
const SILENCE = 40_000;
/** Ms before another try, doubling up to the most. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

export function followLive(): void {
  let pause = FIRST_PAUSE;
  let lastHeard: number | null = null;

  const open = (): void => {
    const source = new EventSource('api/events');
    let silence = 0;
    const heard = (): void => {
      lastHeard = Date.now();
      clearTimeout(silence);
      silence = window.setTimeout(lose, SILENCE);
    };
    // The browser's own way of trying again gives up at the first refusal, as of a proxy whose server restarts.
    const lose = (): void => {
      clearTimeout(silence);
      source.close();
      connection.value = { state: 'lost', since: lastHeard };
      window.setTimeout(open, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    };
    source.addEventListener('error', lose);
    source.addEventListener('alive', () => {
      heard();
      pause = FIRST_PAUSE;
      if (connection.value.state === 'live') return;
      const wasLost = connection.value.state === 'lost';
      connection.value = { state: 'live' };
      if (wasLost) void load();
    });
    source.addEventListener('reports', ({ data }: MessageEvent<string>) => {
      heard();
      take(JSON.parse(data) as OverviewRow[]);
    });
  };
  open();
}
