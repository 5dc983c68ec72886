// `watertight watch` as a process of its own, on real services that leak and their corrected twins.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GoService, removeBuilt, withoutGo } from '../fixtures/go-service.js';
import { start, watertight } from './command.js';
import { startWebhook } from './webhook.js';

/** Each test has processes of its own, and waits for them: two wait together. */
const AT_ONCE = { concurrency: 2 };
const room = mkdtempSync(join(tmpdir(), 'watch-'));
after(() => {
  removeBuilt();
  rmSync(room, { recursive: true, force: true });
});

interface Report {
  readonly url: string;
  readonly up: boolean;
  readonly leaking: boolean;
  readonly count: number | null;
  readonly perHour: number;
  readonly failure: { readonly kind: string; readonly message: string } | null;
  readonly groups: readonly { count: number; growth: number; top: string; site: { function: string; file: string; line: number } | null; rule: string | null; diagnosis: string | null }[];
}

/** Has `work` done again and again until the test ends. */
function repeatedly(t: TestContext, work: () => Promise<unknown>): void {
  let on = true;
  const done = (async () => {
    while (on) {
      await work();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })().catch(() => undefined);
  t.after(async () => {
    on = false;
    await done;
  });
}

async function look(...args: string[]): Promise<Report[]> {
  const { stdout, stderr, status } = await watertight('watch', '--once', '--json', '--interval', '200', ...args);
  assert.equal(status, 0, stderr);
  return (JSON.parse(stdout) as { targets: Report[] }).targets;
}

describe('watertight watch --once', AT_ONCE, () => {
  test('finds a Go service that leaks, with the diagnosis, and not its corrected twin', { skip: withoutGo ?? false }, async (t) => {
    const services = await Promise.all([GoService.start(), GoService.start()]);
    t.after(() => Promise.all(services.map((service) => service.kill())));
    const [leaking, correct] = services;
    repeatedly(t, () => leaking.work('leaked', 1));
    repeatedly(t, () => correct.work('closed', 1));
    const [first, second] = await look(leaking.url, correct.url);
    assert.deepEqual([first.url, first.up, first.leaking], [leaking.url, true, true]);
    assert.ok(first.perHour > 0 && first.count !== null && first.count > 10);
    const [group] = first.groups;
    assert.equal(group.rule, 'unread-body');
    assert.match(group.diagnosis ?? '', /neither read to the end nor closed/);
    assert.ok(group.growth >= 5);
    assert.deepEqual([second.url, second.up, second.leaking, second.perHour], [correct.url, true, false, 0]);
  });

  test('finds a Node service that leaks, with its line, and not its corrected twin', async (t) => {
    const [leaking, correct] = await Promise.all([nodeService(t, 'leaked'), nodeService(t, 'closed')]);
    const [first, second] = await look(leaking, correct);
    assert.equal(first.leaking, true, JSON.stringify(first));
    const group = first.groups.find(({ rule }) => rule === 'unread-body');
    assert.match(group?.site?.file ?? '', /node-service\.mjs$/);
    assert.equal(group?.site?.line, LEAKING_LINE);
    assert.equal(second.leaking, false, JSON.stringify(second));
  });

  test('says what is wrong with each service that is, and goes on with the others', async (t) => {
    const strict = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await Promise.all([once(strict, 'listening'), once(silent, 'listening')]);
    t.after(() => {
      for (const server of [strict, silent]) {
        server.close();
        server.closeAllConnections();
      }
    });
    const address = (server: typeof strict): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const reports = await look(address(strict), 'http://127.0.0.1:1', await nodeService(t, 'closed'));
    assert.deepEqual(reports.map(({ up, failure }) => [up, failure?.kind ?? null]), [[false, 'unauthorized'], [false, 'down'], [true, null]]);
  });
});

describe('watertight watch', AT_ONCE, () => {
  test('says within seconds that a service leaks, and ends on Ctrl-C', async (t) => {
    const service = await nodeService(t, 'leaked');
    const command = start(['watch', '--port', '0', '--interval', '100', service]);
    await command.wrote('LEAKING');
    await command.wrote(`node-service.mjs:${LEAKING_LINE}`);
    command.process.kill('SIGINT');
    const { status, signal } = await command.ended;
    assert.deepEqual([status, signal], [0, null]);
  });

  test('takes services from a file, and reads it again when it changes', async (t) => {
    const [leaking, healthy] = await Promise.all([nodeService(t, 'leaked'), nodeService(t, 'closed')]);
    const file = join(room, 'watch.yml');
    writeFileSync(file, `interval: 100\nport: 0\ntargets:\n  - url: ${healthy}\n`);
    const command = start(['watch', '--config', file]);
    await command.wrote(`watching ${healthy};`);
    writeFileSync(file, `interval: 100\nport: 0\ntargets:\n  - url: ${healthy}\n    lmit: 5\n`);
    command.process.kill('SIGHUP');
    await command.wrote(`${file}:5:5: targets[0]: there is no key "lmit"; did you mean limit?; the 1 target from before stays`);
    writeFileSync(file, '');
    command.process.kill('SIGHUP');
    await command.wrote(`${file}:1:1: the file is empty; where nothing is to be watched, it has to say so: targets: []; the 1 target from before stays`);
    writeFileSync(file, `interval: 100\nport: 0\ntargets:\n  - url: ${healthy}\n  - url: ${leaking}\n`);
    // Without a signal: its contents are looked at every few seconds.
    await command.wrote(`LEAKING ${leaking}`);
    command.process.kill('SIGINT');
    assert.equal((await command.ended).status, 0);
  });

  test('tells a webhook of a service that leaks, with its line and where to look', async (t) => {
    const service = await nodeService(t, 'leaked');
    const { server: hook, url: receiver, told } = await startWebhook<{ target: string; groups: { site: { line: number } | null }[]; dashboard: string }>(t);
    const file = join(room, 'alerts.yml');
    writeFileSync(file, `targets: [{ url: "${service}" }]\nalerts: { webhook: { url: "${receiver}" } }\n`);
    const command = start(['watch', '--config', file, '--port', '0', '--interval', '100']);
    await once(hook, 'told', { signal: AbortSignal.timeout(20_000) });
    assert.equal(told[0].target, service);
    assert.ok(told[0].groups.some(({ site }) => site?.line === LEAKING_LINE), JSON.stringify(told[0].groups));
    assert.match(told[0].dashboard, /^http:\/\/127\.0\.0\.1:\d+\/#\/target\?url=http%3A/);
    command.process.kill('SIGINT');
    assert.equal((await command.ended).status, 0);
    assert.equal(told.length, 1);
  });

  test('keeps what it saw in the file that it is given', async (t) => {
    const file = join(room, 'kept.db');
    const service = await nodeService(t, 'closed');
    await look('--db', file, service);
    const { History } = await import('#store');
    const history = new History(file);
    const [target] = history.knownTargets();
    assert.equal(target.url, `${service}/debug/pprof/`);
    assert.ok(history.samples(target.id, 0).length >= 8);
    assert.ok(history.profiles(target.id).length >= 8);
    history.close();
  });

  test('a second one on the same file ends at once and says who has it; after a kill of the first, it may', async (t) => {
    const file = join(room, 'one-writer.db');
    const service = await nodeService(t, 'closed');
    const args = ['watch', '--db', file, '--port', '0', service];
    const first = start(args);
    await first.wrote('dashboard at');
    const { status, stderr } = await watertight(...args);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^error: the history ${file} is written by another watcher \\(process ${first.process.pid} on .*End that one, or name another file with --db\n$`));
    first.process.kill('SIGKILL');
    await first.ended;
    const next = start(args);
    await next.wrote('dashboard at');
    next.process.kill('SIGINT');
    assert.equal((await next.ended).status, 0);
  });

  test('a port that is taken is said to be', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { status, stderr } = await watertight('watch', '--port', String((other.address() as AddressInfo).port), 'h:1');
    assert.equal(status, 2);
    assert.match(stderr, /another program listens there, perhaps another watcher\. Name another --port/);
  });

  for (const [name, args, message] of [
    ['no service', [], /nothing to watch/],
    ['a configuration that is not there', ['--config', '/nowhere/watch.yml'], /\/nowhere\/watch\.yml: there is no such file/],
    ['an address that is none', ['ftp://h'], /neither http nor https/],
    ['--json without --once', ['--json', 'h:1'], /--json goes with --once/],
    ['an interval that is none', ['--interval', '0', 'h:1'], /from 50 to a day/],
    ['a dashboard for everyone', ['--host', '0.0.0.0', 'h:1'], /needs --dashboard-token/],
    ['a token that no header field can have', ['--port', '0', '--dashboard-token', 'open sesame', 'h:1'], /--dashboard-token: token is a text of visible ASCII characters/],
    ['the same for everyone', ['--port', '0', '--host', '0.0.0.0', '--dashboard-token', 'open sesame', 'h:1'], /--dashboard-token: token is a text of visible ASCII characters/],
    ['a port that is none', ['--port', '70000', 'h:1'], /from 0 to 65535/],
    ['a history in no folder', ['--db', '/nowhere/at/all.db', 'h:1'], /\/nowhere\/at\/all\.db can't be opened: there is no folder \/nowhere\/at\. Make it/],
    ['a history that is a folder', ['--db', room, 'h:1'], /it is a folder\. Name a file in it: --db .*\/watertight\.db/],
    ['a port alone', ['6060'], /"6060" is a port alone; write the host as well: 127\.0\.0\.1:6060/],
    ['an address with one slash', ['http:/127.0.0.1:6060'], /has no \/\/ after its scheme/],
    ['an address of another machine', ['--host', '192.0.2.1', '--dashboard-token', 'x', 'h:1'], /192\.0\.2\.1:7676: that is no address of this machine/],
  ] as const) {
    test(`${name} is a mistake of the command line`, async () => {
      const { status, stderr } = await watertight('watch', ...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    });
  }
});

const SERVICE = `import { createServer } from 'node:http';
import { get } from 'watertight';
import { pprofHandler } from 'watertight/pprof';
const kept = [];
async function preview(url) {
  const response = await get(url);
  if (process.argv[2] === 'closed') await response.close();
  else kept.push(response);
}
const upstream = createServer((request, response) => response.end('x'.repeat(1000))).listen(0, '127.0.0.1', () => {
  const url = 'http://127.0.0.1:' + upstream.address().port + '/';
  setInterval(() => void preview(url), 40);
});
const server = createServer(pprofHandler()).listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + server.address().port));
`;
const LEAKING_LINE = SERVICE.split('\n').findIndex((line) => line.includes('await get(url)')) + 1;
const folder = fileURLToPath(new URL('../../../../node_modules/.cache/watch-service', import.meta.url));

const file = join(folder, 'node-service.mjs');
mkdirSync(folder, { recursive: true });
writeFileSync(file, SERVICE);

/** Starts a Node service of that kind; its address. */
async function nodeService(t: TestContext, kind: 'leaked' | 'closed'): Promise<string> {
  const child = spawn(process.execPath, [file, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return line;
}
