/**
 * Owns `/api/events`, the one stream of a browser: the reports of targets, what is wrong with the history, and the runs
 * of the lab that its query names (`run=ID`, several times).
 *
 * One stream carries all of it because a browser opens six connections to a server over HTTP/1.1, for all of its tabs.
 */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { LabError, type LabBench, type RunEvent } from '../lab/index.js';
import type { Monitor } from '../monitor/index.js';
import { historyTrouble } from './history-trouble.js';
import type { LiveFeed } from './live-feed.js';
import type { RowOf } from './overview.js';

/** How often a heartbeat is sent, ms, because proxies close silent connections. */
const HEARTBEAT = 15_000;
/** More runs than there can be at a time. */
const MOST_RUNS = 20;

export function eventStream(monitor: Monitor, feed: LiveFeed, bench: LabBench, rowOf: RowOf): Hono {
  const routes = new Hono();
  routes.get('/', (context) =>
    streamSSE(
      context,
      (stream) =>
        new Promise((resolve) => {
          let told = '';
          const tellTrouble = async (): Promise<void> => {
            const text = JSON.stringify(historyTrouble(monitor));
            if (text === told) return;
            told = text;
            await stream.writeSSE({ event: 'trouble', data: text });
          };
          const unsubscribe = feed.subscribe(async (news) => {
            await tellTrouble();
            await stream.writeSSE({ event: 'reports', data: JSON.stringify(news.map(({ report, target }) => rowOf(report, target))) });
          });
          const live = (): void => void stream.writeSSE({ event: 'alive', data: String(Date.now()) });
          live();
          void tellTrouble();
          const runs = new Set(context.req.queries('run')?.slice(0, MOST_RUNS));
          const unfollow = [...runs].map((id) => follow(bench, id, (event) => void stream.writeSSE({ event: 'run', data: JSON.stringify({ id, event }) })));
          // A watcher that is ended does not wait for the next sign of life.
          const heartbeat = setInterval(live, HEARTBEAT).unref();
          stream.onAbort(() => {
            clearInterval(heartbeat);
            unsubscribe();
            for (const end of unfollow) end();
            resolve();
          });
        }),
    ),
  );
  return routes;
}

/** Follows a run; of one that there is not, it is told that it has ended. */
function follow(bench: LabBench, id: string, follower: (event: RunEvent) => void): () => void {
  try {
    return bench.run(id).follow(follower);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    follower({ kind: 'ended', reason: error.message });
    return () => undefined;
  }
}
