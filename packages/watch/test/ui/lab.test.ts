/** The lab in a browser: stepped through by keyboard, by mouse, by itself, on a phone; what is seen, what is announced, what is left. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { verifyNone } from 'watertight/leak';
import { Monitor } from '#monitor';
import { Dashboard } from '#server';
import { History } from '#store';
import { focused, open, overflows, startBrowser, withoutBrowser } from './browser.js';

// Each test has a window and a run of its own, and mostly waits for them: two wait together.
describe('the lab', { skip: withoutBrowser, concurrency: 2 }, () => {
  let browser: Browser;
  let dashboard: Dashboard;
  // Nothing is watched: the lab needs nothing.
  const history = new History(':memory:');
  const monitor = new Monitor(history);

  before(async () => {
    [browser, dashboard] = await Promise.all([startBrowser(), Dashboard.start(monitor, history)]);
  });
  after(async (t) => {
    await browser.close();
    await dashboard.close();
    await monitor.stop();
    history.close();
    await verifyNone(t);
    const deadline = Date.now() + 10_000;
    while (process.getActiveResourcesInfo().includes('ProcessWrap')) {
      assert.ok(Date.now() < deadline, 'a process of the lab has outlived the dashboard');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  async function visit(path: string, body: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): Promise<void> {
    const opened = await open(browser, dashboard.url + path, options);
    try {
      await body(opened.page);
      assert.deepEqual(opened.wrong, []);
    } finally {
      await opened.close();
    }
  }

  const side = (page: Page, name: string): ReturnType<Page['locator']> => page.getByRole('region', { name, exact: true });
  const count = async (page: Page, name: string): Promise<number> => Number(/\d+/.exec(await side(page, name).locator('.lab-number').innerText())?.[0]);
  const at = (page: Page, text: string): Promise<void> => page.locator('.lab-progress').getByText(text, { exact: true }).waitFor();

  /** Presses → until the last step. */
  async function toTheEnd(page: Page): Promise<void> {
    for (let step = 0; ; step++) {
      await page.locator('.lab-progress').getByText(new RegExp(`^step ${step}(, the last)?$`)).waitFor();
      if ((await page.locator('.lab-progress').innerText()).endsWith('last')) return;
      await page.keyboard.press('ArrowRight');
    }
  }

  test('is found from the overview, and begins with the essential six', () =>
    visit('', async (page) => {
      await page.getByText('Nothing is watched yet.').waitFor();
      await page.getByRole('link', { name: 'Lab', exact: true }).click();
      const first = page.getByRole('region', { name: 'The essential six' }).getByRole('listitem');
      await first.first().waitFor();
      assert.equal(await first.count(), 6);
      await page.getByRole('link', { name: 'six requests read to the end, beside six never read' }).click();
      await page.getByRole('heading', { level: 1, name: 'Six read to the end beside Six never read' }).waitFor();
      assert.equal(await page.title(), 'Lab – Watertight');
    }));

  test('by keyboard alone: six read make 3, six never read make 13, and each step says why', () =>
    visit('#/lab/quiz-six-read-all/six-unread', async (page) => {
      await at(page, 'step 0');
      const landmarks = await page.evaluate<string[]>("[...document.querySelectorAll('section[aria-label], section[aria-labelledby]')].map((region) => region.getAttribute('aria-label') ?? region.getAttribute('aria-labelledby'))");
      assert.ok(landmarks.length >= 8);
      assert.equal(new Set(landmarks).size, landmarks.length, landmarks.join());
      assert.deepEqual([await count(page, 'Six read to the end'), await count(page, 'Six never read')], [1, 1]);
      await toTheEnd(page);
      assert.deepEqual([await count(page, 'Six read to the end'), await count(page, 'Six never read')], [3, 13]);
      const [read, unread] = [side(page, 'Six read to the end'), side(page, 'Six never read')];
      await read.getByText('✓ Go counted 3, too').waitFor();
      await unread.getByText('✓ Go counted 13, too').waitFor();
      assert.match(await read.locator('.lab-sentence').innerText(), /One connection served all 6 requests, and is idle/);
      assert.match(await unread.locator('.lab-sentence').innerText(), /Connections 1 to 6 are pinned by responses that nobody finishes/);
      assert.equal(await read.getByRole('region', { name: 'Idle pool' }).getByRole('listitem').count(), 1);
      const lanes = unread.getByRole('region', { name: 'In use' }).getByRole('listitem');
      assert.equal(await lanes.count(), 6);
      assert.match(await lanes.last().innerText(), /Connection 6[^]*pinned[^]*writeLoop[^]*waits for a request to write[^]*readLoop[^]*waits until the body is done with[^]*0 of 50,000 bytes read[^]*lab\/staged-run\.ts:\d+/);
      // What changed is said, by the name of the side.
      assert.match(await page.locator('#announcements').innerText(), /Six read to the end: The count is 3[^]*Six never read: The count is 13/);
    }));

  test('one can go back through the steps and forward again, and every word is explained where it first comes up', () =>
    visit('#/lab/idle-connection', async (page) => {
      await at(page, 'step 0');
      await page.keyboard.press('ArrowRight');
      await at(page, 'step 1');
      const line = page.getByRole('group', { name: 'What the program does' }).locator('[aria-current]');
      assert.equal((await line.innerText()).trim(), "const response = await get('http://a/bytes/50000');");
      await page.keyboard.press('ArrowRight');
      await at(page, 'step 2');
      const words = page.locator('.terms dt');
      assert.deepEqual(await words.allInnerTexts(), ['readLoop', 'writeLoop', 'body', 'pinned']);
      await page.keyboard.press('ArrowLeft');
      await at(page, 'step 1 of the 2 so far');
      assert.deepEqual(await words.allInnerTexts(), ['connection', 'dial']);
      assert.match(await page.getByRole('region', { name: 'In use' }).innerText(), /Dial for request 1[^]*dialling/);
      const log = page.getByRole('list', { name: 'Steps of One idle connection' }).getByRole('button');
      assert.equal(await log.count(), 3);
      assert.equal(await log.nth(1).getAttribute('aria-current'), 'step');
      await log.first().click();
      await at(page, 'step 0 of the 2 so far');
      assert.equal(await count(page, 'One idle connection'), 1);
      // Forward through what has been, and on.
      for (const text of ['step 1 of the 2 so far', 'step 2', 'step 3']) {
        await page.keyboard.press('ArrowRight');
        await at(page, text);
      }
    }));

  test('it plays by itself from the space bar on, and begins again', () =>
    visit('#/lab/head', async (page) => {
      await at(page, 'step 0');
      await page.getByLabel('Pace').selectOption('fast');
      await page.locator('h1').click();
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page.locator('.lab-progress').getByText(/^step [2-9]/).waitFor();
      await page.keyboard.press(' ');
      await page.getByRole('button', { name: 'Play' }).waitFor();
      await page.getByRole('button', { name: 'Start again' }).click();
      await at(page, 'step 0');
      assert.equal(await count(page, 'No body by method'), 1);
    }));

  test('everything is reached with Tab, and the focus is seen', () =>
    visit('#/lab/head', async (page) => {
      await at(page, 'step 0');
      const met: string[] = [];
      for (;;) {
        await page.keyboard.press('Tab');
        // Past the last, it is the page's own turn.
        if (await page.evaluate('document.activeElement === document.body')) break;
        met.push(await focused(page));
        const outline: string = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
        assert.notEqual(outline, 'none', met.at(-1));
      }
      for (const name of [/^Next step/, /^Play/, /^Start again/, /^Steps so far/, /^1 The program has started/, /^nothingSix read/]) assert.ok(met.some((each) => name.test(each)), `${name} among ${met.join(' | ')}`);
    }));

  test('another experiment can be put beside it', () =>
    visit('#/lab/head', async (page) => {
      await at(page, 'step 0');
      await page.getByLabel('Beside no body by method:').selectOption('Five bytes, never read');
      await page.getByRole('heading', { level: 1, name: 'No body by method beside Five bytes, never read' }).waitFor();
      await at(page, 'step 0');
      assert.equal(await count(page, 'Five bytes, never read'), 1);
    }));

  test('one that there is not is said to be so', () =>
    visit('#/lab/none', async (page) => {
      await page.getByText('There is no such experiment.').waitFor();
      await page.getByRole('link', { name: 'Those that there are' }).click();
      await page.getByRole('heading', { level: 1, name: 'The lab' }).waitFor();
    }));

  for (const [name, path, lanes] of [
    ['the list', '#/lab', 0],
    ['one experiment', '#/lab/six-unread', 2],
    ['two side by side', '#/lab/quiz-six-read-all/six-unread', 2],
  ] as const) {
    test(`${name} needs no scrolling sideways on a phone`, () =>
      visit(
        path,
        async (page) => {
          if (lanes === 0) await page.getByRole('heading', { level: 1, name: 'The lab' }).waitFor();
          for (let step = 0; step <= lanes && lanes > 0; step++) {
            await at(page, `step ${step}`);
            if (step < lanes) await page.keyboard.press('ArrowRight');
          }
          assert.equal(await overflows(page), false);
        },
        { viewport: { width: 320, height: 640 }, hasTouch: true },
      ));
  }

  test('nothing moves for who wants nothing to move', async () => {
    const moving = (page: Page): Promise<boolean> => page.evaluate('document.getAnimations().length > 0');
    for (const reducedMotion of ['reduce', 'no-preference'] as const) {
      await visit(
        '#/lab/head',
        async (page) => {
          await at(page, 'step 0');
          await page.evaluate("window.animated = 0; const old = Element.prototype.animate; Element.prototype.animate = function (...given) { window.animated++; return old.apply(this, given); }");
          await page.keyboard.press('ArrowRight');
          await at(page, 'step 1');
          await page.getByText('Dial for request 1').waitFor();
          const animated: number = await page.evaluate('window.animated');
          assert.equal(animated > 0, reducedMotion === 'no-preference');
          if (reducedMotion === 'reduce') assert.equal(await moving(page), false);
        },
        { reducedMotion },
      );
    }
  });
});
