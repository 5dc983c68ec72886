/** A body as JSON: the error of what is none says whose body it is, where the fault is, and no more of the body. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonError } from 'watertight';
import { onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';
import { SeededRandom } from '../fixtures/seeded-random.js';

const FAULTS: [text: string, position: number][] = [
  ['', 0],
  [' ', 1],
  ['<html>', 0],
  ['{', 1],
  ['{"a"', 4],
  ['{"a":', 5],
  ['{"a":1', 6],
  ['{"a":1,', 7],
  ['{"a":1,}', 7],
  ['{a:1}', 1],
  ['{"a":1 "b"', 7],
  ['[1,]', 3],
  ['[1 2]', 3],
  ['[1}', 2],
  ['{"a":1]', 6],
  ['1 2', 2],
  ['tru', 3],
  ['trux', 3],
  ['nul]', 3],
  ['undefined', 0],
  ['01', 1],
  ['1.', 2],
  ['1.x', 2],
  ['-', 1],
  ['-x', 1],
  ['1e', 2],
  ['1e+', 3],
  ['.5', 0],
  ['+1', 0],
  ["'a'", 0],
  ['"abc', 4],
  ['"a\nb"', 2],
  ['"a\\x"', 3],
  ['"\\u12x"', 5],
  ['{"a":[{"b":"c"},{"d":nope}]}', 22],
  ['[[[[', 4],
];

describe('the place of a fault', () => {
  for (const [text, position] of FAULTS) {
    test(JSON.stringify(text), onLoopback(async (net) => {
      const server = await net.serve({ onRequest: (request) => request.reply(text) });
      const { client } = net.client();
      await assert.rejects((await client.get(server.origin)).json(), (error) => {
        assert.ok(error instanceof JsonError && error instanceof SyntaxError);
        assert.equal(error.code, 'ERR_BODY_JSON');
        assert.equal(error.position, position);
        return true;
      });
    }));
  }

  test('is found in every text that one change has broken', onLoopback(async (net) => {
    const whole = JSON.stringify({ list: [1, -2.5e10, 'text \\ "quoted" \u00e9', null, true, false, {}, []], deep: { a: { b: [[[]]] } } });
    const random = new SeededRandom(11);
    let text = '';
    const server = await net.serve({ onRequest: (request) => request.reply(text) });
    const { client } = net.client();
    for (let i = 0; i < 200; i++) {
      const at = random.below(whole.length);
      text = whole.slice(0, at) + '{}[],:"\\x0-\n'[random.below(12)] + whole.slice(at + 1);
      const response = await client.get(server.origin);
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      if (valid) await response.json();
      else {
        await assert.rejects(response.json(), (error) => {
          assert.ok(error instanceof JsonError);
          // One change at `at`: what is in front of it is right.
          assert.ok(error.position >= at, `${text}: ${error.message}, changed at ${at}`);
          return true;
        });
      }
    }
  }));
});

describe('the error', () => {
  const secret = '{\n  "token": "s3cret-s3cret",\n  "b": nope\n}';

  test('names method, URL without its secrets, status, type and place, and quotes one character', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(secret, { status: '201 Created', fields: ['Content-Type: application/json'] })) });
    const { client } = net.client();
    const response = await client.post(`http://user:pass@127.0.0.1:${server.port}/a?key=hidden`, 'x');
    await assert.rejects(response.json(), (error: Error) => {
      assert.equal(error.message, `the body of POST ${server.origin}/a?key=* (201, "application/json") is not JSON: unexpected "o" at position 38 (line 3, column 9)`);
      assert.equal(error.cause, undefined);
      return true;
    });
  }));

  test('says where to look if the body is a page', onLoopback(async (net) => {
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply('<html>', { status: '502 Bad Gateway', fields: ['Content-Type: text/html'] })) });
    const { client } = net.client();
    await assert.rejects((await client.get(server.origin)).json(), { message: /\(502, "text\/html"\) is not JSON: unexpected "<" at position 0 .*; it looks like HTML or XML: look at the status and the Content-Type$/ });
  }));

  test('says so if the body is empty, or ends too early', onLoopback(async (net) => {
    let text = '';
    const server = await net.serve({ onRequest: (request) => request.reply(text) });
    const { client } = net.client();
    await assert.rejects((await client.get(server.origin)).json(), { message: /is not JSON: it is empty$/ });
    text = '{"a":';
    await assert.rejects((await client.get(server.origin)).json(), { message: /is not JSON: it ends too early, at position 5$/ });
  }));
});

test('a text nested a hundred thousand times deep is looked through, too', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply('['.repeat(100_000)) });
  const { client } = net.client();
  await assert.rejects((await client.get(server.origin)).json(), { code: 'ERR_BODY_JSON', position: 100_000 });
}));
