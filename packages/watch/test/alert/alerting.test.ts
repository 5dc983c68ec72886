/** How alerts get to whom: a webhook, a real Alertmanager; receivers that fail. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { verifyNone } from 'watertight/leak';
import { Alerting, type AlertingOptions, type Receivers, type WebhookBody } from '#alert';
import { Daemon, missing } from '../fixtures/prometheus.js';
import { HEALTHY, LEAKING } from './report.js';

const ends: (() => unknown)[] = [];
afterEach(async (t) => {
  for (const end of ends.splice(0).reverse()) await end();
  await verifyNone(t);
});

interface Received {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A receiver of JSON; `answer` decides what it says. */
async function receiver(answer: (received: Received, response: ServerResponse) => void = (_received, response) => response.end()): Promise<{ url: string; received: Received[]; until: (count: number) => Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void (async () => {
      let text = '';
      for await (const piece of request.setEncoding('utf8')) text += piece as string;
      const one = { path: request.url ?? '', authorization: request.headers.authorization, body: JSON.parse(text) as unknown };
      received.push(one);
      answer(one, response);
      server.emit('taken');
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async until(count) {
      while (received.length < count) await once(server, 'taken', { signal: AbortSignal.timeout(10_000) });
    },
  };
}

function alertingOf(receivers: Partial<Receivers>, options: Partial<AlertingOptions> = {}): { alerting: Alerting; said: string[] } {
  const said: string[] = [];
  const alerting = new Alerting({ webhook: null, alertmanager: null, ...receivers }, { say: (line) => said.push(line), link: (url) => `http://dash/#/target?url=${encodeURIComponent(url)}`, pause: 1, ...options });
  ends.push(() => alerting.close());
  return { alerting, said };
}

describe('a webhook', () => {
  test('gets what leaks, since when, how fast and by which line; and that it is over', async () => {
    const hook = await receiver();
    const { alerting, said } = alertingOf({ webhook: { url: `${hook.url}/T1`, token: 'abc' } });
    for (const at of [1000, 2000, 3000]) alerting.take(LEAKING, at);
    alerting.take(HEALTHY, 4000);
    await alerting.settled();
    assert.deepEqual(hook.received.map(({ path, authorization }) => [path, authorization]), [['/T1', 'Bearer abc'], ['/T1', 'Bearer abc']]);
    const [fired, resolved] = hook.received.map(({ body }) => body as WebhookBody);
    assert.deepEqual(fired, {
      version: 1,
      status: 'firing',
      id: resolved.id,
      target: 'http://shop:6060',
      name: 'shop',
      labels: LEAKING.labels,
      verdict: 'leaking',
      startsAt: '1970-01-01T00:00:01.000Z',
      endsAt: null,
      since: '2023-11-14T21:56:40.000Z',
      perHour: 42.4,
      count: 321,
      confidence: 0.9,
      reason: LEAKING.reason,
      limit: 1000,
      limitAt: '2023-11-15T12:06:40.000Z',
      groups: [{ count: 30, growth: 20, top: 'body.read', site: { function: 'preview', file: '/app/preview.js', line: 12, address: '' }, diagnosis: 'Bodies are neither read nor closed.', advice: 'Close them.', leaking: false, perHour: 0 }],
      dashboard: 'http://dash/#/target?url=http%3A%2F%2Fshop%3A6060',
    });
    assert.deepEqual([resolved.status, resolved.verdict, resolved.endsAt], ['resolved', 'healthy', '1970-01-01T00:00:04.000Z']);
    assert.deepEqual(said, []);
  });

  test('is told again, once, when the line at fault is known, and when it is another', async () => {
    const hook = await receiver();
    const { alerting } = alertingOf({ webhook: { url: hook.url, token: null } });
    const [group] = LEAKING.groups;
    const other = { ...group, site: { function: 'order', file: '/app/order.js', line: 7, address: '' } };
    const reports = [[{ ...group, site: null }], [], [group], [group], [other], [group], [other], [{ ...group, site: null }]].map((groups) => ({ ...LEAKING, groups }));
    for (const [index, report] of reports.entries()) {
      alerting.take(report, 1000 * (index + 1));
      await alerting.settled();
    }
    alerting.take(HEALTHY, 9000);
    await alerting.settled();
    const bodies = hook.received.map(({ body }) => body as WebhookBody);
    assert.deepEqual(bodies.map(({ status, groups }) => [status, groups[0]?.site?.line ?? null]), [['firing', null], ['firing', 12], ['firing', 7], ['resolved', null]]);
    assert.equal(new Set(bodies.map(({ id, startsAt }) => `${id} ${startsAt}`)).size, 1, 'it is one alert');
  });

  test('of lines that take turns is told of a few', async () => {
    const hook = await receiver();
    const { alerting } = alertingOf({ webhook: { url: hook.url, token: null } });
    const [group] = LEAKING.groups;
    for (let line = 1; line <= 20; line++) {
      alerting.take({ ...LEAKING, groups: [{ ...group, site: { function: 'order', file: '/app/order.js', line, address: '' } }] }, 1000 * line);
      await alerting.settled();
    }
    assert.equal(hook.received.length, 5);
  });

  test('learns that a leak is over that an earlier run told it of', async () => {
    const hook = await receiver();
    const before = alertingOf({ webhook: { url: hook.url, token: null } }).alerting;
    before.take(LEAKING, 1000);
    await before.settled();
    await before.close();
    const { alerting } = alertingOf({ webhook: { url: hook.url, token: null } });
    alerting.take({ ...HEALTHY, incident: { opened: 1000, closed: 5000 } }, 5000);
    alerting.take(HEALTHY, 6000);
    await alerting.settled();
    const [fired, resolved] = hook.received.map(({ body }) => body as WebhookBody);
    assert.deepEqual([resolved.id, resolved.status, resolved.endsAt], [fired.id, 'resolved', '1970-01-01T00:00:05.000Z']);
    assert.equal(hook.received.length, 2);
  });

  test('that fails is tried again, in order, and said to have failed once', async () => {
    let failures = 3;
    const hook = await receiver((_received, response) => response.writeHead(failures-- > 0 ? 503 : 200).end('x'.repeat(100_000)));
    const { alerting, said } = alertingOf({ webhook: { url: hook.url, token: null } });
    alerting.take(LEAKING, 1000);
    alerting.take(HEALTHY, 2000);
    await alerting.settled();
    assert.deepEqual(hook.received.map(({ body }) => (body as WebhookBody).status), ['firing', 'firing', 'firing', 'firing', 'resolved']);
    assert.deepEqual(said, [`${hook.url} did not take an alert: it answers 503; it is tried again`, `${hook.url} takes alerts again`]);
  });

  for (const [name, answer] of [
    ['refuses', (response: ServerResponse) => response.writeHead(400).end()],
    ['sends elsewhere', (response: ServerResponse) => response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end()],
  ] as const) {
    test(`that ${name} is not asked again, and no text has its secrets`, async () => {
      const hook = await receiver((_received, response) => answer(response));
      const { alerting, said } = alertingOf({ webhook: { url: `${hook.url.replace('//', '//ann:hunter2@')}/services/hunter3?key=hunter4`, token: null } });
      alerting.take(LEAKING, 1000);
      await alerting.settled();
      assert.deepEqual(hook.received.map(({ path, authorization }) => [path, authorization]), [['/services/hunter3?key=hunter4', `Basic ${btoa('ann:hunter2')}`]]);
      assert.equal(said.length, 1);
      assert.match(said[0], /^http:\/\/127\.0\.0\.1:\d+ did not take an alert: it answers \d+; it is given up$/);
    });
  }

  test('that is not there, or never answers, is given up after some attempts and stops nothing', async () => {
    const silent = await receiver(() => undefined);
    for (const url of ['http://127.0.0.1:1/hunter2', silent.url]) {
      const { alerting, said } = alertingOf({ webhook: { url, token: null } }, { timeout: 20 });
      alerting.take(LEAKING, 1000);
      await alerting.settled();
      assert.equal(said.length, 2);
      assert.match(said[1], /it is given up$/);
      assert.doesNotMatch(said.join(), /hunter2/);
    }
  });

  test('that hangs does not hold up the end', async () => {
    const silent = await receiver(() => undefined);
    const { alerting, said } = alertingOf({ webhook: { url: silent.url, token: null } }, { timeout: 600_000 });
    alerting.take(LEAKING, 1000);
    await silent.until(1);
    await alerting.close();
    assert.deepEqual(said, []);
  });
});

describe('an Alertmanager', () => {
  const absent = missing('prometheus-alertmanager');

  interface Notice {
    readonly status: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly generatorURL: string;
  }
  const notices = (received: readonly Received[]): Notice[] => received.flatMap(({ body }) => (body as { alerts: Notice[] }).alerts);

  test('(a real one) is told of a leak once, keeps it open as long as it is, and hears that it is over', { skip: absent ?? false }, async () => {
    const hook = await receiver();
    const daemon = await Daemon.alertmanager(hook.url);
    ends.push(() => daemon.stop());
    // An alert would expire after four refreshes: it is kept open by being told again.
    const { alerting, said } = alertingOf({ alertmanager: { url: daemon.url, token: null } }, { refresh: 150 });
    alerting.take(LEAKING);
    await hook.until(1);
    await sleep(1000);
    assert.equal(hook.received.length, 1, JSON.stringify(notices(hook.received).slice(1)));
    alerting.take(HEALTHY);
    await hook.until(2);
    const [fired, resolved] = notices(hook.received);
    assert.deepEqual([fired.status, resolved.status], ['firing', 'resolved']);
    assert.deepEqual(fired.labels, { alertname: 'ConnectionLeak', severity: 'warning', instance: 'http://shop:6060', name: 'shop', team: 'payments', app_kubernetes_io_name: 'shop', _7: 'x' });
    assert.equal(fired.annotations.line, 'preview /app/preview.js:12');
    assert.match(fired.annotations.summary, /^shop leaks, 42 an hour$/);
    assert.match(fired.annotations.description, /neither read nor closed\. 1000 will be met 2023-/);
    assert.equal(fired.generatorURL, 'http://dash/#/target?url=http%3A%2F%2Fshop%3A6060');
    assert.deepEqual(said, []);
  });

  test('(a real one) takes an alert for resolved when the watch has ended', { skip: absent ?? false }, async () => {
    const hook = await receiver();
    const daemon = await Daemon.alertmanager(hook.url);
    ends.push(() => daemon.stop());
    const { alerting } = alertingOf({ alertmanager: { url: `${daemon.url}/`, token: null } }, { refresh: 100 });
    alerting.take(LEAKING);
    await hook.until(1);
    await alerting.close();
    await hook.until(2);
    assert.deepEqual(notices(hook.received).map(({ status }) => status), ['firing', 'resolved']);
  });

  test('is told all at once, under its prefix, and of targets that are gone', async () => {
    const manager = await receiver();
    let watched = ['http://shop:6060', 'http://cart:6060'];
    const { alerting } = alertingOf({ alertmanager: { url: `${manager.url}/am/`, token: null } }, { refresh: 30, watched: () => watched });
    alerting.take(LEAKING);
    alerting.take({ ...LEAKING, url: 'http://cart:6060' });
    await manager.until(3);
    assert.ok(manager.received.every(({ path }) => path === '/am/api/v2/alerts'));
    assert.equal((manager.received[2].body as unknown[]).length, 2);
    watched = ['http://shop:6060'];
    const over = (): boolean => (manager.received.at(-1)!.body as { endsAt: string; labels: { instance: string } }[]).some(({ endsAt, labels }) => labels.instance === 'http://cart:6060' && Date.parse(endsAt) <= Date.now());
    while (!over()) await manager.until(manager.received.length + 1);
  });

  test('hears of a leak when its silence has ended, with who looks at it and until when it is silenced again', async () => {
    const manager = await receiver();
    const { alerting } = alertingOf({ alertmanager: { url: manager.url, token: null } }, { refresh: 5 });
    const until = Date.now() + 50;
    alerting.take({ ...LEAKING, silence: { until, all: false } });
    await manager.until(1);
    assert.ok(Date.now() >= until);
    const at = Date.UTC(2026, 0, 5);
    alerting.take({ ...LEAKING, incident: { opened: 1, closed: null, acknowledged: { by: 'Ann', at, note: 'a fix is on its way' } }, silence: { until: Date.UTC(2100, 0, 1), all: true } });
    const last = (): Record<string, string> => (manager.received.at(-1)!.body as { annotations: Record<string, string> }[])[0].annotations;
    while (last().acknowledged === undefined) await manager.until(manager.received.length + 1);
    assert.deepEqual([last().acknowledged, last().silenced_until], ['by Ann, 2026-01-05T00:00:00.000Z: a fix is on its way', '2100-01-01T00:00:00.000Z']);
  });

  test('that is named later hears of what is open', async () => {
    const manager = await receiver();
    const { alerting } = alertingOf({});
    alerting.take(LEAKING);
    alerting.setReceivers({ webhook: null, alertmanager: { url: manager.url, token: null } });
    await manager.until(1);
    assert.equal((manager.received[0].body as unknown[]).length, 1);
  });
});
