/** The SharedWorker that holds the stream of events for all tabs of a browser. The address of the stream is its name. */
import { StreamHub } from './stream-hub.js';

const hub = new StreamHub(self.name);

self.addEventListener('connect', (event) => {
  for (const port of (event as MessageEvent).ports) hub.serve(port);
});
