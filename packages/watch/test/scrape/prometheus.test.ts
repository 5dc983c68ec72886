/** A fleet as Prometheus knows it: what its series mean, how it is asked, what is said when it does not answer. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { verifyNone } from 'watertight/leak';
import { fleetQuery, LabelMatchers, processesIn, PrometheusApi, PrometheusFleet, type ScrapeFailure, type Series } from '#scrape';
import { summarizeProfile } from '#diagnose';
import { selfSigned } from '../../../watertight/dist-test/fixtures/certificate.js';
import { serveUntil } from '../fixtures/loopback-server.js';

const ends: (() => unknown)[] = [];
afterEach(async (t) => {
  for (const end of ends.splice(0).reverse()) await end();
  await verifyNone(t);
});

const serve = (handler: RequestListener): Promise<string> => serveUntil(ends, handler);

function fleetOf(url: string, timeout = 5000): PrometheusFleet {
  const fleet = new PrometheusFleet(new PrometheusApi(url, { timeout }));
  ends.push(() => fleet.close());
  return fleet;
}

const series = (name: string, labels: Record<string, string>, ...points: [number, number][]): Series => ({ labels: { __name__: name, ...labels }, points });

describe('series', () => {
  const at = [1000, 5] as [number, number];

  test('of one process are brought together by their labels', () => {
    const [found, ...others] = processesIn([series('process_start_time_seconds', { job: 'api', instance: 'h:1' }, [1000, 900], [1060, 900]), series('go_goroutines', { instance: 'h:1', job: 'api' }, at, [1060, 6])]);
    assert.equal(others.length, 0);
    assert.deepEqual([found.selector, found.platform, found.counts], ['{instance="h:1",job="api"}', 'go', [at, [1060, 6]]]);
    assert.deepEqual([found.startAt(1000), found.startAt(1030)], [900, null]);
  });

  test('without a start, or only with one, are a process and none', () => {
    const found = processesIn([series('go_goroutines', { instance: 'a:1' }, at), series('process_start_time_seconds', { instance: 'b:1' }, at)]);
    assert.deepEqual(found.map(({ selector, startAt }) => [selector, startAt(1000)]), [['{instance="a:1"}', null]]);
  });

  test('of a metric by state and host are summed for their process', () => {
    const own = { instance: 'n:1', job: 'web', pod: 'x' };
    const [found, ...others] = processesIn([
      series('process_start_time_seconds', own, [1000, 900]),
      series('http_client_open_connections', { ...own, http_connection_state: 'idle', server_address: 'db' }, at, [1060, 7]),
      series('http_client_open_connections', { ...own, http_connection_state: 'active', server_address: 'db' }, [1000, 2]),
    ]);
    assert.equal(others.length, 0);
    assert.deepEqual([found.platform, found.labels, found.counts], ['node', own, [[1000, 7], [1060, 7]]]);
  });

  test('are told by the names that OpenTelemetry has for them, however they were translated', () => {
    const own = { instance: 'n:1', job: 'web' };
    for (const [name, state] of [['http_client_open_connections', 'http_connection_state'], ['http.client.open_connections', 'http.connection.state']] as const) {
      const [found, ...others] = processesIn([series(name, { ...own, [state]: 'idle', otel_scope_name: 'watertight' }, at), series(name, { ...own, [state]: 'active', otel_scope_name: 'watertight' }, [1000, 4])]);
      assert.deepEqual([others.length, found.platform, found.selector, found.counts], [0, 'node', '{instance="n:1",job="web"}', [[1000, 9]]]);
    }
    for (const name of ['go_goroutine_count', 'go.goroutine.count', 'process_runtime_go_goroutines']) assert.deepEqual(processesIn([series(name, own, at)]).map(({ platform, counts }) => [platform, counts]), [['go', [at]]]);
    // Every name is asked for, the dots as they are.
    const asked = new RegExp(`^(?:${/__name__=~"(.*)"\}$/.exec(fleetQuery())?.[1] ?? ''})$`);
    for (const name of ['go_goroutines', 'go.goroutine.count', 'http.client.open_connections', 'http_client_open_connections', 'process_start_time_seconds']) assert.match(name, asked);
    assert.doesNotMatch('http_client.open_connections', asked);
  });

  test('of every client of a Node process count: connections of our own, requests of the others', () => {
    const own = { instance: 'n:1', job: 'web' };
    const requests = (labels: Record<string, string>, count: number, name = 'http_client_active_requests'): Series => series(name, { ...own, ...labels }, [1000, count]);
    const connections = series('http_client_open_connections', { ...own, state: 'active' }, [1000, 3]);
    const countOf = (...all: Series[]): unknown => processesIn(all).map(({ platform, counts }) => [platform, counts]);
    assert.deepEqual(countOf(requests({ client: 'fetch' }, 7)), [['node', [[1000, 7]]]]);
    assert.deepEqual(countOf(requests({ client: 'fetch' }, 7), requests({ client: 'undici' }, 2), requests({ client: 'watertight' }, 3), connections), [['node', [[1000, 12]]]]);
    assert.deepEqual(countOf(requests({ watertight_client: 'watertight' }, 3), requests({ watertight_client: 'fetch' }, 4), connections), [['node', [[1000, 7]]]]);
    assert.deepEqual(countOf(requests({ 'watertight.client': 'fetch' }, 4, 'http.client.active_requests')), [['node', [[1000, 4]]]]);
    // Another instrumentation has no such label; and a process is there, with a count of 0, while its only client is ours.
    assert.deepEqual(countOf(requests({ server_address: 'db' }, 5)), [['node', [[1000, 5]]]]);
    assert.deepEqual(countOf(requests({ client: 'watertight' }, 3)), [['node', [[1000, 0]]]]);
    assert.deepEqual(countOf(requests({ client: 'fetch' }, 7), series('go_goroutines', own, [1000, 70])), [['go', [[1000, 70]]]]);
  });

  test('of a Node process that has no request under way are a count of 0', () => {
    const own = { instance: 'n:1', job: 'web' };
    const server = { server_address: 'db', server_port: '80', url_scheme: 'http' };
    for (const name of ['watertight_oldest_holder_age_seconds', 'watertight_oldest_holder_age', 'watertight.oldest_holder.age']) {
      assert.deepEqual(processesIn([series(name, { ...own, ...server }, [1000, 3.5])]).map(({ platform, selector, counts }) => [platform, selector, counts]), [['node', '{instance="n:1",job="web"}', [[1000, 0]]]]);
      assert.match(name, new RegExp(`^(?:${/__name__=~"(.*)"\}$/.exec(fleetQuery(null, { now: true }))?.[1] ?? ''})$`));
    }
    assert.deepEqual(processesIn([series('watertight_oldest_holder_age_seconds', { ...own, ...server }, at), series('http_client_active_requests', { ...own, ...server, client: 'fetch' }, [1000, 2])]).map(({ counts }) => counts), [[[1000, 2]]]);
    // Of a start alone nobody knows what runs there.
    const start = series('process_start_time_seconds', own, [1000, 990]);
    const known = (selector: string): boolean => selector === '{instance="n:1",job="web"}';
    assert.deepEqual(processesIn([start]), []);
    assert.deepEqual(processesIn([start, series('process_start_time_seconds', { ...own, instance: 'n:2' }, [1000, 990])], known).map(({ platform, labels, counts, startAt }) => [platform, labels, counts, startAt(1000)]), [['node', own, [[1000, 0]], 990]]);
  });

  test('of a process with a start are its own beside those of another of its place', () => {
    const [first, second] = ['x', 'y'].map((pod) => ({ instance: 'n:1', job: 'web', pod }));
    const found = processesIn([
      ...[first, second].map((own) => series('process_start_time_seconds', own, [1000, 900])),
      series('http_client_active_requests', { ...first, client: 'fetch' }, [1000, 7]),
      series('http_client_open_connections', { ...second, state: 'idle' }, [1000, 1]),
      series('watertight_suspects', { ...first, site: 'src/preview.ts:14:23 (fetchPreview)' }, [1000, 6]),
    ]);
    assert.deepEqual(found.map(({ labels, counts, suspects }) => [labels.pod, counts, suspects]).sort(), [
      ['x', [[1000, 7]], [{ site: 'src/preview.ts:14:23 (fetchPreview)', count: 6 }]],
      ['y', [[1000, 1]], null],
    ]);
  });

  test('of a Go process that has both metrics are its goroutines', () => {
    const found = processesIn([series('http_client_open_connections', { instance: 'g:1', job: 'j' }, at), series('go_goroutines', { instance: 'g:1', job: 'j' }, [1000, 70])]);
    assert.deepEqual(found.map(({ platform, counts }) => [platform, counts]), [['go', [[1000, 70]]]]);
  });

  test('with the same instance in different jobs are different processes', () => {
    assert.equal(processesIn([series('go_goroutines', { instance: 'h:1', job: 'a' }, at), series('go_goroutines', { instance: 'h:1', job: 'b' }, at)]).length, 2);
  });
});

/** Answers as Prometheus does, for so many processes; what it was asked is in `asked`. */
function prometheusOf(processes: number, asked: URL[] = []): RequestListener {
  const metric = (name: string, index: number): object => ({ __name__: name, instance: `h${index}:1`, job: 'api' });
  return (request, response) => {
    const url = new URL(request.url ?? '', 'http://h');
    asked.push(url);
    const result = Array.from({ length: processes }, (_, index) => index).flatMap((index): object[] => {
      const points: [number, number][] = [];
      if (url.pathname.endsWith('query_range')) {
        const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(url.searchParams.get(name)));
        for (let time = start; time <= end; time += step) points.push([time, 50]);
        return [
          { metric: metric('go_goroutines', index), values: points.map(([time, value]) => [time, String(value)]) },
          { metric: metric('process_start_time_seconds', index), values: points.map(([time]) => [time, '1000.5']) },
        ];
      }
      const time = Number(url.searchParams.get('time'));
      return [{ metric: metric('go_goroutines', index), value: [time, '51'] }, { metric: metric('process_start_time_seconds', index), value: [time, '1000.5'] }];
    });
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  };
}

