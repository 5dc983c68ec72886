/** Groups that mean the same and stand in the same line, on a service's page: one row, opened when it is pressed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Monitor } from '#monitor';
import { parseTarget } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';
import { open, startBrowser, withoutBrowser } from './browser.js';

/** Goroutines that wait to send in the same line, called from so many places. */
function profile(places: number): string {
  const stacks = Array.from({ length: places }, (_, i) => `${i + 2} @ 0x1 0x2 0x3\n#\t0x1\truntime.chansend1+0x0\t/usr/lib/go/src/runtime/chan.go:160\n#\t0x2\tmain.publish+0x0\t/srv/main.go:20\n#\t0x3\tmain.handler${i}+0x0\t/srv/main.go:${100 + i}\n\n`);
  const total = Array.from({ length: places }, (_, i) => i + 2).reduce((sum, count) => sum + count, 1);
  return `goroutine profile: total ${total}\n${stacks.join('')}1 @ 0x9\n#\t0x9\tmain.main+0x0\t/srv/main.go:1\n\n`;
}

test('groups with the same meaning and line are one row with their sum, opened on a click and after a reload', { skip: withoutBrowser }, async () => {
  const server = createServer((request, response) => {
    if (request.url?.includes('/debug/pprof/goroutine?') === true) response.end(profile(4));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const history = new History(':memory:');
  const monitor = new Monitor(history, { interval: 60_000, profileInterval: 1 });
  monitor.setTargets([parseTarget(url, { name: 'hub' })]);
  await monitor.scrapeAll();
  const [browser, dashboard] = await Promise.all([startBrowser(), Dashboard.start(monitor, history)]);
  try {
    const { page, wrong } = await open(browser, `${dashboard.url}#/target?url=${encodeURIComponent(url)}`);
    const rows = page.getByRole('table', { name: 'Stacks' }).locator('tbody').getByRole('row');
    const folded = page.getByRole('button', { name: '4 stacks' });
    await folded.waitFor();
    assert.equal(await rows.count(), 2);
    assert.match(await rows.first().innerText(), /14[^]*main\.publish/);
    await folded.click();
    assert.equal(await rows.count(), 6);
    await page.reload();
    await folded.waitFor();
    assert.deepEqual([await rows.count(), await folded.getAttribute('aria-expanded')], [6, 'true']);
    await folded.press('Enter');
    assert.equal(await rows.count(), 2);
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
    await dashboard.close();
    await monitor.stop();
    history.close();
    server.close();
    server.closeAllConnections();
  }
});
