/** The configuration file: what it may say, and what is said of each mistake, with its place. */
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ConfigFile, parseTargetList, type ConfigError, type TargetList } from '#scrape';
import { selfSigned } from '../../../watertight/dist-test/fixtures/certificate.js';

const CERTIFICATE = selfSigned({ names: ['prometheus'] }).cert;
const parse = (text: string, files: Readonly<Record<string, string>> = {}): TargetList => parseTargetList(text, '/etc/watertight.yml', (file) => files[file] ?? null);

describe('a configuration file', () => {
  test('says what to watch, where to keep it and whom to tell', () => {
    const list = parse(
      `interval: 5000
db: history.db
port: 7000
limit: 900
targets:
  - url: http://127.0.0.1:6060
  - url: https://ann:hunter2@shop:6061/
    name: checkout
    labels: { team: payments, tier: 1 }
    limit: 20000
  - url: cart:6060
    token_file: cart.token
alerts:
  webhook: { url: http://hooks/T1/secret, token: abc }
  alertmanager: { url: http://am:9093 }
`,
      { '/etc/cart.token': 's3cret\n' },
    );
    assert.deepEqual([list.interval, list.db, list.port], [5000, '/etc/history.db', 7000]);
    assert.deepEqual(
      list.targets.map(({ url, name, labels, limit, headers }) => ({ url, name, labels, limit, authorization: headers.authorization })),
      [
        { url: 'http://127.0.0.1:6060', name: '127.0.0.1:6060', labels: {}, limit: 900, authorization: undefined },
        { url: 'https://shop:6061/', name: 'checkout', labels: { team: 'payments', tier: '1' }, limit: 20000, authorization: `Basic ${btoa('ann:hunter2')}` },
        { url: 'http://cart:6060', name: 'cart:6060', labels: {}, limit: 900, authorization: 'Bearer s3cret' },
      ],
    );
    assert.deepEqual(list.alerts, { webhook: { url: 'http://hooks/T1/secret', token: 'abc' }, alertmanager: { url: 'http://am:9093', token: null }, dashboard: null });
  });

  test('says which Prometheus to ask, how to get in, which processes, and which counts they must not meet', () => {
    const files = { '/etc/prometheus.password': 'hunter2\n', '/etc/ca.pem': CERTIFICATE };
    const { prometheus, targets, limit } = parse(
      `limit: 900
prometheus:
  url: https://prometheus.example/team/
  match: '{job=~"api|web"}'
  basic_auth: { username: ann, password_file: prometheus.password }
  headers: { X-Scope-OrgID: team-a }
  tls: { ca_file: ca.pem, server_name: prometheus }
  limits:
    - { match: '{job="api"}', limit: 5000 }
    - { match: 'tier="1"', limit: 100 }
`,
      files,
    );
    assert.deepEqual([targets, limit], [[], 900]);
    const { match, limits, ...rest } = prometheus!;
    assert.deepEqual(rest, { url: 'https://prometheus.example/team/', headers: { 'X-Scope-OrgID': 'team-a', authorization: `Basic ${btoa('ann:hunter2')}` }, tls: { ca: CERTIFICATE, servername: 'prometheus' } });
    assert.equal(match?.text, 'job=~"api|web"');
    assert.deepEqual(limits.map((one) => [one.match.text, one.limit]), [['job="api"', 5000], ['tier="1"', 100]]);
    assert.equal(parse('prometheus: { token_file: t }', { '/etc/t': 'abc\n' }).prometheus?.headers.authorization, 'Bearer abc');
    assert.equal(parse('targets: []').prometheus, null);
  });

  test('may name nothing, have anchors, and be JSON with tabs', () => {
    assert.deepEqual(parse('targets:\n').targets, []);
    assert.deepEqual(parse('targets:\n  - { url: "a:1", labels: &l { team: x } }\n  - { url: "b:1", labels: *l }\n').targets.map(({ labels }) => labels), [{ team: 'x' }, { team: 'x' }]);
    assert.equal(parse('{\n\t"targets": [\n\t\t{ "url": "a:1" }\n\t]\n}\n').targets.length, 1);
    assert.equal(parse('\uFEFFtargets: [{ url: a:1 }]').targets.length, 1);
  });

  test('takes the settings of the command line for targets without their own', () => {
    const { targets } = parseTargetList('targets: [{ url: "a:1" }, { url: "b:1", limit: 5, token: own }, { url: "http://u:p@c:1" }]\nlimit: 7\n', '/f.yml', () => null, { token: 'given', limit: 9 });
    assert.deepEqual(targets.map(({ limit, headers }) => [limit, headers.authorization]), [[9, 'Bearer given'], [5, 'Bearer own'], [9, `Basic ${btoa('u:p')}`]]);
  });

  for (const [name, text, message] of [
    ['a file that is empty', '', /^\/etc\/watertight\.yml:1:1: the file is empty; .* targets: \[\]$/],
    ['a file of comments alone', '# targets:\n#   - url: a:1\n', /:1:1: the file is empty/],
    ['an unknown key, with the nearest known', 'targts: []\n', /^\/etc\/watertight\.yml:1:1: there is no key "targts"; did you mean targets\?$/],
    ['an unknown key that is like none', 'targets:\n  - url: a:1\n    zzzzz: 1\n', /:3:5: targets\[0\]: there is no key "zzzzz"; the keys here: url, name/],
    ['text for a number', 'interval: 10s\n', /:1:11: interval: this is "10s", and has to be a whole number of milliseconds from 50 to 86400000$/],
    ['a number that is too small', 'interval: 5\n', /:1:11: interval: this is 5,/],
    ['a port that is none', 'port: 70000\n', /:1:7: port: this is 70000, .* from 0 to 65535$/],
    ['a map for a list', 'targets:\n  url: a:1\n', /:2:3: targets: this is a set of keys, and has to be a list/],
    ['a text for a target', 'targets:\n  - a:1\n', /:2:5: targets\[0\]: this is a text, and has to be keys/],
    ['a target without an address', 'targets:\n  - name: x\n', /:2:5: targets\[0\]: there is no url here/],
    ['an address that is none', 'targets:\n  - url: ftp://ann:hunter2@h/\n', /:2:10: targets\[0\]\.url: "ftp:\/\/…@h\/" is neither http nor https$/],
    ['a target twice', 'targets:\n  - url: a:1\n  - url: http://a:1/debug/pprof/\n', /:3:5: targets\[1\]: .* is a target already, in line 2$/],
    ['a token that is a number, without showing it', 'targets: [{ url: a:1, token: 4711 }]\n', /:1:30: targets\[0\]\.token: this is a number, and has to be text: write it in quotes$/],
    ['a token with a line break, without showing it', 'targets: [{ url: a:1, token: "hun\\nter2" }]\n', /one word of visible ASCII/],
    ['a token file that is not there', 'targets: [{ url: a:1, token_file: no }]\n', /:1:35: .*there is no file \/etc\/no$/],
    ['both kinds of token', 'targets: [{ url: a:1, token_file: no, token: x }]\n', /one too many/],
    ['a webhook that is none, without showing it', 'alerts: { webhook: { url: hooks/hunter2 } }\n', /:1:27: alerts\.webhook\.url: this is no http or https address$/],
    ['a Prometheus that is no address', 'prometheus: { url: "ftp://ann:hunter2@h" }\n', /:1:20: prometheus\.url: "ftp:\/\/…@h" is neither http nor https$/],
    ['a choice of labels that is none', 'prometheus: { url: "http://p", match: "{job=api}" }\n', /:1:39: prometheus\.match: \{job=api\} is no choice of labels: a text in quotes is missing, at character 6/],
    ['a limit for nobody', 'prometheus: { url: "http://p", limits: [{ limit: 5 }] }\n', /:1:41: prometheus\.limits\[0\]: a limit here is \{ match/],
    ['two ways in', 'prometheus: { url: "http://p", token: hunter2, basic_auth: { username: ann, password: hunter2 } }\n', /one too many/],
    ['two ways in, one in the address', 'prometheus: { url: "http://ann:hunter2@p", token: hunter2 }\n', /:1:20: .*one too many/],
    ['a name without a password', 'prometheus: { basic_auth: { username: ann } }\n', /:1:27: .*a username with a password or a password_file/],
    ['a password file that is not there', 'prometheus: { basic_auth: { username: ann, password_file: no } }\n', /there is no file \/etc\/no$/],
    ['a header that says who asks', 'prometheus: { headers: { Authorization: hunter2 } }\n', /:1:41: prometheus\.headers\.Authorization: this can't be set: who asks is said by token/],
    ['a header of several lines, without showing it', 'prometheus: { headers: { X-Scope-OrgID: "hun\\nter2" } }\n', /visible ASCII, in one line/],
    ['a header that is none', 'prometheus: { headers: { "X Scope": a } }\n', /"X Scope" is no name of a header/],
    ['a CA that is none', 'prometheus: { url: "https://p", tls: { ca_file: empty } }\n', /:1:49: .*no certificate in PEM/],
    ['a certificate without its key', 'prometheus: { url: "https://p", tls: { cert_file: empty } }\n', /go together/],
    ['TLS for what is not encrypted', 'prometheus: { url: "http://p", tls: { server_name: p } }\n', /:1:37: prometheus\.tls: the address is http/],
    ['text that is no YAML', 'targets: [\n  - {\n', /^\/etc\/watertight\.yml:\d+:\d+: .*no YAML/],
    ['a key twice', 'port: 1\nport: 2\n', /:2:1: .*unique.*no YAML/],
    ['an alias of nothing', 'targets: *nobody\n', /:1:10: /],
    ['a pattern that Prometheus would refuse', 'file_sd: ["*/x.json"]\n', /:1:11: file_sd\[0\]: .*last part/],
    ['a pattern of another kind of file', 'file_sd: [targets.txt]\n', /end in \.json/],
  ] as const) {
    test(`${name} is refused`, () => {
      assert.throws(() => parse(text, { '/etc/empty': '' }), (error: ConfigError) => {
        assert.equal(error.code, 'ERR_CONFIG');
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2|4711/);
        return true;
      });
    });
  }
});

describe('a configuration file that changes', () => {
  const room = mkdtempSync(join(tmpdir(), 'config-'));
  after(() => rmSync(room, { recursive: true, force: true }));
  const urls = (list: TargetList | null): string[] | null => list?.targets.map(({ url }) => url) ?? null;
  const place = (name: string): string => join(room, name);

  test('is read again when its contents are others, however they were replaced', () => {
    const path = place('a.yml');
    writeFileSync(path, 'targets: [{ url: a:1 }]');
    const file = new ConfigFile(path);
    assert.deepEqual(urls(file.load()), ['http://a:1']);
    assert.equal(file.reload(), null);
    writeFileSync(place('a.new'), 'targets: [{ url: b:1 }]');
    renameSync(place('a.new'), path);
    assert.deepEqual(urls(file.reload()), ['http://b:1']);
    unlinkSync(path);
    writeFileSync(place('target.yml'), 'targets: [{ url: c:1 }]');
    symlinkSync(place('target.yml'), path);
    assert.deepEqual(urls(file.reload()), ['http://c:1']);
    assert.equal(file.reload(), null);
  });

  test('says once what is wrong, and is taken again when it is mended', () => {
    const path = place('b.yml');
    writeFileSync(path, 'targets: [{ url: a:1 }]');
    const file = new ConfigFile(path);
    file.load();
    writeFileSync(path, 'targets:\n  - urll: a:1\n');
    assert.throws(() => file.reload(), { code: 'ERR_CONFIG', place: { line: 2, column: 5 }, message: /did you mean url\?/ });
    assert.equal(file.reload(), null);
    unlinkSync(path);
    assert.throws(() => file.reload(), { code: 'ERR_CONFIG', message: /b\.yml: there is no such file/ });
    writeFileSync(path, 'targets: [{ url: b:1 }]');
    assert.deepEqual(urls(file.reload()), ['http://b:1']);
  });

  test('is as new when a file that it names is: targets discovered, a token', () => {
    const path = place('c.yml');
    writeFileSync(place('token'), 'one');
    writeFileSync(path, 'targets: [{ url: a:1, token_file: token }]\nfile_sd: [sd_*.json, later.yml]\n');
    const file = new ConfigFile(path);
    const list = file.load();
    assert.deepEqual(urls(list), ['http://a:1']);
    assert.match(list.notes.join(), /c\.yml:2: .*later\.yml is not there yet/);
    writeFileSync(place('sd_1.json'), '[{ "targets": ["b:1"] }]');
    assert.deepEqual(urls(file.reload()), ['http://a:1', 'http://b:1']);
    writeFileSync(place('token'), 'two');
    assert.equal(file.reload()?.targets[0].headers.authorization, 'Bearer two');
    writeFileSync(place('sd_1.json'), '[{ "targets": ["b:1"');
    assert.throws(() => file.reload(), { code: 'ERR_CONFIG', message: /sd_1\.json:1:\d+: / });
    writeFileSync(place('sd_1.json'), '');
    assert.throws(() => file.reload(), { code: 'ERR_CONFIG', message: /sd_1\.json:1:1: the file is empty; .*: \[\]$/ });
    writeFileSync(path, '');
    assert.throws(() => file.reload(), { code: 'ERR_CONFIG', message: /c\.yml:1:1: the file is empty/ });
    assert.equal(file.reload(), null);
  });

  test('that has not changed is not parsed again, however many targets it has', () => {
    writeFileSync(place('many.yml'), `targets:\n${Array.from({ length: 2000 }, (_, i) => `  - { url: "http://service-${i}:6060", labels: { zone: z${i} } }\n`).join('')}`);
    const file = new ConfigFile(place('many.yml'));
    const cost = (look: () => unknown): number => {
      const before = process.cpuUsage();
      look();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const once = cost(() => file.load());
    // CPU time, of twenty looks and of one: parsing is hundreds of times as dear as comparing.
    assert.ok(cost(() => Array.from({ length: 20 }, () => assert.equal(file.reload(), null))) < once);
  });

  test('that is a folder is a mistake', () => assert.throws(() => new ConfigFile(room).load(), { code: 'ERR_CONFIG', message: /it is a folder/ }));
});
