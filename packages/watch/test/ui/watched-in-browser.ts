/** A browser, and a watched service with its dashboard, for all tests of a suite. */
import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';
import { verifyNone } from 'watertight/leak';
import { startBrowser } from './browser.js';
import { Watched } from './watched.js';

/** Called in a suite: `take` has both before its first test. After the last they end, and nothing may be left. */
export function watchedInBrowser(take: (started: { readonly browser: Browser; readonly watched: Watched }) => void): void {
  let browser: Browser;
  let watched: Watched;
  before(async () => {
    [browser, watched] = await Promise.all([startBrowser(), Watched.start()]);
    take({ browser, watched });
  });
  after(async (t) => {
    await browser.close();
    await watched.end();
    await verifyNone(t);
  });
}
