/** A watcher that was ended and begins again knows what its predecessor had found out. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseProfile, type Profile } from 'watertight/pprof';
import { Monitor } from '#monitor';
import { parseTarget, type Scrape, type TargetSource } from '#scrape';
import { History } from '#store';

const room = mkdtempSync(join(tmpdir(), 'restarted-'));
after(() => rmSync(room, { recursive: true, force: true }));

const TARGET = parseTarget('http://127.0.0.1:6060');

/** A Go service with one unread body more at each scrape. */
class Leaking implements TargetSource {
  unread = 0;

  constructor(private readonly start: number) {}

  resume(): void {
    // It says itself when it started.
  }

  count(at: number): Promise<Scrape> {
    this.unread++;
    return Promise.resolve({ at, value: 2 * this.unread + 1, start: this.start, platform: 'go' });
  }

  profile(): Promise<Profile> {
    const { unread } = this;
    return Promise.resolve(parseProfile(`goroutine profile: total ${2 * unread + 1}
${unread} @ 0x1 0x2
#\t0x1\tnet/http.(*persistConn).readLoop+0xcd8\t/usr/lib/go/src/net/http/transport.go:2213

${unread} @ 0x3 0x4
#\t0x3\tnet/http.(*persistConn).writeLoop+0xf2\t/usr/lib/go/src/net/http/transport.go:2396

1 @ 0x5
#\t0x5\tmain.main+0x1\t/srv/main.go:10
`));
  }
}

test('a leak that profiles had proven stays one, since the same time and as the same incident', async () => {
  const file = join(room, 'watched.db');
  const source = new Leaking(Date.now() - 60_000);
  // Every scrape brings a profile.
  const options = { interval: 50, profileInterval: 1, sourceOf: () => source };

  const first = new History(file);
  const before = new Monitor(first, options);
  before.setTargets([TARGET]);
  do await before.scrapeAll();
  while (!before.reports()[0].leaking);
  const [found] = before.reports();
  const [incident] = first.incidents();
  await before.stop();
  first.close();

  const second = new History(file);
  const again = new Monitor(second, options);
  again.setTargets([TARGET]);
  const known = again.reports()[0];
  assert.deepEqual([known.leaking, known.since, known.reason], [true, found.since, found.reason], 'known at once');
  await again.scrapeAll();
  const [seen] = again.reports();
  assert.deepEqual([seen.up, seen.leaking, seen.since], [true, true, found.since]);
  assert.deepEqual(second.incidents().map(({ id, opened, closed }) => [id, opened, closed]), [[incident.id, incident.opened, null]]);
  await again.stop();
  second.close();
});

test('a restart does not resolve a leak: its incident stays open until the new process was watched for as long', async () => {
  const file = join(room, 'replaced.db');
  const history = new History(file);
  const options = (source: TargetSource): object => ({ interval: 50, profileInterval: 1, sourceOf: () => source });
  const before = new Monitor(history, options(new Leaking(Date.now() - 60_000)));
  before.setTargets([TARGET]);
  do await before.scrapeAll();
  while (!before.reports()[0].leaking);
  const [found] = before.reports();
  await before.stop();

  // The new one does not leak.
  const source = new Leaking(Date.now() - 1000);
  const again = new Monitor(history, options(source));
  again.setTargets([TARGET]);
  const since = new Set<number | null>();
  for (;;) {
    source.unread = 0;
    await again.scrapeAll();
    const [{ leaking, incident, reason, since: begin }] = again.reports();
    if (!leaking) break;
    since.add(begin);
    assert.match(reason, /^It has restarted, and the new process has not been watched for as long .* Before: In /);
    assert.equal(incident?.opened, found.incident?.opened);
    assert.equal(typeof incident?.restarted, 'number');
  }
  assert.deepEqual([...since], [found.since], 'it was said at least once, and since the same time');
  const [{ opened, closed }] = history.incidents();
  assert.ok(closed !== null && closed > opened);
  assert.equal(history.incidents().length, 1);
  await again.stop();
  history.close();
});