describe('a fleet', () => {
  test('has a process that has made no request since it restarted, but none that is gone', async () => {
    const own = { instance: 'n:1', job: 'web' };
    let names: Record<string, string>[] = [];
    const fleet = fleetOf(await serve((request, response) => {
      const time = Number(new URL(request.url ?? '', 'http://h').searchParams.get('time'));
      const result = names.map((labels) => ({ metric: { ...own, ...labels }, value: [time, '7'] }));
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    }));
    const start = { __name__: 'process_start_time_seconds' };
    names = [start, { __name__: 'http_client_active_requests', client: 'fetch', server_address: 'db' }];
    await fleet.refresh(1e12);
    const source = fleet.sourceOf(fleet.targets()[0]);
    assert.equal((await source.count(1e12)).value, 7);
    names = [start];
    await fleet.refresh(1e12 + 15_000);
    assert.equal((await source.count(1e12 + 15_000)).value, 0);
    names = [];
    await fleet.refresh(1e12 + 30_000);
    await assert.rejects(source.count(1e12 + 30_000), /has no count of n:1 now/);
    assert.equal(fleet.targets().length, 1);
  });

  test('is asked in one request for all, and no range has more points than Prometheus allows', async () => {
    const asked: URL[] = [];
    const fleet = fleetOf(`${await serve(prometheusOf(3, asked))}/prefix/`);
    const now = 1.7e12;
    await fleet.load(now);
    const ranges = asked.filter(({ pathname }) => pathname === '/prefix/api/v1/query_range').map(({ searchParams }) => ['start', 'end', 'step'].map((name) => Number(searchParams.get(name))));
    assert.ok(ranges.length >= 2 && ranges.every(([start, end, step]) => end >= start && (end - start) / step + 1 <= 11_000));
    const before = asked.length;
    await fleet.refresh(now);
    assert.equal(asked.length - before, 1);
    assert.deepEqual(fleet.targets().map(({ url, profiles }) => [url, profiles]), [0, 1, 2].map((index) => [`h${index}:1`, `prometheus:{instance="h${index}:1",job="api"}`]));
    const [target] = fleet.targets();
    const source = fleet.sourceOf(target);
    const past = [...(source.past?.() ?? [])];
    assert.ok(past.length > 3000 && past.every(({ at, value, start }, index) => value === 50 && start === 1_000_500 && (index === 0 || at > past[index - 1].at)));
    assert.ok(past[0].at <= now - 27.9 * 86_400_000 && past.at(-1)!.at > now - 61_000);
    assert.deepEqual(await source.count(now), { at: now, value: 51, start: 1_000_500, platform: 'go' });
  });

  test('knows the lines at fault where a metric says them, as a profile does', async () => {
    const own = { instance: 'n:1', job: 'web' };
    const sites: [name: string, labels: Record<string, string>, count: string][] = [
      ['http_client_active_requests', { client: 'fetch' }, '9'],
      ['watertight_suspects', { site: 'src/preview.ts:14:23 (fetchPreview)' }, '6'],
      ['watertight_suspects', { site: 'C:\\app\\run.js:3:1' }, '2'],
      ['watertight_suspects', { site: 'src/quiet.ts:1:1' }, '0'],
      ['watertight_suspects', { site: 'other' }, '1'],
      ['watertight_proven_leaks_total', { site: 'src/head.ts:7:9 (head)' }, '4'],
    ];
    const asked: URL[] = [];
    const fleet = fleetOf(await serve((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://h'));
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: sites.map(([name, labels, count]) => ({ metric: { __name__: name, ...own, ...labels }, value: [1, count] })) } }));
    }));
    await fleet.refresh(1000);
    assert.match(asked[0].searchParams.get('query') ?? '', /watertight_suspects\|watertight\[\.\]suspects/);
    const [target] = fleet.targets();
    const source = fleet.sourceOf(target);
    const { groups, diagnoses } = summarizeProfile(await source.profile!(0));
    assert.deepEqual(groups.map(({ count, site }) => [count, site === null ? null : `${site.file}:${site.line} ${site.function}`]), [[6, 'src/preview.ts:14 fetchPreview'], [2, 'C:\\app\\run.js:3 '], [1, null]]);
    assert.deepEqual(diagnoses.map(({ id, count }) => [id, count]), [['unread-body', 9]]);
    assert.deepEqual(await source.proven?.(), { count: 4, sites: [{ count: 4, site: { function: 'head', file: 'src/head.ts', line: 7, address: '' } }] });
  });

  test('in which there is nothing to watch says what was looked for', async () => {
    const fleet = new PrometheusFleet(new PrometheusApi(await serve(prometheusOf(0))), { match: LabelMatchers.parse('{job="nobody"}') });
    ends.push(() => fleet.close());
    await fleet.refresh(1000);
    assert.deepEqual(fleet.targets(), []);
    assert.match(fleet.nothingFound, /^http:\/\/127\.0\.0\.1:\d+ has no process with the labels job="nobody" that this can watch: Go's go_goroutines, or http_client_open_connections/);
  });

  test('of many is read in pieces', async () => {
    const asked: URL[] = [];
    const fleet = fleetOf(await serve(prometheusOf(400, asked)));
    await fleet.load(1.7e12);
    const pieces = asked.filter(({ pathname }) => pathname.endsWith('query_range')).map(({ searchParams }) => (Number(searchParams.get('end')) - Number(searchParams.get('start'))) / Number(searchParams.get('step')) + 1);
    assert.ok(pieces.length > 2 && pieces.every((points) => points * 800 <= 400_000), String(pieces));
    const all = pieces.reduce((sum, points) => sum + points, 0);
    const past = [...(fleet.sourceOf(fleet.targets()[399]).past?.() ?? [])];
    // The two resolutions may meet in one point.
    assert.ok(past.length === all || past.length === all - 1, `${past.length} of ${all}`);
  });

  test('that has lost a process, or can\'t be asked, says so of each process, and is there again afterwards', async () => {
    let handler = prometheusOf(2);
    const fleet = fleetOf(await serve((request, response) => handler(request, response)));
    await fleet.refresh(1000);
    const [first, second] = fleet.targets().map((target) => fleet.sourceOf(target));
    handler = prometheusOf(1);
    await fleet.refresh(2000);
    assert.equal((await first.count(2000)).value, 51);
    await assert.rejects(second.count(2000), { failure: 'missing', message: /has no count of h1:1 now/ });
    handler = (_request, response) => response.writeHead(503).end('{"status":"error","errorType":"unavailable","error":"query\\nqueue is full"}');
    await assert.rejects(fleet.refresh(3000), { failure: 'failed', message: /503: query queue is full$/ });
    await assert.rejects(first.count(3000), { failure: 'failed' });
    handler = prometheusOf(2);
    await fleet.refresh(4000);
    assert.equal((await second.count(4000)).value, 51);
    handler = prometheusOf(1);
    await fleet.refresh(4000 + 3_700_000);
    assert.equal(fleet.targets().length, 1, 'what is gone for an hour is forgotten');
  });

  const cases: [string, ScrapeFailure, RegExp, RequestListener][] = [
    ['401', 'unauthorized', /WATERTIGHT_PROMETHEUS_TOKEN/, (_request, response) => response.writeHead(401).end()],
    ['404', 'missing', /no HTTP API of Prometheus/, (_request, response) => response.writeHead(404).end('not here')],
    ['a page', 'rubbish', /does not answer as Prometheus/, (_request, response) => response.end('<html>')],
    ['null', 'rubbish', /does not answer as Prometheus/, (_request, response) => response.end('null')],
    ['a scalar', 'rubbish', /does not answer as Prometheus/, (_request, response) => response.end('{"status":"success","data":{"resultType":"scalar","result":[{"metric":{}}]}}')],
    ['an answer that breaks off', 'down', /closed the connection/, (_request, response) => void response.writeHead(200, { 'Content-Length': 100 }).write('{', () => response.destroy())],
  ];
  for (const [name, failure, message, handler] of cases) {
    test(`that answers ${name} is said to`, async () => {
      const fleet = fleetOf((await serve(handler)).replace('//', '//ann:hunter2@'));
      await assert.rejects(fleet.refresh(), (error: Error & { failure: string }) => {
        assert.deepEqual([error.failure, message.test(error.message), error.message.includes('hunter2')], [failure, true, false], error.message);
        return true;
      });
    });
  }

  test('that does not answer in time is slow', async () => {
    await assert.rejects(fleetOf(await serve(() => undefined), 50).refresh(), { failure: 'slow' });
  });

  test('is asked for the processes that are chosen, and each has the limit that is for it', async () => {
    const asked: URL[] = [];
    const api = new PrometheusApi(await serve(prometheusOf(3, asked)));
    const fleet = new PrometheusFleet(api, {
      match: LabelMatchers.parse('{job=~"api|web",env!="dev"}'),
      limit: 900,
      limits: [{ match: LabelMatchers.parse('instance="h1:1"'), limit: 50 }, { match: LabelMatchers.parse('instance=~"h[12]:1"'), limit: 70 }],
    });
    ends.push(() => fleet.close());
    await fleet.load(1.7e12);
    await fleet.refresh(1.7e12);
    assert.ok(asked.length > 2 && asked.every(({ searchParams }) => searchParams.get('query')?.endsWith('",job=~"api|web",env!="dev"}')), asked[0].search);
    assert.deepEqual(fleet.targets().map(({ limit }) => limit), [900, 50, 70]);
    assert.deepEqual([fleet.knows(fleet.targets()[0]), fleet.knows({ ...fleet.targets()[0], profiles: 'http://h0:1/debug/pprof/' })], [true, false]);
  });

  test('behind TLS is asked where its certificate is known, and gets the headers that it wants', async () => {
    const { key, cert } = selfSigned({ names: ['127.0.0.1'] });
    const seen: unknown[] = [];
    const answer = prometheusOf(1);
    const server = createTlsServer({ key, cert }, (request, response) => {
      seen.push(request.headers['x-scope-orgid'], request.headers.authorization);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fleet = new PrometheusFleet(new PrometheusApi(url, { token: 'abc', headers: { 'X-Scope-OrgID': 'team-a' }, tls: { ca: cert } }));
    ends.push(() => fleet.close());
    await fleet.refresh(1000);
    assert.deepEqual([fleet.targets().length, seen], [1, ['team-a', 'Bearer abc']]);
    await assert.rejects(fleetOf(url).refresh(1000), { failure: 'down', message: /self-signed certificate.*prometheus: \{ tls: \{ ca_file/ });
  });

  test('gets the token, and values that are no number are left out', async () => {
    let authorization: string | undefined;
    const url = await serve((request, response) => {
      ({ authorization } = request.headers);
      response.end(JSON.stringify({ status: 'success', data: { result: [{ metric: { __name__: 'go_goroutines', instance: 'x' }, value: [1, 'NaN'] }] } }));
    });
    const fleet = new PrometheusFleet(new PrometheusApi(url, { token: 'abc' }));
    ends.push(() => fleet.close());
    await fleet.refresh(1000);
    assert.equal(authorization, 'Bearer abc');
    await assert.rejects(fleet.sourceOf(fleet.targets()[0]).count(1000), { failure: 'missing' });
  });
});
