/** Many tabs of one browser: they share one stream of events, so that the browser has connections left for requests. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { open, withoutBrowser, type Opened } from './browser.js';
import { watchedInBrowser } from './watched-in-browser.js';
import type { Watched } from './watched.js';

/** A browser opens six connections to a server. */
const TABS = 8;

describe('the tabs of a browser', { skip: withoutBrowser }, () => {
  let browser: Browser;
  let watched: Watched;

  watchedInBrowser((started) => ({ browser, watched } = started));

  const live = (page: Page): Promise<void> => page.getByText('live', { exact: true }).waitFor();
  const shows = (page: Page, tasks: number): Promise<void> => page.getByRole('row').filter({ hasText: 'shop' }).getByText(String(tasks), { exact: true }).waitFor();
  /** How many streams the server sends. */
  const streams = (): number => (watched.dashboard as unknown as { feed: { readers: ReadonlySet<unknown> } }).feed.readers.size;

  async function another({ page }: Opened, hash = ''): Promise<Page> {
    const tab = await page.context().newPage();
    await tab.goto(watched.dashboard.url + hash);
    return tab;
  }

  test('share one stream, are all live, and are answered', async () => {
    const first = await open(browser, watched.dashboard.url);
    try {
      const others: Page[] = [];
      while (others.length < TABS - 1) others.push(await another(first));
      for (const page of [first.page, ...others]) await live(page);
      assert.equal(streams(), 1);
      await watched.now(watched.leaking, 60);
      for (const page of [first.page, ...others]) await shows(page, 123);

      // The one that opened the stream goes.
      await first.page.close();
      await watched.now(watched.leaking, 61);
      for (const page of others) await shows(page, 125);
      for (const page of others) assert.equal(await page.evaluate<number>("fetch('api/overview').then(({ status }) => status)"), 200);
      assert.equal(streams(), 1);
      assert.deepEqual(first.wrong, []);
    } finally {
      await first.close();
    }
  });

  test('follow runs of the lab by the same stream', async () => {
    const first = await open(browser, watched.dashboard.url);
    try {
      const labs = [await another(first, '#/lab/head'), await another(first, '#/lab/six-unread'), await another(first, '#/lab/status-204')];
      const at = (page: Page, step: number): Promise<void> => page.locator('.lab-progress').getByText(`step ${step}`, { exact: true }).waitFor();
      for (const page of labs) await at(page, 0);
      for (const page of labs) await page.keyboard.press('ArrowRight');
      for (const page of labs) await at(page, 1);
      await live(first.page);
      assert.equal(streams(), 1);
      await labs[0].close();
      await labs[1].keyboard.press('ArrowRight');
      await at(labs[1], 2);
      assert.deepEqual(first.wrong, []);
    } finally {
      await first.close();
    }
  });

  test('have one each where there is no SharedWorker', async () => {
    const first = await open(browser, 'about:blank');
    try {
      await first.page.context().addInitScript('delete globalThis.SharedWorker');
      const tabs = [await another(first), await another(first, '#/lab/head')];
      await live(tabs[0]);
      await tabs[1].locator('.lab-progress').getByText('step 0', { exact: true }).waitFor();
      assert.equal(streams(), 2);
      await watched.now(watched.leaking, 62);
      await shows(tabs[0], 127);
    } finally {
      await first.close();
    }
  });
});
