/**
 * What scrapers of profiles ask of an endpoint, read from their sources: Parca (pkg/scrape/scrape.go,
 * pkg/normalizer/validate.go) and Grafana Alloy's pyroscope.scrape (internal/component/pyroscope/scrape).
 * Both then hand the bytes to github.com/google/pprof, which `go tool pprof` is.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { pprofHandler } from 'watertight/pprof';
import { stopHeapSampling } from '#pprof';
import { asFiles, withoutGo } from '../go-tool.js';
import { withEndpoint, type Got } from './endpoint-server.js';
import { holder, LiveTasks } from '../unfinished.js';

const PROFILES = [
  { name: 'goroutine', types: ['goroutine/count'], period: 'goroutine/count' },
  { name: 'httpbody', types: ['count/count', 'held/nanoseconds', 'unread/bytes'], period: 'httpbody/count' },
  { name: 'leaked', types: ['count/count'], period: 'leaked/count' },
  // What both ask for unless told otherwise; of the CPU always for some seconds.
  { name: 'profile', types: ['samples/count', 'cpu/nanoseconds'], period: 'cpu/nanoseconds' },
  { name: 'allocs', types: ['inuse_objects/count', 'inuse_space/bytes'], period: 'space/bytes' },
];

/** Both ask without `debug`; with `delta`, for as many seconds as they have. */
const QUERIES = ['', '?seconds=1'];

after(stopHeapSampling);

function withTasks(body: (get: (path: string) => Promise<Got>) => Promise<void>): () => Promise<void> {
  return withEndpoint(
    () => pprofHandler(),
    async (server) => {
      const live = new LiveTasks();
      for (let i = 0; i < 10; i++) live.connection(i < 3 ? null : holder({ bytesRead: i * 10 }));
      try {
        await body((path) => server.get(path, { headers: { 'user-agent': 'Alloy/v1.0', 'accept-encoding': 'gzip' } }));
      } finally {
        live.end();
      }
    },
  );
}

/** What is asked for below: each once, at the same time, as some take a second; all three scrapers are given the same answer. */
const paths = PROFILES.flatMap(({ name }) => QUERIES.map((query) => `/debug/pprof/${name}${query}`)).filter((path) => !path.endsWith('/profile'));
const answers = new Map<string, Got>();
before(withTasks(async (get) => {
  await Promise.all(paths.map(async (path) => answers.set(path, await get(path))));
}));

function answerTo(path: string): Got {
  const answer = answers.get(path);
  assert.ok(answer !== undefined);
  return answer;
}

for (const { name, types, period } of PROFILES) {
  for (const query of QUERIES) {
    if (name === 'profile' && query === '') continue;
    const path = `/debug/pprof/${name}${query}`;

    test(`Alloy takes ${path}: octet-stream, gzipped, nothing that looks like a page`, async () => {
      const { status, headers, bytes } = answerTo(path);
      assert.equal(Math.floor(status / 100), 2);
      assert.ok(headers['content-type']?.startsWith('application/octet-stream'));
      assert.equal(headers['content-encoding'], undefined, 'Go would unpack it on the way, and the profile is to stay packed');
      assert.ok(bytes.length > 2);
      assert.deepEqual([...bytes.subarray(0, 2)], [0x1f, 0x8b]);
    });

    test(`Parca takes ${path}: ids in order, every reference inside its table`, async () => {
      const { status, bytes } = answerTo(path);
      assert.equal(status, 200);
      const { stringTable, mapping, location, function: functions, sample, sampleType, periodType } = Profile.decode(gunzipSync(bytes));
      const { strings } = stringTable;
      assert.equal(strings[0], '');
      const text = (index: number | bigint): string => {
        const found = strings[Number(index)];
        assert.ok(found !== undefined);
        return found;
      };
      assert.deepEqual(sampleType.map(({ type, unit }) => `${text(type)}/${text(unit)}`), types);
      assert.equal(`${text(periodType!.type)}/${text(periodType!.unit)}`, period);
      for (const table of [mapping, location, functions]) assert.deepEqual(table.map(({ id }) => Number(id)), table.map((_, i) => i + 1));
      for (const { filename } of mapping) text(filename);
      for (const each of functions) [each.name, each.systemName, each.filename].forEach(text);
      for (const { mappingId, line, address } of location) {
        assert.equal(Number(mappingId), 1);
        assert.ok(Number(address) > 0 && Number(address) < Number(mapping[0].memoryLimit));
        for (const { functionId } of line) assert.ok(Number(functionId) >= 1 && Number(functionId) <= functions.length);
      }
      for (const { value, locationId, label } of sample) {
        assert.equal(value.length, types.length);
        assert.ok(locationId.length > 0);
        for (const id of locationId) assert.ok(Number(id) >= 1 && Number(id) <= location.length);
        for (const { key, str } of label) assert.ok(Number(key) > 0 && text(key) !== '' && text(str) !== '');
      }
      if (name === 'goroutine' && query === '') assert.ok(sample.length > 0);
    });

    test(`github.com/google/pprof takes ${path}`, { skip: withoutGo }, async () => {
      const { bytes } = answerTo(path);
      await asFiles({ profile: bytes }, async ({ profile }) => {
        const { stdout } = await promisify(execFile)('go', ['tool', 'pprof', '-raw', profile]);
        assert.ok(stdout.includes(`PeriodType: ${period.replace('/', ' ')}\n`));
        assert.match(stdout, query === '' ? /^Time: 20/m : /^Duration: [1-9]/m);
      });
    });
  }
}

test('what a scraper asks for by default and Node does not have is a 404, not a page', withTasks(async (get) => {
  for (const name of ['block', 'mutex']) {
    const { status, headers } = await get(`/debug/pprof/${name}`);
    assert.equal(status, 404);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  }
}));
