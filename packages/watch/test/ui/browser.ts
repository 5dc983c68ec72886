// A real browser, as a person uses it: Chromium, driven by playwright. What goes wrong in the page is kept.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const PLACE = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** For a suite's `skip`: why there is no browser, or false. */
export const withoutBrowser = PLACE === undefined ? 'Chromium is not installed' : false;

/** Starts it, with nothing of an earlier run and without the network habits of its own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PLACE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

export interface Opened {
  readonly page: Page;
  /** Errors on the console, uncaught ones, and requests to somewhere else than `address`. */
  readonly wrong: readonly string[];
  close(): Promise<void>;
}

/** Opens a page in a window of its own. */
export async function open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const wrong: string[] = [];
  const { origin } = new URL(address);
  page.on('console', (message) => message.type() === 'error' && wrong.push(message.text()));
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) wrong.push(`asked ${url.href}`);
  });
  await page.goto(address);
  return { page, wrong, close: () => context.close() };
}

/** Whether something can only be seen by scrolling sideways. */
export function overflows(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}

/** What has the focus, as a screen reader names it. */
export function focused(page: Page): Promise<string> {
  return page.evaluate('(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent ?? "").trim()');
}

/**
 * Waits until an expression is true in the page. Playwright's `waitForFunction` evaluates it in the page, which the
 * page's Content-Security-Policy refuses if it was not true at the first look.
 */
export async function becomesTrue(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await new Promise((resolve) => setTimeout(resolve, 20));
}
