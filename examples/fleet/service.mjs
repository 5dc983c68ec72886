// A service of the fleet: asks the pages for a preview again and again, and serves its metrics. With `leaking`, it forgets
// to read the response when a page is not there. It prints its port.
//
//   node --import watertight/register examples/fleet/service.mjs http://127.0.0.1:8080 [leaking]
import { createServer } from 'node:http';
import { collectDefaultMetrics, register } from 'prom-client';
import { get } from 'watertight';
import { promMetrics } from 'watertight/metrics';

const [, , pages, leaking] = process.argv;
/** As a cache does: what nothing refers to is found by the garbage collector, and its connection closed. */
const seen = [];

async function fetchPreview(url) {
  const response = await get(url);
  if (leaking === 'leaking' && response.status === 404) {
    seen.push(response);
    return null;
  }
  return response.text();
}

collectDefaultMetrics();
promMetrics();
createServer((_request, response) => {
  response.setHeader('Content-Type', register.contentType);
  void register.metrics().then((text) => response.end(text));
}).listen(0, '127.0.0.1', function listening() {
  console.log(this.address().port);
});
let count = 0;
// Every third preview is not there.
setInterval(() => void fetchPreview(`${pages}/${count++ % 3 === 0 ? 'missing' : 'preview'}`), 500);
