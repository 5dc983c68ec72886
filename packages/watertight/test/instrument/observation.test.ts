/** Observing and leaving off: once in a process, without a trace, and never at the program's expense. */

import assert from 'node:assert/strict';
import http, { type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { faultCount, observe, unobserve } from '#instrument';
import { tasks } from '#tasks';
import { FormServer } from '../fixtures/form-server.js';

let server: FormServer;
before(async () => {
  server = await FormServer.start();
});
after(() => server.stop());

const requests = (): number => tasks().filter(({ kind }) => kind === 'request').length;

test('observing twice is observing once, and leaving off puts everything back', async () => {
  const before = [http.ClientRequest.prototype.emit, http.IncomingMessage.prototype.push, http.IncomingMessage.prototype.read, http.IncomingMessage.prototype._destroy, http.get];
  const own = Reflect.ownKeys(http.IncomingMessage.prototype).length;
  observe();
  observe();
  assert.notEqual(http.ClientRequest.prototype.emit, before[0]);
  const response = await fetch(`${server.origin}/small`);
  assert.equal(requests(), 1);
  await response.text();
  unobserve();
  unobserve();
  assert.deepEqual([http.ClientRequest.prototype.emit, http.IncomingMessage.prototype.push, http.IncomingMessage.prototype.read, http.IncomingMessage.prototype._destroy, http.get], before);
  assert.equal(Reflect.ownKeys(http.IncomingMessage.prototype).length, own);
  await fetch(`${server.origin}/small`);
  assert.equal(requests(), 0);
});

test('requests begun before are not seen, and end as ever', async () => {
  const early = fetch(`${server.origin}/slow`);
  observe();
  assert.equal(await (await early).text(), 'slow');
  assert.equal(requests(), 0);
  unobserve();
});

test('requests under way when it ends are followed to their end no more', async () => {
  observe();
  const response = await fetch(`${server.origin}/slow`);
  unobserve();
  assert.equal(await response.text(), 'slow');
});

test('what fails in the observation is counted, and the program does not notice', async () => {
  observe();
  const faults = faultCount();
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  try {
    const response = await new Promise<IncomingMessage>((resolve) => {
      const request = http.request(`${server.origin}/small`, { createConnection: undefined });
      // A request that is not what it seems when its response comes.
      request.once('socket', () => {
        const observed = (request as never as Record<symbol, { responded: unknown }>)[Symbol.for('watertight.request.1')];
        observed.responded = () => {
          throw new Error('broken on purpose');
        };
      });
      request.on('response', resolve).end();
    });
    let text = '';
    for await (const chunk of response) text += String(chunk);
    assert.equal(text, 'hello');
    assert.equal(faultCount(), faults + 1);
    assert.match((await warned).message, /broken on purpose/);
  } finally {
    unobserve();
  }
});
