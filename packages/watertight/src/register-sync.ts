/**
 * `watertight/register` for `node --require`: what it does, without a wait for the server of profiles. A module that
 * awaits at its top level cannot be loaded by `require`.
 */
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

/** Settles when profiles are served and pushed, if they are to be. */
export const served = offerProfiles(process.env.WATERTIGHT_PPROF ?? '', process.env.WATERTIGHT_PUSH ?? '');

async function offerProfiles(address: string, receiver: string): Promise<void> {
  // Workers inherit the environment, but cannot listen on the same port, and would push as the same instance.
  if ((address === '' && receiver === '') || !process.getBuiltinModule('node:worker_threads').isMainThread) return;
  const { servePprof, startPush } = await import('./pprof/index.js');
  if (address !== '') servePprof(address, process.env.WATERTIGHT_PPROF_TOKEN);
  if (receiver !== '') startPush(process.env);
}
