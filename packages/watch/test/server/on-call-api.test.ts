/** Silences and acknowledgements over HTTP: what is kept, what is refused, and who may not. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Client, Transport } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { Monitor } from '#monitor';
import { parseTarget } from '#scrape';
import { Dashboard, LiveFeed, type News } from '#server';
import { History } from '#store';

const HOUR = 3_600_000;
const SHOP = 'http://127.0.0.1:9/shop';
const transport = new Transport();
const client = new Client({ transport });
const history = new History(':memory:');
const monitor = new Monitor(history);
const targets = ['shop', 'cart'].map((name) => parseTarget(`http://127.0.0.1:9/${name}`, { name }));
let incident: number;
let dashboard: Dashboard;
let guarded: Dashboard;

before(async () => {
  incident = history.openIncident(history.target(targets[0].profiles), Date.now(), { since: 1, perHour: 4, confidence: 1, reason: 'It climbs.' });
  monitor.setTargets(targets);
  dashboard = await Dashboard.start(monitor, history);
  guarded = await Dashboard.start(monitor, history, { token: 'opensesame' });
});
beforeEach(() => {
  for (const target of [...monitor.targets(), null]) monitor.liftSilence(target);
  for (const target of monitor.targets()) target.acknowledge(null);
});
after(async (t) => {
  await dashboard.close();
  await guarded.close();
  transport.closeIdleConnections();
  await monitor.stop();
  history.close();
  await verifyNone(t);
});

const JSON_TYPE = { 'Content-Type': 'application/json' };

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = JSON_TYPE, of = dashboard): Promise<{ status: number; json: any }> {
  await using response = await client.request(`${of.url}api/${path}`, { method, headers, ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text };
}

const shop = (): string => `silence?url=${encodeURIComponent(monitor.targets()[0].target.url)}`;
const silences = (): (number | null)[] => monitor.reports().map(({ silence }) => silence?.until ?? null);
const acknowledge = (): string => `incidents/${incident}/acknowledge`;

test('a target is silenced until a time, and that is lifted', async () => {
  const until = Date.now() + HOUR;
  assert.deepEqual(await ask('POST', shop(), { until }), { status: 200, json: { silence: { until, all: false } } });
  assert.deepEqual(silences(), [until, null]);
  const overview = await ask('GET', 'overview');
  assert.deepEqual(overview.json.targets.map(({ silence }: { silence?: unknown }) => silence), [{ until, all: false }, undefined]);
  assert.deepEqual(await ask('DELETE', shop()), { status: 200, json: { silence: null } });
  assert.deepEqual(silences(), [null, null]);
});

test('so are all; one that is lifted stays silenced with all', async () => {
  const until = Date.now() + HOUR;
  assert.deepEqual(await ask('POST', 'silence?all=true', { until }), { status: 200, json: { silence: { until, all: true } } });
  await ask('POST', shop(), { until: until + HOUR });
  assert.deepEqual(silences(), [until + HOUR, until]);
  assert.deepEqual((await ask('DELETE', shop())).json, { silence: { until, all: true } });
  assert.deepEqual((await ask('DELETE', 'silence?all=true')).json, { silence: null });
  assert.deepEqual(silences(), [null, null]);
});

test('an incident has who looks at it, with a note; that can be taken back', async () => {
  const began = Date.now();
  const { status, json } = await ask('POST', acknowledge(), { by: '  Ann\nLee ', note: 'rolling back <b>v7</b>' });
  assert.equal(status, 200);
  assert.deepEqual([json.acknowledged.by, json.acknowledged.note], ['Ann Lee', 'rolling back <b>v7</b>']);
  assert.ok(json.acknowledged.at >= began);
  const { json: view } = await ask('GET', `target?url=${encodeURIComponent(monitor.targets()[0].target.url)}`);
  assert.deepEqual([view.report.incident.id, view.report.incident.acknowledged, view.incidents[0].acknowledged], [incident, json.acknowledged, json.acknowledged]);
  assert.deepEqual(await ask('DELETE', acknowledge()), { status: 200, json: { acknowledged: null } });
  assert.equal(monitor.reports()[0].incident?.acknowledged, undefined);
  assert.equal((await ask('POST', acknowledge(), { by: 'Bob' })).json.acknowledged.note, '');
});

test('open dashboards hear of it without a scrape', async () => {
  const feed = new LiveFeed(monitor, 1);
  const heard = new Promise<readonly News[]>((resolve) => {
    feed.subscribe((news) => Promise.resolve(resolve(news)));
  });
  await ask('POST', 'silence?all=true', { until: Date.now() + HOUR });
  // The feed holds up no exit; the connection to the dashboard does not either.
  const held = setTimeout(() => undefined, 10_000);
  assert.deepEqual((await heard).map(({ report: { name, silence } }) => [name, silence?.all]), [['shop', true], ['cart', true]]);
  clearTimeout(held);
  feed.end();
});

describe('what is wrong is refused with its value and the rule, and changes nothing', () => {
  const now = Date.now();
  for (const [method, path, body, status, message] of [
    ['POST', 'silence', { until: now + HOUR }, 400, /url is missing.*or all=true/],
    ['DELETE', 'silence', undefined, 400, /url is missing/],
    ['POST', 'silence?all=yes', { until: now + HOUR }, 400, /all is "yes"; all=true/],
    ['DELETE', `silence?all=true&url=${SHOP}`, undefined, 400, /contradict/],
    ['POST', 'silence?url=http://nobody', { until: now + HOUR }, 404, /no target "http:\/\/nobody"/],
    ['POST', shop, {}, 400, /until is missing/],
    ['POST', shop, { until: 'tomorrow' }, 400, /until is "tomorrow"; it is a time in ms since 1970, later than now \(\d+\)/],
    ['POST', shop, { until: Math.floor(now / 1000) + 3600 }, 400, /until is \d{10}; .*later than now/],
    ['POST', shop, { until: now + 400 * 24 * HOUR }, 400, /a year at most \(until \d{13}\)/],
    ['POST', shop, '{"until":1e999}', 400, /a year at most/],
    ['POST', shop, '{"until":', 400, /the body is .*it is a JSON object/],
    ['POST', shop, '[1]', 400, /it is a JSON object/],
    ['POST', shop, ' '.repeat(9000), 413, /8192 bytes/],
    ['POST', acknowledge, {}, 400, /by is missing: a text of 100 letters/],
    ['POST', acknowledge, { by: ' \n ' }, 400, /by is "": it says who/],
    ['POST', acknowledge, { by: ['Ann'] }, 400, /by is \["Ann"\]; it is a text/],
    ['POST', acknowledge, { by: 'x'.repeat(101) }, 400, /by has 101 letters; it may have 100/],
    ['POST', acknowledge, { by: 'Ann', note: 'x'.repeat(501) }, 400, /note has 501 letters; it may have 500/],
    ['POST', acknowledge, { by: 'Ann\u001b[2J' }, 400, /leave out the control characters/],
    ['POST', acknowledge, { by: 'Ann', note: '\u202egnp' }, 400, /leave out the control characters/],
    ['POST', 'incidents/99/acknowledge', { by: 'Ann' }, 404, /no incident "99" goes on/],
    ['DELETE', 'incidents/x/acknowledge', undefined, 404, /no incident "x" goes on/],
    ['PUT', shop, { until: now + HOUR }, 404, /nothing here/],
    ['GET', shop, undefined, 404, /nothing here/],
  ] as const) {
    const named = typeof path === 'string' ? path : path === shop ? 'silence' : 'acknowledge';
    test(`${method} ${named} ${(JSON.stringify(body) ?? '').slice(0, 40)}`, async () => {
      const { status: got, json } = await ask(method, typeof path === 'string' ? path : path(), body);
      assert.match(json.error, message);
      assert.equal(got, status);
      assert.deepEqual(silences(), [null, null]);
      assert.equal(monitor.reports()[0].incident?.acknowledged, undefined);
    });
  }
});

describe('nobody changes anything', () => {
  const attempts = (): (readonly [method: string, path: string, body: unknown])[] => [
    ['POST', shop(), { until: Date.now() + HOUR }],
    ['DELETE', shop(), undefined],
    ['POST', acknowledge(), { by: 'Eve' }],
    ['DELETE', acknowledge(), undefined],
  ];
  beforeEach(() => {
    monitor.silence(monitor.targets()[0], 4e12);
    monitor.targets()[0].acknowledge({ by: 'Ann', at: 1, note: '' });
  });
  for (const [name, headers, guard, status] of [
    ['from a page of another site', { ...JSON_TYPE, 'Sec-Fetch-Site': 'cross-site', Origin: 'http://evil.test' }, false, 403],
    ['from a page of another origin, in an older browser', { ...JSON_TYPE, Origin: 'http://evil.test' }, false, 403],
    ['from a page without an origin', { ...JSON_TYPE, Origin: 'null' }, false, 403],
    ['under another name of this machine', { ...JSON_TYPE, Host: 'evil.test' }, false, 403],
    ['without the token', JSON_TYPE, true, 401],
    ['with another token', { ...JSON_TYPE, Authorization: 'Bearer guess' }, true, 401],
  ] as const) {
    test(name, async () => {
      for (const [method, path, body] of attempts()) assert.equal((await ask(method, path, body, headers, guard ? guarded : dashboard)).status, status, `${method} ${path}`);
      const [{ silence, incident: leak }] = monitor.reports();
      assert.deepEqual([silence?.until, leak?.acknowledged?.by], [4e12, 'Ann']);
    });
  }

  test('by a form, which can send no JSON', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const { status, json } = await ask('POST', shop(), { until: Date.now() + HOUR }, { 'Content-Type': type });
      assert.equal(status, 415);
      assert.match(json.error, /it has to be application\/json/);
    }
    assert.equal(silences()[0], 4e12);
  });

  test('but whoever has the token may', async () => {
    const until = Date.now() + HOUR;
    const headers = { ...JSON_TYPE, Authorization: 'Bearer opensesame' };
    assert.equal((await ask('POST', shop(), { until }, headers, guarded)).status, 200);
    assert.equal(silences()[0], until);
  });
});
