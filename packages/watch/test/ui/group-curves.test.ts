/** The courses of stack groups in a browser: which of them leaks, while the count as a whole hides it. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { verifyNone } from 'watertight/leak';
import { Dashboard } from '#server';
import { History } from '#store';
import { BEGIN, counted, daily, HOUR, Watch } from '../monitor/group-course.js';
import { open, overflows, startBrowser, withoutBrowser } from './browser.js';

describe('groups over time', { skip: withoutBrowser }, () => {
  const history = new History(':memory:');
  /** The course of a day and a half that has just passed. */
  const past = (course: (after: number) => number) => (after: number) => course(after + 36 * HOUR - (Date.now() - BEGIN));
  const watch = new Watch(
    { groups: { 'main.handle': past(counted((time) => 600 * daily(0.5)(time), 1)), 'main.fetch': past(counted((time) => 10 + (4 * time) / HOUR, 2)), 'main.work': () => 40 } },
    history,
  );
  let browser: Browser;
  let dashboard: Dashboard;

  before(async () => {
    const now = Date.now() - BEGIN;
    await watch.over(now - 36 * HOUR, now);
    [browser, dashboard] = await Promise.all([startBrowser(), Dashboard.start(watch.monitor, history)]);
  });
  after(async (t) => {
    await browser.close();
    await dashboard.close();
    await watch.end();
    history.close();
    await verifyNone(t);
  });

  for (const [name, viewport] of [['a window', { width: 1100, height: 900 }], ['a phone', { width: 375, height: 800 }]] as const) {
    test(`in ${name}: the one that leaks comes first, with its pace, and is named to who can not see it`, async () => {
      const { page, wrong, close } = await open(browser, `${dashboard.url}#/target?url=${encodeURIComponent(watch.target.target.url)}`, { viewport });
      try {
        await page.getByRole('heading', { name: 'Groups over time' }).waitFor();
        const courses = page.getByRole('region', { name: 'Groups over time' }).getByRole('listitem');
        assert.equal(await courses.count(), 3);
        const first = (await courses.first().textContent()) ?? '';
        assert.match(first, /main\.fetch \/srv\/main\.go:10 .*leaking.*\+[34](?:\.\d)? an hour/);
        assert.match(first, /now, \d+ at most\. It has climbed by/);
        assert.match((await page.getByRole('img', { name: /^main\.fetch: .*; it leaks\.$/ }).getAttribute('aria-label')) ?? '', /at first, \d+ now/);
        assert.equal(await page.getByRole('img', { name: /it leaks/ }).count(), 1);
        assert.match((await page.getByRole('table', { name: 'Stacks that grow' }).locator('tbody tr').first().textContent()) ?? '', /main\.fetch.*leaking/);
        assert.match((await page.getByRole('main').textContent()) ?? '', /leak, which the count as a whole hides/);
        // What was seen for an hour of a week is not a sliver at the edge.
        await page.getByLabel(/^Last/).selectOption('30 days');
        await page.getByText(/^Since .*, when the first of them was seen\.$/).waitFor();
        const spans = await page.evaluate<number[]>("[...document.querySelectorAll('.course path')].map((path) => path.getBBox().width)");
        assert.ok(Math.max(...spans) > 300, spans.join());
        assert.equal(await overflows(page), false);
        assert.deepEqual(wrong, []);
        if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: `${process.env.SCREENSHOTS}/groups-${viewport.width}.png`, fullPage: true });
      } finally {
        await close();
      }
    });
  }
});
