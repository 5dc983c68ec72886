/** What WATERTIGHT_PUSH and the variables beside it mean. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pauseAfter, pushSettings } from '#pprof';

const settings = (env: NodeJS.ProcessEnv): ReturnType<typeof pushSettings> => pushSettings(env, '/srv/shop.mjs', 'web-1');

describe('the receiver', () => {
  for (const [url, host, port, path, secure] of [
    ['http://localhost:4040', 'localhost', 4040, '/ingest', false],
    ['http://10.0.0.1/', '10.0.0.1', 80, '/ingest', false],
    ['https://profiles.example', 'profiles.example', 443, '/ingest', true],
    ['http://[::1]:4040/team/a/', '::1', 4040, '/team/a/ingest', false],
    ['http://agent/api/v1/profile/ingest', 'agent', 80, '/api/v1/profile/ingest', false],
  ] as const) {
    test(url, () => {
      const read = settings({ WATERTIGHT_PUSH: url });
      assert.deepEqual([read.host, read.port, read.path, read.secure, read.authorization, read.tenant, read.interval], [host, port, path, secure, null, null, 15_000]);
    });
  }

  for (const url of ['localhost:4040', '4040', 'ftp://user:s3cret@host', 'http://user:s3cret@', '//user:s3cret@host', 'http://user:s3cret@host?x=1', 'http://user:s3c%ret@host']) {
    test(`${url} is none, and its password is not told`, () => assert.throws(() => settings({ WATERTIGHT_PUSH: url }), (error: Error) => error instanceof TypeError && !/s3c/.test(error.message)));
  }

  test('gets the user of the URL, or a token, and a tenant', () => {
    const user = settings({ WATERTIGHT_PUSH: 'http://ann:p%40ss@host', WATERTIGHT_PUSH_TENANT: 'team-a' });
    assert.deepEqual([user.authorization, user.tenant, user.shown], [`Basic ${btoa('ann:p@ss')}`, 'team-a', 'http://host']);
    assert.equal(settings({ WATERTIGHT_PUSH: 'http://host', WATERTIGHT_PUSH_TOKEN: 't0ken' }).authorization, 'Bearer t0ken');
    assert.throws(() => settings({ WATERTIGHT_PUSH: 'http://ann:x@host', WATERTIGHT_PUSH_TOKEN: 't0ken' }), (error: Error) => /not both/.test(error.message) && !/t0ken/.test(error.message));
  });

  test('gets no header field that the program did not write', () => {
    for (const name of ['WATERTIGHT_PUSH_TOKEN', 'WATERTIGHT_PUSH_TENANT']) {
      assert.throws(() => settings({ WATERTIGHT_PUSH: 'http://host', [name]: 's3cret\r\nX: 1' }), (error: Error) => error.message.startsWith(name) && !/s3cret/.test(error.message));
    }
  });
});

describe('the program', () => {
  const seriesOf = (env: NodeJS.ProcessEnv, script?: string): string => pushSettings({ WATERTIGHT_PUSH: 'http://h', ...env }, script, 'web-1').series;

  test('has the name that was given, or that of OpenTelemetry, the package, the file', () => {
    assert.equal(seriesOf({ WATERTIGHT_PUSH_NAME: 'shop', OTEL_SERVICE_NAME: 'b' }), 'shop{hostname=web-1}');
    assert.equal(seriesOf({ OTEL_SERVICE_NAME: 'otel', npm_package_name: 'c' }), 'otel{hostname=web-1}');
    assert.equal(seriesOf({ npm_package_name: '@shop/api' }), 'shop/api{hostname=web-1}');
    assert.equal(seriesOf({}, '/srv/server.mjs'), 'server{hostname=web-1}');
    assert.equal(pushSettings({ WATERTIGHT_PUSH: 'http://h' }, '', 'web-1').series, 'node{hostname=web-1}');
    assert.equal(seriesOf({ WATERTIGHT_PUSH_NAME: 'a{b}=c,d' }), 'a_b__c_d{hostname=web-1}');
  });

  test('has the tags that were given', () => {
    assert.equal(seriesOf({ WATERTIGHT_PUSH_NAME: 'a', WATERTIGHT_PUSH_TAGS: 'region=eu west, hostname=x,empty=' }), 'a{hostname=x,region=eu_west,empty=}');
    for (const tags of ['region', '=eu', 'a b=c', '__name__=x', 'a={b}', 'a=b=c']) assert.throws(() => seriesOf({ WATERTIGHT_PUSH_TAGS: tags }), /WATERTIGHT_PUSH_TAGS is name=value/);
  });
});

test('the interval is in milliseconds', () => {
  assert.equal(settings({ WATERTIGHT_PUSH: 'http://h', WATERTIGHT_PUSH_INTERVAL: '60000' }).interval, 60_000);
  for (const text of ['15s', '0', '-1', '1e3', '99', '99999999999']) assert.throws(() => settings({ WATERTIGHT_PUSH: 'http://h', WATERTIGHT_PUSH_INTERVAL: text }), /a number of milliseconds/);
});

test('pauses grow up to five minutes, and are no shorter than the interval', () => {
  assert.deepEqual([0, 1, 2, 3].map((failures) => pauseAfter(failures, 1000, 1)), [1000, 2000, 4000, 8000]);
  assert.deepEqual([1, 9, 1e6].map((failures) => pauseAfter(failures, 1000, 0)), [1500, 225_000, 225_000]);
  assert.equal(pauseAfter(3, 600_000, 0), 600_000);
});
