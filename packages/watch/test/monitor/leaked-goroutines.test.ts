/** What Go's own collector proves: the profile `goroutineleak` of Go 1.26, recorded from a real program, behind a server that stands for it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { Monitor, type TargetReport } from '#monitor';
import { parseTarget } from '#scrape';
import { History } from '#store';
import { verifyNone } from 'watertight/leak';
import { serveUntil } from '../fixtures/loopback-server.js';

const RECORDED = readFileSync(new URL('../../../watertight/test/fixtures/profiles/go1.26/states/goroutineleak.debug1.txt', import.meta.url), 'utf8');
const GOROUTINES = 'goroutine 1 [IO wait]:\nmain.main()\n\t/srv/main.go:7 +0x1\n\ngoroutine 7 [chan receive]:\nmain.wait()\n\t/srv/main.go:9 +0x1\n';
const ends: (() => unknown)[] = [];

afterEach(async (t) => {
  for (const end of ends.splice(0)) await end();
  await verifyNone(t);
});

/** Scrapes a Go program so often; `leaked` is what it answers of its leaked goroutines, null for a 404. */
async function watched(leaked: string | null, times: number, goroutines = GOROUTINES): Promise<{ report: TargetReport; asked: number }> {
  let asked = 0;
  const url = await serveUntil(ends, (request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://h');
    if (pathname.endsWith('/goroutineleak')) {
      asked++;
      response.writeHead(leaked === null ? 404 : 200).end(leaked ?? 'Unknown profile\n');
    } else if (pathname.endsWith('/goroutine')) response.end(goroutines);
    else if (pathname === '/debug/pprof/') response.end('<html><td>2</td><td><a href=goroutine?debug=1>goroutine</a></td></html>');
    else response.writeHead(404).end();
  });
  const history = new History(':memory:');
  const monitor = new Monitor(history, { profileInterval: 1 });
  monitor.setTargets([parseTarget(url)]);
  const [target] = monitor.targets();
  const now = Date.now();
  for (let scrape = 0; scrape < times; scrape++) await target.scrape(now + scrape * 10_000);
  const report = target.report();
  await monitor.stop();
  history.close();
  return { report, asked };
}

test('they are a leak at the first look, said to be proof, each with its line', async () => {
  const { report } = await watched(RECORDED, 1);
  assert.equal(report.leaking, true);
  assert.equal(report.confidence, 0.99);
  assert.equal(report.reason, "11 goroutines have leaked: Go's collector has found that nothing can ever wake them.");
  const proven = report.groups.filter(({ rule }) => rule === 'leaked');
  assert.equal(proven.reduce((sum, { count }) => sum + count, 0), 11);
  assert.deepEqual([report.groups[0].rule, report.groups[0].leaking], ['leaked', true]);
  assert.ok(proven.some(({ site }) => site?.function.startsWith('main.') === true));
});

test('a group is told once, unless it has more tasks than are proven', async () => {
  const same = RECORDED.replaceAll('goroutineleak profile', 'goroutine profile');
  const { report } = await watched(RECORDED, 1, same);
  const lines = report.groups.map(({ frames }) => frames.map(({ function: name, line }) => `${name}:${line}`).join());
  assert.deepEqual(lines, [...new Set(lines)]);
  const [, first] = /^(\d+) @/m.exec(same)!;
  const more = await watched(RECORDED, 1, same.replace(/^\d+ @/m, `${Number(first) + 500} @`).replace(/total (\d+)/, (_all, total) => `total ${Number(total) + 500}`));
  assert.ok(more.report.groups.some(({ count }) => count === Number(first) + 500));
});

test('a program is asked for them once in five minutes, since it collects garbage for it', async () => {
  const { report, asked } = await watched(RECORDED, 29);
  assert.equal(asked, 1);
  assert.equal(report.leaking, true, 'what was proven stays so in between');
  assert.equal((await watched(RECORDED, 31)).asked, 2);
});

test('a program that does not have the profile is asked for it once, and is healthy', async () => {
  const { report, asked } = await watched(null, 60);
  assert.equal(asked, 1);
  assert.equal(report.leaking, false);
});

test('none that leaked is no leak, and neither is an answer that is another profile', async () => {
  for (const answer of ['goroutineleak profile: total 0\n', RECORDED.replaceAll('goroutineleak profile', 'goroutine profile'), '<html>not found</html>']) {
    assert.equal((await watched(answer, 2)).report.leaking, false, answer.slice(0, 30));
  }
});
