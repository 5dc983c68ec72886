/**
 * `watertight/register`: observes requests of `fetch`, undici and `node:http` as tasks and holder records.
 * Load it before the program: `node --import watertight/register app.js`. Worker threads load it too, and
 * each thread has its own tasks. Node loads nothing before a worker that is made from text (`eval: true`), so
 * such a worker is not observed.
 *
 * `WATERTIGHT_TRACK`: `adaptive` (the default) records the call sites of a sample of the requests, `all`
 * records every call site, `off` observes nothing.
 *
 * `WATERTIGHT_RESOURCES=1` also records where servers, timers, child processes and everything else that keeps
 * the process alive are made, for `findLeaks({ resources: true })`.
 *
 * `WATERTIGHT_PPROF=[host:]port` serves the profiles of `watertight/pprof` at that address, under
 * `/debug/pprof/`. A host that other machines can reach requires `WATERTIGHT_PPROF_TOKEN`, which readers send
 * as a bearer token.
 */
import { isMainThread } from 'node:worker_threads';
import { observe } from './instrument/index.js';
import { trackResources } from './resources/index.js';
import { setTracking } from './tasks/index.js';

const mode = process.env.WATERTIGHT_TRACK ?? '';
switch (mode) {
  case 'off':
    break;
  case 'all':
    setTracking('all');
    observe();
    break;
  default:
    if (mode !== '' && mode !== 'adaptive') {
      process.emitWarning(`WATERTIGHT_TRACK is 'off', 'adaptive' or 'all', not ${JSON.stringify(mode)}; it is taken as 'adaptive'`, {
        type: 'WatertightWarning',
        code: 'WATERTIGHT_TRACK',
      });
    }
    observe();
}

if (process.env.WATERTIGHT_RESOURCES === '1') trackResources();

const address = process.env.WATERTIGHT_PPROF ?? '';
// Workers inherit the environment, but cannot listen on the same port.
if (address !== '' && isMainThread) {
  const { servePprof } = await import('./pprof/index.js');
  servePprof(address, process.env.WATERTIGHT_PPROF_TOKEN);
}
