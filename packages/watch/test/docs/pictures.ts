// The pictures of the documentation, and the text that is in each: scripts/pictures.mjs writes both, a test compares
// the text with what the tools say now.
import type { Browser, Page } from 'playwright-core';
import { NOW, PicturedFleet } from './pictured-fleet.js';
import { profileOfShop } from './pictured-shop.js';
import { reportOnTerminal } from './pictured-terminal.js';
import { drawTerminal, textOfDrawing } from './terminal-drawing.js';

/** A picture: the file in docs/images, what is in the file, and what can be read in it. */
export interface Picture {
  readonly file: string;
  readonly bytes: Uint8Array | string;
  readonly text: readonly string[];
}

const WIDTH = 920;
/** Below what is cut out. */
const PADDING = 4;
/** Around a picture that is made of several. */
const MARGIN = 10;

/** The overview, and below it, of the service that leaks: the head and the curve, and the stack that grows. */
export async function dashboard(browser: Browser): Promise<Picture> {
  const fleet = await PicturedFleet.start();
  try {
    return await inPage(browser, async (page) => {
      await page.clock.setFixedTime(NOW);
      await page.goto(fleet.overview);
      await page.getByRole('link', { name: 'shop' }).waitFor();
      await page.getByText('live', { exact: true }).waitFor();
      const parts = [await cut(page, 0, 'table')];
      const text = linesOf(await page.locator('body').innerText());
      await page.goto(fleet.leaking);
      await page.locator('.curve canvas').waitFor();
      // What comes last.
      await page.getByRole('treeitem').first().waitFor();
      parts.push(await cut(page, await topOf(page, 'h1'), 'ul[aria-label="What the curve shows"]'));
      // Its first row says which line it is, and what to do.
      parts.push(await cut(page, await topOf(page, '#groups'), 'table[aria-label="Stacks that grow"] tbody tr:first-child'));
      text.push(...linesOf(await page.locator('main').innerText()));
      return { file: 'dashboard.png', bytes: await together(page, parts), text };
    });
  } finally {
    await fleet.end();
  }
}

/** The page that `watertight flame` writes of a service that leaks. */
export async function flame(browser: Browser): Promise<Picture> {
  const { address, end } = await profileOfShop();
  try {
    return await inPage(browser, async (page) => {
      await page.goto(address);
      const frames = page.getByRole('treeitem');
      await frames.first().waitFor();
      await page.getByRole('treeitem', { name: /^stockOf/ }).focus();
      const text = linesOf(await page.locator('main').innerText());
      // Of the library's own frames the lines are left out: they change with every release.
      for (const frame of await frames.all()) text.push((await frame.getAttribute('aria-label'))!.replace(/ \S+\/watertight\/src\/conn\/\S+\.ts:\d+,/, ''));
      return { file: 'flame.png', bytes: await cut(page, 0, 'main'), text };
    });
  } finally {
    end();
  }
}

/** What `watertight run` writes to a terminal about a program that leaks. */
export async function leakReport(): Promise<Picture> {
  const drawing = drawTerminal(await reportOnTerminal());
  return { file: 'leak-report.svg', bytes: drawing, text: textOfDrawing(drawing) };
}

async function inPage<T>(browser: Browser, body: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: WIDTH, height: 700 }, timezoneId: 'UTC', locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce' });
  context.setDefaultTimeout(20_000);
  try {
    return await body(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Where a part of the picture begins: a little above what `selector` finds. */
async function topOf(page: Page, selector: string): Promise<number> {
  return (await page.locator(selector).boundingBox())!.y - MARGIN;
}

/** The page from `top` to the end of what `selector` finds. */
async function cut(page: Page, top: number, selector: string): Promise<Buffer> {
  const box = (await page.locator(selector).first().boundingBox())!;
  return page.screenshot({ fullPage: true, clip: { x: 0, y: top, width: WIDTH, height: Math.floor(box.y + box.height - top) + PADDING } });
}

/** Pictures one below the other, each in a frame. */
async function together(page: Page, parts: readonly Buffer[]): Promise<Buffer> {
  const images = parts.map((part) => `<img src="data:image/png;base64,${part.toString('base64')}">`).join('');
  await page.goto('about:blank');
  await page.setViewportSize({ width: WIDTH + 2 * MARGIN, height: 700 });
  await page.setContent(`<style>body { margin: 0; padding: ${MARGIN}px; display: grid; gap: ${MARGIN}px; background: #d7d9dd } img { display: block; width: ${WIDTH}px }</style>${images}`);
  return page.screenshot({ fullPage: true });
}

function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replaceAll(/\s+/g, ' ').trim()).filter((line) => line !== '');
}
