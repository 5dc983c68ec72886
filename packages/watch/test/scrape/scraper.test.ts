/** Scraping a target: a real Go service, and servers that answer anything else. */

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Transport } from 'watertight';
import { verifyNone } from 'watertight/leak';
import { parseTarget, scrapeClient, Scraper, type ScrapeFailure } from '#scrape';
import { GoService, removeBuilt, withoutGo } from '../fixtures/go-service.js';
import { serveUntil } from '../fixtures/loopback-server.js';

const transport = new Transport();
const client = scrapeClient(transport);
const ends: (() => unknown)[] = [];

afterEach(async (t) => {
  client.closeIdleConnections();
  for (const end of ends.splice(0)) await end();
  await verifyNone(t);
});
after(removeBuilt);

const serve = (handler: RequestListener): Promise<string> => serveUntil(ends, handler);

function scraperOf(url: string, timeout = 10_000): Scraper {
  return new Scraper(parseTarget(url), client, timeout);
}

describe('a Go service', { skip: withoutGo ?? false }, () => {
  async function started(...args: string[]): Promise<GoService> {
    const service = await GoService.start(...args);
    ends.push(() => service.kill());
    return service;
  }

  test('is counted, and a leak shows', async () => {
    const service = await started();
    const scraper = scraperOf(service.url);
    const before = await scraper.count();
    await service.work('leaked', 10);
    const later = await scraper.count();
    assert.equal(before.platform, 'go');
    // Read loop and write loop of each, and on the service's other side one that serves it.
    assert.ok(later.value - before.value >= 30, `${before.value} to ${later.value}`);
    assert.equal(later.start, before.start);
  });

  test('gives its profile, with the stacks that hold it', async () => {
    const service = await started();
    await service.work('leaked', 10);
    const profile = await scraperOf(service.url).profile();
    const readLoops = profile.samples.filter(({ frames }) => frames.some((frame) => frame.function === 'net/http.(*persistConn).readLoop'));
    assert.ok(readLoops.reduce((sum, { values }) => sum + values[0], 0) >= 10);
  });

  test('says when it started, where it has metrics', async () => {
    const service = await started('-metrics');
    await service.work('leaked', 20);
    const scraper = scraperOf(service.url);
    const before = Date.now();
    const { start } = await scraper.count();
    // The service says it in hundredths of a second.
    assert.ok(start > before - 60_000 && start <= before + 10, `${start} is not shortly before ${before}`);
    // Starts that are less than a tenth of a second apart are one.
    await sleep(150);
    const address = await service.kill();
    await assert.rejects(scraper.count(), { failure: 'down' });
    await started('-metrics', '-address', address);
    assert.ok((await scraper.count()).start > start, 'it is another process');
  });

  test('that does not say it is known as the same over the same connection, as another after a fall', async () => {
    const service = await started();
    await service.work('leaked', 20);
    const scraper = scraperOf(service.url);
    assert.equal((await scraper.count()).start, 0);
    assert.equal((await scraper.count()).start, 0);
    const address = await service.kill();
    await started('-address', address);
    const at = Date.now();
    const { start } = await scraper.count(at).catch(() => scraper.count(at));
    assert.equal(start, at);
  });
});

describe('what is no profile is told apart:', () => {
  const cases: [string, ScrapeFailure, RegExp, RequestListener][] = [
    ['401', 'unauthorized', /token/, (_request, response) => response.writeHead(401).end('who are you?')],
    ['403', 'unauthorized', /403/, (_request, response) => response.writeHead(403).end()],
    ['404', 'missing', /net\/http\/pprof/, (_request, response) => response.writeHead(404).end('not here')],
    ['500', 'failed', /500/, (_request, response) => response.writeHead(500).end('oh dear')],
    ['a page that is no index, and no profile', 'rubbish', /is no profile: it begins "<html>hello/, (_request, response) => response.end('<html>hello</html>')],
    ['an answer that breaks off', 'down', /closed the connection/, (_request, response) => void response.writeHead(200, { 'Content-Length': 100 }).write('<html>', () => response.destroy())],
    ['an answer without end', 'rubbish', /bytes/, (_request, response) => {
      const more = (): void => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more).on('error', () => undefined);
      more();
    }],
  ];
  for (const [name, failure, message, handler] of cases) {
    test(name, async () => {
      const url = await serve(handler);
      await assert.rejects(scraperOf(url).count(), { code: 'ERR_SCRAPE', failure, message });
    });
  }

  test('no answer', async () => {
    const url = await serve(() => undefined);
    await assert.rejects(scraperOf(url, 50).count(), { failure: 'slow' });
  });

  test('nobody there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await assert.rejects(scraperOf(`http://127.0.0.1:${port}`).count(), { failure: 'down', message: /ECONNREFUSED/ });
  });
});

