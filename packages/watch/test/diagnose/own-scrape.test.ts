/** Who looks is not what is looked for: the goroutines of a scrape are counted, but neither growth nor blame. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { summarizeProfile } from '#diagnose';
import { parseDump, type Profile } from 'watertight/pprof';

const stack = (id: number, header: string, functions: readonly string[]): string => `goroutine ${id} [${header}]:\n${functions.map((name) => `${name}(0x1)\n\t/src/a.go:12 +0x18\n`).join('')}\n`;
const scrape = (id: number): string => stack(id, 'running', ['runtime/pprof.writeGoroutineStacks', 'runtime/pprof.writeGoroutine', 'runtime/pprof.(*Profile).WriteTo', 'net/http/pprof.handler.ServeHTTP', 'net/http/pprof.Index', 'net/http.HandlerFunc.ServeHTTP', 'net/http.(*conn).serve']);
const readsAhead = (id: number): string => stack(id, 'IO wait', ['net.(*conn).Read', 'net/http.(*connReader).backgroundRead']);
const handler = (id: number): string => stack(id, 'select', ['main.wait', 'net/http.HandlerFunc.ServeHTTP', 'net/http.(*conn).serve']);
const main = stack(1, 'IO wait, 9 minutes', ['net.(*TCPListener).Accept', 'main.main']);
const profile = (text: string): Profile => parseDump(text).profile;

describe('the first scrape over HTTP', () => {
  const before = profile(main + stack(2, 'running', ['runtime/pprof.writeGoroutineStacks', 'runtime/pprof.(*Profile).WriteTo', 'main.dump']));
  const after = profile(main + scrape(7) + readsAhead(8));

  test('is counted', () => assert.equal(summarizeProfile(after, before).total, 3));
  test('is no growth of any group', () => assert.deepEqual(summarizeProfile(after, before).groups.filter(({ growth }) => growth > 0), []));
  test('is no connection of the program\'s', () => assert.ok(summarizeProfile(after).diagnoses.every(({ id }) => id !== 'inbound-connections')));
});

test('of two scrapes at once, both are left out, and other connections are not', () => {
  const before = profile(main + scrape(7) + readsAhead(8));
  const after = profile(main + scrape(7) + scrape(9) + readsAhead(8) + readsAhead(10) + handler(11) + readsAhead(12));
  const { groups, diagnoses } = summarizeProfile(after, before);
  assert.deepEqual(groups.filter(({ growth }) => growth > 0).map(({ top, growth }) => [top, growth]).sort(), [['main.wait', 1], ['net.(*conn).Read', 1]]);
  assert.deepEqual(diagnoses.filter(({ growth }) => growth > 0).map(({ id, growth }) => [id, growth]).sort(), [['inbound-connections', 1], ['stuck-handler', 1]]);
});

test('forms of different scrapes are compared without them, too', () => {
  const before = profile('goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tmain.main+0x18\t/src/a.go:12\n\n');
  assert.deepEqual(summarizeProfile(profile(main.replace('net.(*TCPListener).Accept(0x1)\n\t/src/a.go:12 +0x18\n', '') + scrape(7) + readsAhead(8)), before).groups.filter(({ growth }) => growth > 0), []);
});
