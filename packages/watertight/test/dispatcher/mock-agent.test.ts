/** A MockAgent of undici, beside a dispatcher of ours and over one: what it mocks is answered, and the rest goes over our connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { dispatcherOf, failure, withEachUndici, type Copy } from './copies.js';

withEachUndici((undici) => {
  async function text(url: string, dispatcher: Copy): Promise<string> {
    return (await undici.request(url, { dispatcher })).body.text();
  }

  test('beside it', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('real') });
    const { dispatcher } = dispatcherOf(net, undici);
    const mock = new undici.MockAgent();
    mock.disableNetConnect();
    mock.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked');
    assert.equal(await text('http://mocked.test/', mock), 'mocked');
    assert.equal(await text(server.origin, dispatcher), 'real');
    await mock.close();
  }));

  test('over it: what no mock answers goes over our connections', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: (request) => request.reply('real') });
    const { dispatcher, transport } = dispatcherOf(net, undici);
    const mock = new undici.MockAgent({ agent: dispatcher });
    mock.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked').times(2);
    mock.get(server.origin).intercept({ path: '/mocked' }).reply(201, 'mocked too');
    assert.equal(await text('http://mocked.test/', mock), 'mocked');
    assert.equal(await text(`${server.origin}/mocked`, mock), 'mocked too');
    assert.equal(await text(`${server.origin}/real`, mock), 'real');
    assert.equal(transport.stats().opened, 1);
    assert.equal(mock.pendingInterceptors().length, 1);
    mock.disableNetConnect();
    assert.deepEqual(await failure(text(`${server.origin}/other`, mock)), { name: 'MockNotMatchedError', code: 'UND_MOCK_ERR_MOCK_NOT_MATCHED' });
    mock.deactivate();
    assert.equal(await text(`${server.origin}/again`, mock), 'real');
    await mock.close();
    assert.equal(dispatcher.closed, true);
  }));

  test('over it: patterns, fetch and the global dispatcher', onLoopback(async (net) => {
    const { dispatcher } = dispatcherOf(net, undici);
    const mock = new undici.MockAgent({ agent: dispatcher });
    mock.disableNetConnect();
    mock.get(/mocked\.test/).intercept({ path: /^\/a/, method: 'POST', body: 'data' }).reply(200, { a: 1 }).persist();
    const before = undici.getGlobalDispatcher();
    undici.setGlobalDispatcher(mock);
    try {
      assert.deepEqual(await (await undici.fetch('http://any.mocked.test/abc', { method: 'POST', body: 'data' })).json(), { a: 1 });
      assert.equal((await undici.request('http://any.mocked.test/a', { method: 'POST', body: 'data' })).statusCode, 200);
      assert.match((await failure(undici.request('http://other.test/'))).code!, /MOCK_NOT_MATCHED/);
    } finally {
      undici.setGlobalDispatcher(before);
      await mock.close();
    }
  }));
});
