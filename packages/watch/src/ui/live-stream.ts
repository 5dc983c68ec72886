/** Owns the live stream of changes: it takes what arrives, says when the connection is lost, and reopens it. */
import type { HistoryTrouble, OverviewRow } from '../server/index.js';
import { connection, historyTrouble, load, take } from './fleet.js';

/** After so many ms without a heartbeat, which the server sends every 15 s, the connection counts as lost. */
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
    // EventSource stops trying at the first refusal, which a proxy sends while its server restarts; so it is reopened here.
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
    source.addEventListener('trouble', ({ data }: MessageEvent<string>) => {
      historyTrouble.value = JSON.parse(data) as HistoryTrouble | null;
    });
    source.addEventListener('reports', ({ data }: MessageEvent<string>) => {
      heard();
      take(JSON.parse(data) as OverviewRow[]);
    });
  };
  open();
}
