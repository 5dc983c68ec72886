// docs/dashboard.md: its program runs, and each route that it names answers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Watched } from '../ui/watched.js';

const text = readFileSync(new URL('../../../../docs/dashboard.md', import.meta.url), 'utf8');
const execute = promisify(execFile);
const USUAL = 'http://127.0.0.1:7676/';

describe('docs/dashboard.md', () => {
  let watched: Watched;
  before(async () => {
    watched = await Watched.start();
  });
  after(() => watched.end());

  test('its program names what leaks, and its line', async () => {
    const program = /<!-- example: overview -->\n```js\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    assert.ok(program.includes(USUAL));
    const { stdout } = await execute(process.execPath, ['--input-type=module', '--eval', program.replace(USUAL, watched.dashboard.url)]);
    assert.match(stdout, /^shop grows by \d+ an hour: stockOf \/app\/src\/stock\.ts:23\n$/);
  });

  test('every route that it names answers', async () => {
    const routes = [...text.matchAll(/^\| `(\/api\/\S+)` \|/gm)].map(([, route]) => route);
    assert.equal(routes.length, 6);
    for (const route of routes) {
      const now = Date.now();
      const path = route.replace('URL', encodeURIComponent(watched.leaking.url)).replace('from=MS', `from=${now - 3_600_000}`).replace('before=MS', `before=${now - 1_800_000}`).replace(/MS/g, String(now));
      const aborted = new AbortController();
      const response = await fetch(new URL(path, watched.dashboard.url), { signal: aborted.signal });
      assert.equal(response.status, 200, route);
      assert.match(response.headers.get('content-type') ?? '', route === '/api/events' ? /text\/event-stream/ : route.startsWith('/api/profile') ? /octet-stream/ : /application\/json/);
      if (route !== '/api/events') await response.arrayBuffer();
      aborted.abort();
    }
  });

  test('every change that it names is made', async () => {
    const changes = [...text.matchAll(/^\| `(POST|DELETE) (\/api\/[^`]+)`(?:, `(\{.*?\})`)?/gm)];
    assert.equal(changes.length, 4);
    const id = watched.monitor.monitorOf(watched.leaking.url)?.report().incident?.id ?? NaN;
    for (const [, method, route, example] of changes as unknown as [string, string, string, string | undefined][]) {
      const path = route.replace('URL', encodeURIComponent(watched.leaking.url)).replace('ID', String(id));
      const body = example?.replace('MS', String(Date.now() + 60_000)).replaceAll('…', 'x');
      const response = await fetch(new URL(path, watched.dashboard.url), { method, ...(body !== undefined && { body, headers: { 'Content-Type': 'application/json' } }) });
      assert.equal(response.status, 200, `${method} ${path}: ${await response.text()}`);
    }
  });
});
