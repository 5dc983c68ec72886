/** The dashboard's server: what it tells, to whom, and live. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Client, get, Transport } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { Monitor, type TargetReport } from '#monitor';
import { parseTarget } from '#scrape';
import { Dashboard } from '#server';
import { History } from '#store';

let count = 5;
const service = createServer((request, response) => {
  if (request.url?.startsWith('/debug/pprof/goroutine') === true) return void response.end(profile(count));
  if (request.url === '/debug/pprof/') return void response.end(`<table><tr><td>${count}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr></table>`);
  response.writeHead(404).end();
});
const history = new History(':memory:');
const monitor = new Monitor(history, { interval: 60_000, profileInterval: 1 });
let url = '';

/** As many unread bodies. */
function profile(pinned: number): string {
  return Array.from({ length: pinned }, (_, id) => `goroutine ${id + 1} [select]:\nnet/http.(*persistConn).readLoop(0xc00009c480)\n\tnet/http/transport.go:2213 +0xd85\ncreated by net/http.(*Transport).dialConn\n\tnet/http/transport.go:1751 +0x173e\n`).join('\n');
}

before(async () => {
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  monitor.setTargets([parseTarget(url)]);
  // Half a minute apart: within one moment, those that came say nothing of whether they stay.
  const begin = Date.now() - 8 * 30_000;
  for (let look = 0; look < 8; look++) {
    count = 5 + 3 * look;
    await monitor.monitorOf(url)!.scrape(begin + look * 30_000);
  }
});
after(async (t) => {
  await monitor.stop();
  history.close();
  service.close();
  service.closeAllConnections();
  await verifyNone(t);
});

/** Serves it for one test. */
async function served(options: Parameters<typeof Dashboard.start>[2], body: (dashboard: Dashboard) => Promise<void>): Promise<void> {
  const dashboard = await Dashboard.start(monitor, history, options);
  try {
    await body(dashboard);
  } finally {
    await dashboard.close();
  }
}

async function json<T>(dashboard: Dashboard, path: string): Promise<T> {
  await using response = await get(dashboard.url + path, { close: true });
  return (await response.json()) as T;
}

describe('what it tells', () => {
  test('the overview has every target with its verdict, its curve and what to blame', () =>
    served({}, async (dashboard) => {
      const { targets } = await json<{ targets: (TargetReport & { sparkline: { low: number[] }; blame: string })[] }>(dashboard, 'api/overview');
      const [target] = targets;
      assert.deepEqual([target.url, target.verdict, target.count], [url, 'leaking', 26]);
      assert.deepEqual(target.sparkline.low, [5, 8, 11, 14, 17, 20, 23, 26]);
      assert.equal(target.blame, 'net/http.(*persistConn).readLoop');
    }));

  test('a target has its curve, its profiles and its incident', () =>
    served({}, async (dashboard) => {
      const view = await json<{ curve: { low: number[] }; profiles: unknown[]; incidents: { closed: null }[]; threshold: { value: number; at: null } }>(dashboard, `api/target?url=${encodeURIComponent(url)}`);
      assert.equal(view.curve.low.length, 8);
      assert.equal(view.profiles.length, 8);
      assert.deepEqual(view.incidents.map(({ closed }) => closed), [null]);
      assert.deepEqual(view.threshold, { value: 1000, at: null });
    }));

  test('two moments are compared, by the profiles nearest to them', () =>
    served({}, async (dashboard) => {
      const profiles = history.profiles(monitor.monitorOf(url)!.historyId);
      const path = `api/compare?url=${encodeURIComponent(url)}&before=${profiles[0].at}&after=${profiles.at(-1)!.at}`;
      const { total, diagnoses } = await json<{ total: object; diagnoses: { id: string; growth: number }[] }>(dashboard, path);
      assert.deepEqual(total, { before: 5, after: 26 });
      assert.deepEqual(diagnoses.map(({ id, growth }) => [id, growth]), [['unread-body', 21]]);
    }));

  test('a flame graph has the stacks as a tree', () =>
    served({}, async (dashboard) => {
      const { tree } = await json<{ tree: { value: number; children: { name: string }[] } }>(dashboard, `api/flame?url=${encodeURIComponent(url)}`);
      assert.deepEqual([tree.value, tree.children[0].name], [26, 'net/http.(*persistConn).readLoop']);
    }));

  test('what is not there, and what is no time, is said to be so', () =>
    served({}, async (dashboard) => {
      for (const [path, status] of [['api/target?url=http://unheard.of', 404], ['api/nothing', 404], [`api/compare?url=${encodeURIComponent(url)}&before=soon&after=1`, 400]] as const) {
        await using response = await get(dashboard.url + path, { close: true });
        assert.equal(response.status, status, path);
        assert.equal(typeof ((await response.json()) as { error: string }).error, 'string');
      }
    }));

  test('the live stream brings each scrape', () =>
    served({}, async (dashboard) => {
      await using response = await get(`${dashboard.url}api/events`, { close: true });
      assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/);
      let text = '';
      const decoder = new TextDecoder();
      const reading = (async () => {
        for await (const chunk of response.body) {
          text += decoder.decode(chunk, { stream: true });
          if (text.includes('event: reports')) return;
        }
      })();
      while (!text.includes('event: alive')) await new Promise((resolve) => setTimeout(resolve, 10));
      count = 40;
      await monitor.scrapeAll();
      await reading;
      const [, data] = /event: reports\ndata: (.*)/.exec(text) ?? [];
      assert.deepEqual((JSON.parse(data ?? '') as TargetReport[]).map((row) => [row.url, row.count]), [[url, 40]]);
    }));
});

