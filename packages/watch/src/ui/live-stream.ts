/** Owns what the pages do with the live stream of changes: they take the rows, and say when the connection is lost. */
import { connection, historyTrouble, load, take } from './fleet.js';
import { followStream } from './shared-stream.js';
import { REPORTS } from './stream-hub.js';

export function followLive(): void {
  followStream(REPORTS, (event) => {
    switch (event.kind) {
      case 'alive': {
        const wasLost = connection.value.state === 'lost';
        connection.value = { state: 'live' };
        if (wasLost) void load();
        return;
      }
      case 'lost':
        connection.value = { state: 'lost', since: event.since };
        return;
      case 'missed':
        void load();
        return;
      case 'trouble':
        historyTrouble.value = event.trouble;
        return;
      case 'reports':
        take(event.rows);
        return;
      case 'run':
        // Another follows it.
    }
  });
}
