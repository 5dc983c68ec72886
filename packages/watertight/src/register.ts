/**
 * `watertight/register`, to be loaded before the program:
 * `node --import watertight/register app.js`. Requests of `fetch`, undici and
 * `node:http` become tasks and holder records from then on, in worker threads
 * too (each has tasks of its own; Node loads nothing before a worker made from
 * text, `eval: true`).
 *
 * `WATERTIGHT_TRACK`: `adaptive` (the default) records the call sites of a
 * sample of the requests, `all` of each, `off` observes nothing.
 *
 * `WATERTIGHT_RESOURCES=1` also records where servers, timers, child processes
 * and whatever else keeps the process alive are made, for
 * `findLeaks({ resources: true })`.
 *
 * `WATERTIGHT_PPROF=[host:]port` serves the profiles of `watertight/pprof`
 * there, at `/debug/pprof/`. A host that other machines can reach needs
 * `WATERTIGHT_PPROF_TOKEN`, which readers then send as a bearer token.
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
// Workers inherit the environment, and could not have the same port.
if (address !== '' && isMainThread) {
  const { servePprof } = await import('./pprof/index.js');
  servePprof(address, process.env.WATERTIGHT_PPROF_TOKEN);
}
