/** The dashboard in a browser: what a person sees, with a mouse, with a keyboard alone, on a phone, in the dark. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { Monitor } from '#monitor';
import { parseTarget, ScrapeError, type Target, type TargetSource } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';
import { start } from '../cli/command.js';
import { becomesTrue, focused, open, overflows, withoutBrowser } from './browser.js';
import { watchedInBrowser } from './watched-in-browser.js';
import type { Watched } from './watched.js';

/** Each test has a window of its own, and mostly waits for it: two wait together. */
const AT_ONCE = { concurrency: 2 };

describe('the dashboard', { skip: withoutBrowser }, () => {
  let browser: Browser;
  let watched: Watched;

  watchedInBrowser((started) => ({ browser, watched } = started));

  /** Opens it for one test; whatever goes wrong in the page fails it. */
  async function visit(body: (page: Page) => Promise<void>, options: BrowserContextOptions = {}, address = watched.dashboard.url): Promise<void> {
    const opened = await open(browser, address, options);
    try {
      await body(opened.page);
      assert.deepEqual(opened.wrong, []);
    } finally {
      await opened.close();
    }
  }

  const rows = (page: Page): ReturnType<Page['locator']> => page.getByRole('table', { name: 'Services' }).locator('tbody').getByRole('row');

  async function openShop(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'shop' }).click();
    await page.getByRole('heading', { level: 1, name: 'shop' }).waitFor();
    await page.locator('.curve canvas').waitFor();
  }

  describe('overview', AT_ONCE, () => {
    test('the service that leaks comes first, with its line and its pace', () =>
      visit(async (page) => {
        const first = rows(page).first();
        await first.waitFor();
        const text = await first.innerText();
        assert.match(text, /leaking/);
        assert.match(text, /stockOf \/app\/src\/stock\.ts:23/);
        assert.match(text, /\+120\b/); // a loop to read and one to write, each hour sixty times
        // Seen for less than the hour and a quarter after which the detector says that one is healthy.
        assert.match(await rows(page).nth(1).innerText(), /watching until \d\d:\d\d[^]*prices/);
        assert.equal(await page.getByRole('button', { name: '1 leaking' }).count(), 1);
      }));

    test('the filter and the counts leave what they say', () =>
      visit(async (page) => {
        await page.getByLabel('Filter').fill('stock.ts');
        await page.getByText('1 of 2').waitFor();
        assert.equal(await rows(page).count(), 1);
        await page.getByLabel('Filter').fill('');
        const leaking = page.getByRole('button', { name: '1 leaking' });
        await leaking.click();
        assert.equal(await leaking.getAttribute('aria-pressed'), 'true');
        assert.equal(await rows(page).count(), 1);
      }));

    test('the filter is in the address, and the zone of the times on the page', () =>
      visit(async (page) => {
        await page.getByLabel('Filter').fill('stock.ts');
        await page.getByRole('button', { name: '1 leaking' }).click();
        await page.reload();
        await page.getByText('1 of 2').waitFor();
        assert.equal(await page.getByLabel('Filter').inputValue(), 'stock.ts');
        assert.equal(await page.getByRole('button', { name: '1 leaking' }).getAttribute('aria-pressed'), 'true');
        assert.equal(await page.getByRole('contentinfo').innerText(), 'Times are those of Asia/Tokyo (UTC+09:00).');
      }, { timezoneId: 'Asia/Tokyo' }));

    test('services are grouped by a label, with their verdicts; what is opened is in the address', () =>
      visit(async (page) => {
        await page.getByLabel('Group by').selectOption('team');
        await becomesTrue(page, `document.querySelectorAll('tbody tr').length === 2`);
        assert.match(await rows(page).first().innerText(), /sales, north\s+▲ 1 leaking/);
        assert.match(await rows(page).nth(1).innerText(), /pricing\s+… 1 watching/);
        await page.getByRole('button', { name: 'sales, north' }).click();
        await page.getByRole('link', { name: 'shop' }).waitFor();
        await page.reload();
        await page.getByRole('link', { name: 'shop' }).waitFor();
        assert.equal(await page.getByRole('link', { name: 'prices' }).count(), 0);
        assert.equal(await page.getByRole('button', { name: 'sales, north' }).getAttribute('aria-expanded'), 'true');
        await page.getByRole('button', { name: 'sales, north' }).press('Enter');
        await page.getByRole('link', { name: 'shop' }).waitFor({ state: 'detached' });
        assert.doesNotMatch(page.url(), /open=/);
        assert.equal(await overflows(page), false);
      }, { viewport: { width: 390, height: 844 } }));

    test('a thousand services are there to be found, though not all are drawn', async () => {
      const history = new History(':memory:');
      const monitor = new Monitor(history, { interval: 60_000 });
      monitor.setTargets(Array.from({ length: 1000 }, (_, i) => parseTarget(`http://127.0.0.1:9/${i}`, { name: `service-${i}` })));
      const dashboard = await Dashboard.start(monitor, history);
      try {
        await visit(async (page) => {
          await page.getByRole('heading', { name: '1,000 services' }).waitFor();
          const drawn = await rows(page).count();
          assert.ok(drawn < 300, String(drawn));
          await page.mouse.wheel(0, 100_000);
          await becomesTrue(page, `document.querySelectorAll('tbody tr').length > ${drawn}`);
          await page.getByLabel('Filter').fill('service-777');
          await page.getByText('1 of 1,000').waitFor();
          assert.match(await rows(page).innerText(), /service-777/);
        }, {}, dashboard.url);
      } finally {
        await dashboard.close();
        await monitor.stop();
        history.close();
      }
    });
  });

  test('of hundreds of services with live data, what changes comes to the top, and leaves what one types, has the focus on and has scrolled to', async () => {
    const down = new Set<string>();
    const history = new History(':memory:');
    const sourceOf = ({ name }: Target): TargetSource => ({
      resume: () => undefined,
      count: (at) => (down.has(name) ? Promise.reject(new ScrapeError('down', `${name} is gone`)) : Promise.resolve({ at, value: 10 + (at % 7), start: 1, platform: 'go' })),
    });
    const monitor = new Monitor(history, { interval: 60_000, sourceOf });
    monitor.setTargets(Array.from({ length: 300 }, (_, i) => parseTarget(`http://127.0.0.1:9/${i}`, { name: `service-${i}` })));
    await monitor.scrapeAll();
    const dashboard = await Dashboard.start(monitor, history);
    try {
      await visit(async (page) => {
        await page.getByRole('heading', { name: '300 services' }).waitFor();
        await page.getByText('live', { exact: true }).waitFor();
        down.add('service-299');
        await monitor.scrapeAll();
        await rows(page).first().getByRole('link', { name: 'service-299' }).waitFor();
        assert.match(await rows(page).nth(1).innerText(), /service-0/);
        const filter = page.getByLabel('Filter');
        await filter.pressSequentially('service-2');
        await page.getByText('111 of 300').waitFor();
        await page.mouse.wheel(0, 600);
        await becomesTrue(page, 'scrollY > 0');
        down.add('service-250').add('service-100');
        await monitor.scrapeAll();
        await rows(page).first().getByRole('link', { name: 'service-250' }).waitFor();
        assert.equal(await page.getByRole('link', { name: 'service-100' }).count(), 0);
        assert.equal(await page.evaluate('scrollY > 0'), true);
        await filter.pressSequentially('5');
        await page.getByText('11 of 300').waitFor();
        assert.equal(await filter.inputValue(), 'service-25');
        assert.equal(await page.evaluate('document.activeElement.type'), 'search');
      }, {}, dashboard.url);
    } finally {
      await dashboard.close();
      await monitor.stop();
      history.close();
    }
  });

  describe('a target', AT_ONCE, () => {
    test('shows the detection beside the threshold, the stacks that grow with what to do, and the connections', () =>
      visit(async (page) => {
        await openShop(page);
        const moments = page.getByRole('list', { name: 'What the curve shows' });
        await moments.getByText(/Leak detected at \d/).waitFor();
        assert.match(await moments.innerText(), /A threshold of 1,000 has not fired/);
        assert.match((await page.locator('.curve').getAttribute('aria-label')) ?? '', /^Tasks from .*: 3 at first, 113 now/);
        const growing = await page.getByRole('table', { name: 'Stacks that grow' }).getByRole('row').nth(1).innerText();
        assert.match(growing, /\+55/);
        assert.match(growing, /stockOf\s+\/app\/src\/stock\.ts:23/);
        assert.match(growing, /55 response bodies were neither read to the end nor closed[^]*await using/);
        assert.doesNotMatch(growing, /`/);
        assert.ok(await page.locator('.advice code').count() > 0);
        assert.match(await page.getByRole('row', { name: 'warehouse.test' }).innerText(), /55/);
      }));

    test('dragging over the curve compares its two moments', () =>
      visit(async (page) => {
        await openShop(page);
        const over = (await page.locator('.curve .u-over').boundingBox())!;
        // From the third look to the ninth of twelve.
        await page.mouse.move(over.x + (over.width * 2) / 11, over.y + 40);
        await page.mouse.down();
        await page.mouse.move(over.x + (over.width * 8) / 11, over.y + 60, { steps: 5 });
        await page.mouse.up();
        await page.getByText(/23 tasks at .*, 83 at .*: \+60\./).waitFor();
        assert.match(await page.getByRole('table', { name: 'What grew between' }).innerText(), /\+30[^]*stockOf/);
        await page.getByRole('heading', { name: /^Flame graph of .*, compared with / }).waitFor();
        await page.getByRole('treeitem', { name: /^all, 83 tasks, 100 %, 60 more than before$/ }).waitFor();
      }));

    test('a click in the flame graph zooms, a search counts, and the whole graph comes back', () =>
      visit(async (page) => {
        await openShop(page);
        const frame = page.getByRole('treeitem', { name: /^stockOf/ });
        const width = async (): Promise<number> => (await frame.boundingBox())!.width;
        const narrow = await width();
        await page.getByRole('treeitem', { name: /persistConn\)\.readLoop, .*, 55 tasks/ }).click();
        await becomesTrue(page, `document.querySelectorAll('.flame-frame').length === 3`);
        assert.ok((await width()) > narrow);
        assert.equal(await frame.getAttribute('aria-label'), 'stockOf, /app/src/stock.ts:23, 110 tasks, 97.3 %');
        await page.getByRole('button', { name: 'Whole graph' }).click();
        await page.getByLabel('Search').fill('STOCK.ts');
        await page.getByText('110 of 113 tasks (97.3 %) in 1 frame').waitFor();
        await page.getByRole('button', { name: 'Innermost first' }).click();
        await page.getByRole('treeitem', { name: /persistConn\)\.readLoop, .*, 56 tasks/ }).waitFor();
        assert.equal(await page.getByRole('treeitem', { name: /persistConn\)\.readLoop/ }).first().getAttribute('aria-level'), '2');
        const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save this profile' }).click()]);
        assert.match(saved.suggestedFilename(), /\.pb\.gz$/);
      }));

    test('a link shows another person the same: the range, the moments that are compared, the scale', async () => {
      const [now, minute] = [Date.now(), 60_000];
      const text = (at: number): string => new Date(at).toISOString();
      const query = new URLSearchParams({ url: watched.leaking.url, from: text(now - 52 * minute), to: text(now - 12 * minute), before: text(now - 45 * minute), after: text(now - 20 * minute), scale: 'log' });
      const opened = await open(browser, `${watched.dashboard.url}#/target?${query.toString()}`);
      try {
        const { page } = opened;
        await page.getByText(/33 tasks at .*, 83 at .*: \+50\./).waitFor();
        assert.match((await page.locator('.curve').getAttribute('aria-label')) ?? '', /: \d+ at first, 93 now/);
        assert.equal(await page.getByLabel('Logarithmic').isChecked(), true);
        assert.equal(await page.title(), 'shop – Watertight');
        await page.getByLabel(/^Last/).selectOption('6 hours');
        await becomesTrue(page, `/113 now/.test(document.querySelector('.curve').getAttribute('aria-label'))`);
        const address = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
        assert.deepEqual([address.get('hours'), address.get('from'), address.get('scale')], ['6', null, 'log']);
        assert.deepEqual(opened.wrong, []);
      } finally {
        await opened.close();
      }
    });

    test('what was chosen on the curve is there after a reload, and can be zoomed to', () =>
      visit(async (page) => {
        await openShop(page);
        await page.getByRole('button', { name: 'Compare' }).click();
        await page.getByText(/3 tasks at .*, 113 at .*: \+110\./).waitFor();
        await page.reload();
        await page.getByText(/3 tasks at .*, 113 at .*: \+110\./).waitFor();
        await page.getByRole('button', { name: 'Zoom to what is chosen' }).click();
        await becomesTrue(page, `location.hash.includes('from=')`);
        await page.getByRole('button', { name: 'Clear' }).click();
        await becomesTrue(page, `!location.hash.includes('before=') && location.hash.includes('from=')`);
      }));

    test('another service is put beside it, on the same chart and group by group, and is there after a reload', () =>
      visit(async (page) => {
        await openShop(page);
        const beside = page.getByRole('region', { name: 'Compare with another service' });
        await beside.getByLabel('Beside').selectOption('prices');
        await becomesTrue(page, `/^shop: 3 at first, 113 now; prices: 3 at first, 5 now\\.$/.test(document.querySelector('.beside')?.getAttribute('aria-label') ?? '')`);
        const groups = page.getByRole('region', { name: 'Groups of shop and of prices' }).getByRole('row');
        assert.match(await groups.nth(1).innerText(), /stockOf stock\.ts:23[^]*55\s+1\s+−54/);
        await beside.getByLabel('From the start of each process').check();
        await page.reload();
        await becomesTrue(page, `/; prices: \\d+ at first, 5 .* after its start\\.$/.test(document.querySelector('.beside')?.getAttribute('aria-label') ?? '')`);
        assert.equal(await beside.getByLabel('Beside').inputValue(), watched.healthy.url);
        assert.equal(await overflows(page), false);
      }, { viewport: { width: 390, height: 844 } }));

    test('the curve can be saved, as figures and as a picture', () =>
      visit(async (page) => {
        await openShop(page);
        const saved = async (button: string): Promise<{ name: string; content: Buffer }> => {
          const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
          const chunks: Buffer[] = [];
          for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
          return { name: download.suggestedFilename(), content: Buffer.concat(chunks) };
        };
        const figures = await saved('Save as CSV');
        const lines = figures.content.toString().split('\r\n');
        assert.deepEqual([figures.name, lines[0], lines.length], ['shop.csv', 'time,lowest,highest', 14]);
        assert.match(lines[12], /^\d{4}-\d\d-\d\dT[\d:.]+Z,113,113$/);
        const picture = await saved('Save as PNG');
        assert.equal(picture.name, 'shop.png');
        assert.deepEqual([...picture.content.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
      }));

    test('one that is not watched is said to be so', async () => {
      const opened = await open(browser, `${watched.dashboard.url}#/target?url=${encodeURIComponent('http://unheard.of')}`);
      await opened.page.getByText('there is no target "http://unheard.of"').waitFor();
      await opened.close();
    });
  });

  test('everything can be done with the keyboard alone', () =>
    visit(async (page) => {
      await rows(page).first().waitFor();
      const tabTo = async (name: RegExp): Promise<void> => {
        for (let i = 0; i < 60; i++) {
          await page.keyboard.press('Tab');
          if (name.test(await focused(page))) return;
        }
        assert.fail(`Tab does not come to ${name}`);
      };
      await page.keyboard.press('Tab');
      assert.equal(await focused(page), 'Skip to content');
      await page.keyboard.press('Enter');
      await tabTo(/^shop$/);
      await page.keyboard.press('Enter');
      await page.locator('.curve canvas').waitFor();
      await tabTo(/^Compare$/);
      await page.keyboard.press('Enter');
      await page.getByText(/3 tasks at .*, 113 at .*: \+110\./).waitFor();

      await tabTo(/^all, 113 tasks/);
      await page.keyboard.press('ArrowDown');
      assert.match(await focused(page), /^stockOf/);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      assert.match(await focused(page), /writeLoop/);
      await page.keyboard.press('Enter');
      await becomesTrue(page, `document.querySelectorAll('.flame-frame').length === 3`);
      assert.match(await focused(page), /writeLoop/);
      await page.keyboard.press('Escape');
      await becomesTrue(page, `document.querySelectorAll('.flame-frame').length === 4`);
      assert.match(await focused(page), /^stockOf/);
    }));

  test('whoever is on call acknowledges the leak and silences the service, with the keyboard alone, on a phone', () =>
    visit(async (page) => {
      await openShop(page);
      const section = page.getByRole('region', { name: 'Alerts of this service' });
      await section.getByText('Acknowledge or silence').focus();
      await page.keyboard.press('Enter');
      assert.equal(await overflows(page), false);
      await section.getByLabel('Who looks at it').fill('Ann <Lee>');
      await page.keyboard.press('Tab');
      await page.keyboard.type('rolling back');
      await page.keyboard.press('Enter');
      await section.getByText('Acknowledged: its alert is not sent again.').waitFor();
      await section.getByText(/acknowledged by Ann <Lee> at \d\d:\d\d: rolling back/).waitFor();
      assert.equal(await focused(page), 'Acknowledged: its alert is not sent again.');

      const silence = section.getByRole('form', { name: 'Silence' });
      await silence.getByLabel('for').selectOption('until a time');
      await silence.getByLabel('Until', { exact: true }).fill('2020-01-01T00:00');
      await silence.getByRole('button').press('Enter');
      await section.getByText('A silence ends later than now').waitFor();
      await silence.getByLabel('for').selectOption('4 hours');
      await silence.getByRole('button').press('Enter');
      await section.getByText(/Alerts are silenced until (\d+ \w+ )?\d\d:\d\d/).waitFor();
      assert.equal(await overflows(page), false);
      await page.getByRole('link', { name: 'All services' }).click();
      assert.match(await rows(page).first().innerText(), /acknowledged by Ann <Lee> at \d\d:\d\d; silenced until/);
      assert.doesNotMatch(await rows(page).nth(1).innerText(), /silenced|acknowledged/);
      assert.equal(await overflows(page), false);

      await openShop(page);
      await section.getByRole('button', { name: 'Lift the silence' }).press('Enter');
      await section.getByText('The silence is lifted.').waitFor();
      await section.getByRole('button', { name: 'Take the acknowledgement back' }).press('Enter');
      await section.getByText('Nobody looks at it any more.').waitFor();
      const report = watched.monitor.monitorOf(watched.leaking.url)!.report();
      assert.deepEqual([report.silence, report.incident?.acknowledged], [undefined, undefined]);
    }, { viewport: { width: 390, height: 844 }, hasTouch: true }));

  for (const [name, path] of [['overview', ''], ['a target', 'target']] as const) {
    test(`${name} needs no scrolling sideways on a phone`, () =>
      visit(async (page) => {
        if (path === '') await rows(page).first().waitFor();
        else await openShop(page);
        assert.equal(await overflows(page), false);
      }, { viewport: { width: 320, height: 640 }, hasTouch: true }));
  }

  test('is dark where the system is', async () => {
    const ground = (page: Page): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await visit(async (page) => assert.equal(await ground(page), 'rgb(20, 22, 26)'), { colorScheme: 'dark' });
    await visit(async (page) => assert.equal(await ground(page), 'rgb(251, 251, 250)'), { colorScheme: 'light' });
  });

  // The following change what is watched.
  test('what a scrape finds is there at once, and a new verdict is announced', () =>
    visit(async (page) => {
      await page.getByText('live', { exact: true }).waitFor();
      await watched.now(watched.leaking, 60);
      await rows(page).first().getByText('123').waitFor();
      await watched.healthy.end();
      await watched.monitor.scrapeAll();
      await page.locator('#announcements').getByText('prices is down.').waitFor({ state: 'attached' });
      assert.match(await rows(page).nth(1).innerText(), /down[^]*ECONNREFUSED/);
    }));

  test('Ctrl-C ends the watch while a browser has its dashboard open, and the browser says so', async () => {
    const command = start(['watch', '--port', '0', watched.leaking.url]);
    const opened = await open(browser, await command.found(/dashboard at (\S+);/));
    try {
      await opened.page.getByText('live', { exact: true }).waitFor();
      command.process.kill('SIGINT');
      // The page is open for as long as the test likes: a watch that waited for it would not end.
      assert.deepEqual(await command.ended.then(({ status, signal }) => [status, signal]), [0, null]);
      await opened.page.getByText(/connection lost at .*; trying again/).waitFor();
    } finally {
      command.process.kill('SIGKILL');
      await opened.close();
    }
  });

  test('what is wrong with the history is said until it is over', () =>
    visit(async (page) => {
      await page.getByText('live', { exact: true }).waitFor();
      const pages = (most: number): void => (watched.history as unknown as { sql: { exec(sql: string): void } }).sql.exec(`PRAGMA max_page_count = ${most}`);
      pages(1);
      for (let look = 0; watched.history.trouble === null; look++) await watched.now(watched.leaking, 61 + (look % 2));
      await page.getByRole('alert').getByText(/^Since \d\d:\d\d:\d\d: the history :memory: can't be written: the disk is full\./).waitFor();
      pages(100_000);
      await watched.now(watched.leaking, 60);
      await page.getByRole('alert').waitFor({ state: 'detached' });
    }));

  test('a lost connection is said, and is opened again with what was missed', async () => {
    const opened = await open(browser, watched.dashboard.url);
    const { page } = opened;
    try {
      await page.getByText('live', { exact: true }).waitFor();
      const port = Number(new URL(watched.dashboard.url).port);
      await watched.dashboard.close();
      await page.getByText(/connection lost at .*; trying again/).waitFor();
      await watched.now(watched.leaking, 70);
      watched.dashboard = await Dashboard.start(watched.monitor, watched.history, { port });
      await page.getByText('live', { exact: true }).waitFor();
      await rows(page).filter({ hasText: 'shop' }).getByText('143').waitFor();
    } finally {
      await opened.close();
    }
  });
});
