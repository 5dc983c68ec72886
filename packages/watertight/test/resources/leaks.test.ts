/** What keeps a process alive, as a leak check reports it. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { findLeaks, formatLeaks, ignoreCurrent, LeakError, verifyNone } from 'watertight/leak';
import { markedLine } from '../tasks/marked-line.js';

test('a leak check asked for resources reports them with their line, and those from before are ignored', async (t) => {
  const early = setInterval(() => undefined, 41_000);
  t.after(() => clearInterval(early));
  const ignore = ignoreCurrent({ resources: true });
  assert.deepEqual(await findLeaks({ resources: true, ignore, retries: 1 }), []);

  const timer = setInterval(() => undefined, 42_000); // at: timer
  t.after(() => clearInterval(timer));
  const leaks = await findLeaks({ resources: true, ignore, retries: 1 });
  assert.deepEqual(
    leaks.map(({ kind, type, description, site }) => ({ kind, type, description, line: site?.line })),
    [{ kind: 'resource', type: 'timer', description: 'setInterval every 42000 ms', line: markedLine(import.meta.url, 'timer').line }],
  );
  assert.match(formatLeaks(leaks), /timer left open: setInterval every 42000 ms/);
  assert.match(formatLeaks(leaks), /made at .*resources\/leaks\.test\.ts:\d+/);
  assert.deepEqual(await findLeaks({ retries: 1 }), [], 'only if asked');
  await assert.rejects(verifyNone(undefined, { resources: true, ignore, retries: 1 }), LeakError);

  clearInterval(timer);
  clearInterval(early);
  await verifyNone(undefined, { resources: true, ignore });
});

test('a socket of an observed client is listed with the line of its request, beside the unread response', async (t) => {
  const server = createServer((_request, response) => response.write('x'));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ignore = ignoreCurrent({ resources: true });
  const request = get({ host: '127.0.0.1', port }); // at: get
  await once(request, 'response');
  const leaks = await findLeaks({ resources: true, ignore, retries: 1 });
  const { line } = markedLine(import.meta.url, 'get');
  assert.deepEqual(
    leaks.filter(({ site }) => site?.line === line).map(({ kind, type }) => type ?? kind),
    ['body', 'socket'],
  );
  request.destroy();
});
