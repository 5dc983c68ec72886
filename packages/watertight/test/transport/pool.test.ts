/** The pool's decisions over plain data: no socket, no clock. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HostPool, idleLimit, Pool, type Poolable, type PoolLimits, type Waiter } from '#transport';

class Conn implements Poolable<Conn> {
  usable = true;
  idleAt = -1;
  idleUntil = 0;
  keepAliveTimeout = -1;
  newer: Conn | null = null;
  older: Conn | null = null;
  constructor(readonly host: HostPool<Conn, Trip>, readonly name: string) {}
}

interface Trip extends Waiter {
  waiting: boolean;
  name: string;
}

const trip = (name: string): Trip => ({ name, waiting: true });

function setUp(limits: Partial<PoolLimits> = {}): { pool: Pool<Conn, Trip>; a: HostPool<Conn, Trip>; b: HostPool<Conn, Trip> } {
  const all: PoolLimits = { maxIdleConns: 0, maxIdleConnsPerHost: 0, maxConnsPerHost: 0, maxWaitersPerHost: 1000, idleConnTimeout: 0, disableKeepAlives: false, ...limits };
  return { pool: new Pool(all), a: new HostPool('http://a'), b: new HostPool('http://b') };
}

const none = (conn: Conn): void => assert.fail(`${conn.name} is too old`);

function take(pool: Pool<Conn, Trip>, host: HostPool<Conn, Trip>, at = 1000): Conn | null {
  return pool.takeIdle(host, at, none);
}

function keep(pool: Pool<Conn, Trip>, host: HostPool<Conn, Trip>, ...names: string[]): Conn[] {
  return names.map((name, i) => {
    const conn = new Conn(host, name);
    assert.deepEqual(pool.place(conn, host, i), { action: 'keep', evict: null });
    return conn;
  });
}

describe('an idle connection', () => {
  test('is used most recently used first', () => {
    const { pool, a } = setUp();
    keep(pool, a, '1', '2', '3');
    assert.deepEqual([take(pool, a), take(pool, a), take(pool, a), take(pool, a)].map((conn) => conn?.name), ['3', '2', '1', undefined]);
    assert.equal(pool.idleCount, 0);
  });

  test('serves its own host only', () => {
    const { pool, a, b } = setUp();
    keep(pool, a, '1');
    assert.equal(take(pool, b), null);
    assert.equal(pool.idleCount, 1);
  });

  test('is not used when its socket has died', () => {
    const { pool, a } = setUp();
    const [, dead] = keep(pool, a, 'alive', 'dead');
    dead.usable = false;
    assert.equal(take(pool, a)?.name, 'alive');
    assert.equal(pool.idleCount, 0);
    assert.equal(pool.leastRecent, null);
  });

  test('is not used when it has been idle for too long, whatever the timers have done', () => {
    const { pool, a } = setUp({ idleConnTimeout: 200 });
    keep(pool, a, 'at 0', 'at 1');
    assert.equal(take(pool, a, 200)?.name, 'at 1');
    const old: string[] = [];
    assert.equal(pool.takeIdle(a, 200, ({ name }) => old.push(name)), null);
    assert.deepEqual(old, ['at 0']);
    assert.equal(pool.idleCount, 0);
  });

  test('is used for as long as the server says that it keeps it, with a margin', () => {
    assert.deepEqual([-1, 0, 1, 2, 5, 600].map((seconds) => idleLimit(90_000, seconds)), [90_000, -1, 500, 1000, 4000, 90_000]);
    assert.deepEqual([-1, 0, 5, 600].map((seconds) => idleLimit(0, seconds)), [0, -1, 4000, 599_000]);
    const { pool, a } = setUp({ idleConnTimeout: 90_000 });
    const conn = new Conn(a, 'hinted');
    conn.keepAliveTimeout = 5;
    pool.place(conn, a, 100);
    assert.equal(take(pool, a, 4099), conn);
    pool.place(conn, a, 5000);
    const old: Conn[] = [];
    assert.equal(pool.takeIdle(a, 9000, (each) => old.push(each)), null);
    assert.deepEqual(old, [conn]);
    conn.keepAliveTimeout = 0;
    assert.equal(pool.place(conn, a, 9000).action, 'close');
  });

  test('that has not rested for long enough is not used by whoever demands it', () => {
    const { pool, a } = setUp();
    keep(pool, a, 'at 0', 'at 1', 'at 2');
    const young: string[] = [];
    assert.equal(pool.takeIdle(a, 6, ({ name }) => young.push(name), 5)?.name, 'at 1');
    assert.deepEqual(young, ['at 2']);
  });

  test('remembers since when it has been idle', () => {
    const { pool, a } = setUp();
    const conn = new Conn(a, '1');
    pool.place(conn, a, 1234);
    assert.equal(conn.idleAt, 1234);
    assert.equal(pool.leastRecent, conn);
  });

  test('that ends by itself leaves the others in their order', () => {
    const { pool, a } = setUp();
    const [first, second, third] = keep(pool, a, '1', '2', '3');
    pool.remove(second);
    pool.remove(second);
    assert.equal(pool.leastRecent, first);
    pool.remove(first);
    assert.equal(pool.leastRecent, third);
    assert.equal(take(pool, a), third);
  });
});

describe('maxIdleConns', () => {
  test('evicts the least recently used of all hosts', () => {
    const { pool, a, b } = setUp({ maxIdleConns: 2 });
    const [oldest] = keep(pool, a, '1');
    keep(pool, b, '2');
    const placed = pool.place(new Conn(b, '3'), b, 9);
    assert.deepEqual(placed, { action: 'keep', evict: oldest });
    assert.equal(take(pool, a), null);
    assert.equal(pool.idleCount, 2);
  });

  test('counts what was used again as recent', () => {
    const { pool, a, b } = setUp({ maxIdleConns: 2 });
    keep(pool, a, '1');
    const [second] = keep(pool, b, '2');
    pool.place(take(pool, a)!, a, 5);
    assert.deepEqual(pool.place(new Conn(a, '3'), a, 6), { action: 'keep', evict: second });
  });

  test('0 is no limit', () => {
    const { pool, a } = setUp();
    keep(pool, a, ...Array.from({ length: 500 }, (_, i) => String(i)));
    assert.equal(pool.idleCount, 500);
  });
});

describe('maxIdleConnsPerHost', () => {
  test('closes what is one too many for its host, in Go\'s words', () => {
    const { pool, a, b } = setUp({ maxIdleConnsPerHost: 1 });
    keep(pool, a, '1');
    assert.deepEqual(pool.place(new Conn(a, '2'), a, 2), { action: 'close', reason: 'too many idle connections for host' });
    keep(pool, b, '3');
  });

  test('negative keeps none, and hands none on', () => {
    const { pool, a } = setUp({ maxIdleConnsPerHost: -1 });
    pool.admit(a, trip('waits'));
    assert.deepEqual(pool.place(new Conn(a, '1'), a, 0), { action: 'close', reason: 'keep-alives disabled' });
  });

  test('is no matter for a connection that somebody waits for', () => {
    const { pool, a } = setUp({ maxIdleConnsPerHost: 1 });
    keep(pool, a, '1');
    const waits = trip('waits');
    pool.admit(a, waits);
    assert.deepEqual(pool.place(new Conn(a, '2'), a, 2), { action: 'deliver', to: waits });
  });
});

test('without keep-alive every connection is closed', () => {
  const { pool, a } = setUp({ disableKeepAlives: true });
  assert.equal(pool.place(new Conn(a, '1'), a, 0).action, 'close');
});

describe('maxConnsPerHost', () => {
  test('counts open connections and dials; who is beyond waits', () => {
    const { pool, a, b } = setUp({ maxConnsPerHost: 2 });
    a.open = 1;
    assert.equal(pool.admit(a, trip('1')), 'dial');
    a.dialling = 1;
    assert.equal(pool.admit(a, trip('2')), 'wait');
    assert.equal(pool.admit(b, trip('3')), 'dial');
  });

  test('a place that comes free is the first\'s who has no dial', () => {
    const { pool, a } = setUp({ maxConnsPerHost: 1 });
    const [dialled, first, second] = [trip('dialled'), trip('first'), trip('second')];
    assert.deepEqual([dialled, first, second].map((each) => {
      const admission = pool.admit(a, each);
      if (admission === 'dial') a.dialling++;
      return admission;
    }), ['dial', 'wait', 'wait']);
    assert.equal(pool.nextDial(a), null, 'no place is free');
    a.dialling = 0;
    first.waiting = false;
    assert.equal(pool.nextDial(a), second);
    assert.equal(pool.nextDial(a), null);
  });

  test('a connection that comes free goes to who came first, dialled for or not', () => {
    const { pool, a } = setUp({ maxConnsPerHost: 1 });
    const waiting = ['1', '2', '3'].map(trip);
    for (const each of waiting) if (pool.admit(a, each) === 'dial') a.dialling++;
    const conn = new Conn(a, 'free');
    for (const each of waiting) {
      assert.deepEqual(pool.place(conn, a, 0), { action: 'deliver', to: each });
      each.waiting = false;
      a.waiters--;
    }
    assert.equal(pool.place(conn, a, 0).action, 'keep');
  });
});

test('maxWaitersPerHost refuses who is one too many, and does not queue it', () => {
  const { pool, a } = setUp({ maxConnsPerHost: 1, maxWaitersPerHost: 2 });
  assert.deepEqual(['1', '2', '3'].map((name) => {
    const admission = pool.admit(a, trip(name));
    if (admission === 'dial') a.dialling++;
    return admission;
  }), ['dial', 'wait', 'refuse']);
  assert.equal(a.waiters, 2);
});

test('maxWaitersPerHost 0 is no limit', () => {
  const { pool, a } = setUp({ maxConnsPerHost: 0, maxWaitersPerHost: 0 });
  assert.deepEqual(['1', '2', '3'].map((name) => pool.admit(a, trip(name))), ['dial', 'dial', 'dial']);
  assert.equal(a.waiters, 3);
});

describe('closing the idle ones', () => {
  test('takes all out, oldest first; what becomes idle afterwards is closed, until the next request', () => {
    const { pool, a, b } = setUp();
    keep(pool, a, '1');
    keep(pool, b, '2');
    assert.deepEqual(pool.takeAllIdle().map(({ name }) => name), ['1', '2']);
    assert.equal(pool.idleCount, 0);
    assert.deepEqual(pool.place(new Conn(a, '3'), a, 0), { action: 'close', reason: 'CloseIdleConnections called' });
    take(pool, a);
    keep(pool, a, '4');
  });

  test('does not keep a connection from who waits for it', () => {
    const { pool, a } = setUp();
    pool.takeAllIdle();
    const waits = trip('waits');
    pool.admit(a, waits);
    assert.deepEqual(pool.place(new Conn(a, '1'), a, 0), { action: 'deliver', to: waits });
  });
});

test('a host is empty when nothing of it is left', () => {
  const { a } = setUp();
  assert.equal(a.empty, true);
  for (const count of ['open', 'dialling', 'waiters'] as const) {
    a[count] = 1;
    assert.equal(a.empty, false, count);
    a[count] = 0;
  }
});
