/** Observing and leaving off: once in a process, without a trace, and never at the program's expense. */

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
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

/** What a program sees of the classes of node:http. */
function shape(): [key: PropertyKey, descriptor: unknown][] {
  return [http.ClientRequest.prototype, http.IncomingMessage.prototype, http, EventEmitter].flatMap((owner) => Reflect.ownKeys(owner).map((key): [PropertyKey, unknown] => [key, Reflect.getOwnPropertyDescriptor(owner, key)]));
}

async function small(): Promise<void> {
  const [response] = (await once(http.get(`${server.origin}/small`), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
}

test('observing twice is observing once, and leaving off puts everything back', async () => {
  const before = shape();
  const { emit } = http.ClientRequest.prototype;
  observe();
  observe();
  await small();
  assert.notEqual(http.ClientRequest.prototype.emit, emit);
  const response = await fetch(`${server.origin}/small`);
  assert.equal(requests(), 1);
  await response.text();
  unobserve();
  unobserve();
  assert.deepEqual(shape(), before);
  await fetch(`${server.origin}/small`);
  assert.equal(requests(), 0);
});

test('before the first request, nothing of node:http is replaced', async () => {
  // Before Node 22.12, the first request is recognised by it.
  const others = ([key]: [key: PropertyKey, ...unknown[]]): boolean => key !== 'init';
  const before = shape().filter(others);
  observe();
  assert.deepEqual(shape().filter(others), before);
  await small();
  assert.equal(requests(), 0);
  unobserve();
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