test('a service that serves the profile alone, without an index, is counted by it', async () => {
  let profiles = 0;
  const url = await serve((request, response) => {
    if (!request.url!.startsWith('/debug/pprof/goroutine')) return void response.writeHead(404).end();
    profiles++;
    response.end('goroutine profile: total 17\n17 @ 0x1\n');
  });
  const scraper = scraperOf(url);
  assert.equal((await scraper.count()).value, 17);
  assert.equal((await scraper.count()).value, 17);
  assert.equal(profiles, 2);
});

test('a service that ends while it is asked when it began is down: its count is not taken for that of another process', async () => {
  let asked = 0;
  // The request is sent once more, over another connection: that is broken as well.
  let broken = 2;
  const url = await serve((request, response) => {
    if (request.url === '/debug/pprof/') return void response.end("<td>9</td><td><a href='goroutine?debug=1'>goroutine</a></td>");
    asked++;
    if (asked <= broken) response.destroy();
    else response.end('process_start_time_seconds 1700000000\n');
  });
  const scraper = scraperOf(url);
  await assert.rejects(scraper.count(), { failure: 'down' });
  assert.equal((await scraper.count()).start, 1_700_000_000_000);
  // One whose connections break each time is counted all the same.
  broken = Infinity;
  const other = scraperOf(url);
  await assert.rejects(other.count(), { failure: 'down' });
  await assert.rejects(other.count(), { failure: 'down' });
  assert.deepEqual(await other.count().then(({ value, start }) => [value, start]), [9, 0]);
});

test('the token is sent, and no error shows it or the credentials of the address', async () => {
  const seen: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401).end();
  });
  const hideous = (scraper: Scraper): Promise<void> => assert.rejects(scraper.count(), (error: Error) => !/hunter2/.test(`${error.message} ${error.stack}`));
  await hideous(new Scraper(parseTarget(url, { token: 'hunter2' }), client, 1000));
  await hideous(scraperOf(url.replace('//', '//ann:hunter2@')));
  assert.deepEqual(seen, ['Bearer hunter2', `Basic ${Buffer.from('ann:hunter2').toString('base64')}`]);
});

describe('a redirect', () => {
  const INDEX = '<td>12</td><td><a href="goroutine?debug=1">goroutine</a></td>';

  test('within the host is followed, to another port as well', async () => {
    const other = await serve((_request, response) => void response.end(INDEX));
    const url = await serve((request, response) => void response.writeHead(302, { Location: `${other}${request.url}` }).end());
    assert.equal((await scraperOf(url).count()).value, 12);
  });

  test('to another host is not, and nothing of its answer is shown', async () => {
    const other = await serve((_request, response) => void response.end('the secret of another host'));
    const elsewhere = other.replace('127.0.0.1', 'localhost');
    const url = await serve((_request, response) => void response.writeHead(302, { Location: `${elsewhere}/` }).end());
    await assert.rejects(scraperOf(url).count(), (error: Error & { failure?: string }) => {
      assert.deepEqual([error.failure, error.message], ['failed', `${url} redirects to another host, ${new URL(elsewhere).host}, which is not asked: name that one if it is meant`]);
      return true;
    });
  });

  test('that leads nowhere ends', async () => {
    const url = await serve((_request, response) => void response.writeHead(302, { Location: '/debug/pprof/' }).end());
    await assert.rejects(scraperOf(url).count(), { failure: 'failed', message: `${url} redirects again and again` });
  });
});
