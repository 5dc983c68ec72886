/** What is written on a service's page can be read: names are whole, and no line goes through a label of the curve. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { becomesTrue, open, overflows, withoutBrowser } from './browser.js';
import { watchedInBrowser } from './watched-in-browser.js';
import type { Watched } from './watched.js';

describe('a service\'s page', { skip: withoutBrowser }, () => {
  let browser: Browser;
  let watched: Watched;

  watchedInBrowser((started) => ({ browser, watched } = started));

  const address = (): string => `${watched.dashboard.url}#/target?url=${encodeURIComponent(watched.leaking.url)}`;

  for (const width of [1400, 1000, 760, 400]) {
    test(`breaks no word of a name in ${width} px`, async () => {
      const { page, wrong, close } = await open(browser, address(), { viewport: { width, height: 900 } });
      try {
        await page.locator('.where').first().waitFor();
        // A run of letters has one rectangle for each line that it is on.
        const broken = await page.evaluate<string[]>(`
          [...document.querySelectorAll('.where')].flatMap((cell) => {
            const found = [];
            const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
            for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
              for (const { index, 0: word } of node.data.matchAll(/[A-Za-z]{2,}/g)) {
                const range = document.createRange();
                range.setStart(node, index);
                range.setEnd(node, index + word.length);
                if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(word);
              }
            }
            return found;
          })`);
        assert.deepEqual(broken, []);
        assert.equal(await overflows(page), false);
        assert.deepEqual(wrong, []);
      } finally {
        await close();
      }
    });
  }

  test('draws no line over the labels of the curve', async () => {
    const { page, close } = await open(browser, 'about:blank');
    try {
      await page.addInitScript(`
        globalThis.drawn = [];
        for (const name of ['stroke', 'fillText']) {
          const native = CanvasRenderingContext2D.prototype[name];
          CanvasRenderingContext2D.prototype[name] = function (...all) {
            drawn.push({ name, text: String(all[0]) });
            return native.apply(this, all);
          };
        }`);
      await page.goto(address());
      await becomesTrue(page, `drawn.some(({ text }) => text === 'detected')`);
      const drawn = await page.evaluate<{ name: string }[]>(`drawn.slice(drawn.findLastIndex(({ text }) => text === 'detected'))`);
      assert.deepEqual(drawn.filter(({ name }) => name === 'stroke'), []);
    } finally {
      await close();
    }
  });
});
