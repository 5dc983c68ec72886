// `watertight watch` as a process of its own, and somebody on call: what the webhook hears, through a restart.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { History } from '#store';
import { FakeService } from '../ui/watched.js';
import { start, type Started } from './command.js';
import { startWebhook } from './webhook.js';

const HOUR = 3_600_000;
const room = mkdtempSync(join(tmpdir(), 'on-call-'));
after(() => rmSync(room, { recursive: true, force: true }));

test('a silence and an acknowledgement keep the alert, also after a restart, until they are taken back', async (t) => {
  const { server: hook, url: receiver, told } = await startWebhook<{ status: string; id: string }>(t);

  const fake = await FakeService.start(0);
  const growth = setInterval(() => fake.state.unread++, 50);
  t.after(async () => {
    clearInterval(growth);
    await fake.end();
  });
  const service = fake.url;
  const db = join(room, 'history.db');
  const history = new History(db);
  history.keepSilence(null, Date.now() + HOUR);
  history.close();
  const config = join(room, 'watch.yml');
  writeFileSync(config, `targets: [{ url: "${service}" }]\nalerts: { webhook: { url: "${receiver}" } }\n`);

  const watch = async (): Promise<Started & { ask(method: string, path: string, body?: object): Promise<void> }> => {
    const command = start(['watch', '--config', config, '--db', db, '--port', '0', '--interval', '100']);
    const dashboard = await command.found(/dashboard at (\S+);/);
    await command.wrote(`LEAKING ${service}`);
    return {
      ...command,
      async ask(method, path, body) {
        const response = await fetch(`${dashboard}api/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) });
        assert.equal(response.status, 200, await response.text());
      },
    };
  };
  const end = async ({ process, ended }: Started): Promise<void> => {
    process.kill('SIGINT');
    assert.equal((await ended).status, 0);
  };

  const first = await watch();
  assert.equal(told.length, 0);
  const lifted = once(hook, 'told', { signal: AbortSignal.timeout(20_000) });
  await first.ask('DELETE', 'silence?all=true');
  await lifted;
  await first.ask('POST', 'incidents/1/acknowledge', { by: 'Ann' });
  await end(first);

  const second = await watch();
  const takenBack = once(hook, 'told', { signal: AbortSignal.timeout(20_000) });
  await second.ask('DELETE', 'incidents/1/acknowledge');
  await takenBack;
  await end(second);
  assert.deepEqual(told.map(({ status }) => status), ['firing', 'firing']);
  assert.equal(told[0].id, told[1].id);
});