describe('who may see it', () => {
  const own = new Transport();
  const client = new Client({ transport: own });
  after(() => own.close());

  async function status(address: string, headers: Record<string, string> = {}): Promise<number> {
    await using response = await client.get(address, { headers, close: true, redirect: 'manual' });
    await response.bytes();
    return response.status;
  }

  test('this machine, but no page that points a name of its own at it', () =>
    served({}, async (dashboard) => {
      assert.equal(await status(`${dashboard.url}api/overview`), 200);
      assert.equal(await status(`${dashboard.url}api/overview`, { Host: 'evil.example' }), 403);
    }));

  test('with a token, whoever has it; a browser keeps it as a cookie', () =>
    served({ token: 'sesame' }, async (dashboard) => {
      const address = `${dashboard.url}api/overview`;
      assert.equal(await status(address), 401);
      assert.equal(await status(address, { Authorization: 'Bearer sesam' }), 401);
      assert.equal(await status(address, { Authorization: 'Bearer sesame' }), 200);
      await using first = await client.get(`${dashboard.url}?token=sesame`, { redirect: 'manual', close: true });
      assert.deepEqual([first.status, first.headers.get('location')], [302, './']);
      const cookie = first.headers.get('set-cookie') ?? '';
      assert.match(cookie, /HttpOnly/);
      assert.match(cookie, /SameSite=Strict/);
      assert.equal(await status(address, { Cookie: cookie.split(';')[0] }), 200);
    }));

  test('a cookie is enough, whatever a proxy in front sends to authorize itself', () =>
    served({ token: 'sesame' }, async (dashboard) => {
      const address = `${dashboard.url}api/overview`;
      assert.equal(await status(address, { Cookie: 'watertight-token=sesame', Authorization: 'Basic YW5uOnNlY3JldA==' }), 200);
      assert.equal(await status(address, { Cookie: 'watertight-token=sesam', Authorization: 'Bearer sesame' }), 200);
      assert.equal(await status(address, { Cookie: 'watertight-token=sesam', Authorization: 'Basic YW5uOnNlY3JldA==' }), 401);
    }));

  for (const [path, location] of [
    ['targets/3?token=sesame&at=7', './3?at=7'],
    ['/evil.example/a?token=sesame', './a'],
    ['a:b?token=sesame', './a:b'],
  ]) {
    test(`the token is taken from /${path}, relative to where the browser is`, () =>
      served({ token: 'sesame' }, async (dashboard) => {
        await using response = await client.get(dashboard.url + path, { redirect: 'manual', close: true });
        assert.deepEqual([response.status, response.headers.get('location')], [302, location]);
      }));
  }

  for (const [what, options, path, headers, said] of [
    ['no token', { token: 'sesame' }, '', {}, /\/\?token=TOKEN/],
    ['a wrong token', { token: 'sesame' }, '?token=sesam', {}, /not the token of this dashboard/],
    ['another name', {}, '', { Host: 'evil.example' }, /answers as localhost only.*--dashboard-token/],
    ['a proxy', {}, '', { 'X-Forwarded-For': '192.0.2.1' }, /a proxy asks.*--dashboard-token/],
  ] as const) {
    test(`who comes with ${what} is told what to do, by options that there are`, () =>
      served(options, async (dashboard) => {
        await using response = await client.get(dashboard.url + path, { headers, close: true, redirect: 'manual' });
        assert.match(await response.text(), said);
      }));
  }

  test('nothing is said for other servers of the host', () =>
    served({}, async (dashboard) => {
      await using response = await client.get(dashboard.url, { close: true });
      await response.bytes();
      assert.equal(response.headers.get('strict-transport-security'), null);
      assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'self'/);
    }));

  test('nobody on another address without a token', async () => {
    await assert.rejects(Dashboard.start(monitor, history, { host: '0.0.0.0' }), TypeError);
  });
});
