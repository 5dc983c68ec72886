// Measures how responsive the overview of a thousand services is: the real watcher with live data in a real browser
// on one core, the services on the other.
//
//   node bench/watch-overview.js [--targets 1000] [--seconds 30]     after a build; needs Chromium

import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { History } from '../packages/watch/dist/store/index.js';
import { chooseCores } from './cores.js';
import { machineFacts, machineWarnings } from './machine.js';
import { alignedTable } from './table.js';
import { endWatched, startServices, startWatcher } from './watched-services.js';

const { values } = parseArgs({ options: { targets: { type: 'string', default: '1000' }, seconds: { type: 'string', default: '30' } } });
const [targets, seconds] = [values.targets, values.seconds].map(Number);
if (!(targets > 0 && seconds > 0)) throw new Error('--targets and --seconds are numbers above 0');

const INTERVAL = 10_000;
const HOUR = 3_600_000;
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (browserPath === undefined) throw new Error('Chromium is not installed');

const cores = chooseCores();
const room = mkdtempSync(join(tmpdir(), 'watch-overview-'));
let browser = null;

/** Writes six hours of history of every service, in steps of five minutes, which the sparklines show. */
function writePast(addresses) {
  const history = new History(join(room, 'history.db'));
  const now = Date.now();
  addresses.forEach(({ profiles, kind }, number) => {
    const samples = [];
    for (let at = now - 6 * HOUR; at < now - INTERVAL; at += HOUR / 12) samples.push({ at, value: Math.round(200 + 60 * Math.sin(at / HOUR + number) + (kind === 'leaking' ? (at - now + 6 * HOUR) / 60_000 : 0)), start: 0 });
    history.recordAll(history.target(profiles), samples);
  });
  history.close();
}

/** What the page's main thread has done since the last call: tasks longer than 50 ms, which a user notices, and CPU time. */
async function spent(session, page) {
  const long = await page.evaluate('globalThis.longTasks.splice(0)');
  const { metrics } = await session.send('Performance.getMetrics');
  const found = Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1000]));
  return { long, task: found.TaskDuration, script: found.ScriptDuration, layout: found.LayoutDuration + found.RecalcStyleDuration };
}

try {
  const { addresses } = await startServices(targets, cores?.server ?? null);
  writePast(addresses);
  const { watcher, dashboard } = await startWatcher(room, addresses, INTERVAL, cores?.client ?? null);
  // After this time every service has been scraped, and the first profiles are taken.
  await sleep(3 * INTERVAL);

  browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(60_000);
  await page.addInitScript('globalThis.longTasks = []; new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });');
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });

  const rows = [];
  let before = { task: 0, script: 0, layout: 0 };
  async function measure(name, work) {
    const began = performance.now();
    const told = await work();
    const took = performance.now() - began;
    const now = await spent(session, page);
    rows.push([name, took.toFixed(0), (now.task - before.task).toFixed(0), (now.script - before.script).toFixed(0), (now.layout - before.layout).toFixed(0), String(now.long.length), Math.max(0, ...now.long).toFixed(0), told ?? '']);
    before = now;
  }
  const drawn = () => page.locator('tbody tr').count();
  const filter = page.getByLabel('Filter');

  await measure('until the first rows are there', async () => {
    await page.goto(dashboard);
    await page.locator('tbody tr').first().waitFor();
    return `${await drawn()} rows`;
  });
  await measure(`live for ${seconds} s`, () => sleep(seconds * 1000));
  await measure('typing service-77 into the filter', async () => {
    await filter.pressSequentially('service-77', { delay: 60 });
    return `${await drawn()} rows`;
  });
  await measure('and away with it', () => filter.fill(''));
  await measure('scrolling to the end', async () => {
    for (let i = 0; i < 200 && (await page.locator('.more').count()) > 0; i++) {
      await page.mouse.wheel(0, 3000);
      await sleep(30);
    }
    return `${await drawn()} rows`;
  });
  await measure(`live for ${seconds} s, at the end`, () => sleep(seconds * 1000));
  await measure('a team by its label', async () => {
    await filter.pressSequentially('team=team-7', { delay: 60 });
    return `${await drawn()} rows`;
  });

  const facts = machineFacts({ version: process.version }, null).filter(([name]) => name !== 'cores').map(([name, text]) => `${name}: ${text}`);
  console.log([...facts, `browser: Chromium ${browser.version()}`, ...machineWarnings(cores)].join('\n'));
  console.log(`${targets} services every ${INTERVAL / 1000} s, six hours of history\n`);
  console.log(alignedTable({ header: ['', 'took ms', 'CPU ms', 'script', 'layout', 'long tasks', 'longest ms', ''], rows }));
  watcher.kill('SIGTERM');
  await once(watcher, 'exit');
} finally {
  await browser?.close();
  endWatched();
  rmSync(room, { recursive: true, force: true });
}
