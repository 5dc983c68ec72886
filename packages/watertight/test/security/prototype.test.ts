/** Names that mean something to JavaScript mean nothing here, and options come from the options alone. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CertificateAuthority, selfSigned } from '../fixtures/certificate.js';
import { onLoopback, settle } from '../fixtures/loopback.js';
import { compiledProgram } from '../fixtures/package-root.js';
import type { RawRequest } from '../fixtures/raw-server.js';

const NAMES = ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', '__defineGetter__'];

test('fields and trailers named like parts of Object.prototype are readable and change nothing', onLoopback(async (net) => {
  const fields = NAMES.map((name) => `${name}: value of ${name}`);
  const trailers = fields.join('\r\n');
  const server = await net.serve({
    onRequest: ({ connection }) => connection.write(`HTTP/1.1 200 OK\r\n${trailers}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${trailers}\r\n\r\n`),
  });
  const { client } = net.client();
  const response = await client.get(server.origin);
  await response.bytes();
  for (const name of NAMES) {
    assert.equal(response.headers.get(name), `value of ${name}`);
    assert.equal(response.trailers.get(name), `value of ${name}`);
  }
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype).filter((name) => name.startsWith('value')), ['valueOf']);
  assert.equal(({} as Record<string, unknown>).x, undefined);
  assert.equal(typeof {}.toString, 'function');
}));

test('fields named like parts of Object.prototype can be sent', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: (request) => request.reply() });
  const { client } = net.client();
  const headers = NAMES.map((name): [string, string] => [name, 'x']);
  await (await client.get(server.origin, { headers })).bytes();
  for (const name of NAMES) assert.equal(server.requests[0].header(name), 'x');
}));

test('an own __proto__ key in options or fields has no effect', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: async (request) => (await request.body, request.reply()) });
  const parsed = '{"__proto__": {"method": "DELETE", "body": "evil", "headers": {"X-Evil": "1"}, "maxIdleConns": 0}}';
  const { client } = net.client(JSON.parse(parsed) as object);
  await (await client.get(server.origin, JSON.parse(parsed) as object)).bytes();
  const { value: response } = await settle((async () => client.get(server.origin, { headers: JSON.parse('{"__proto__": {"X-Evil": "1"}}') as never }))());
  if (response) await response.bytes();
  for (const request of server.requests) {
    assert.equal(request.method, 'GET');
    assert.equal(request.header('x-evil'), undefined);
    assert.equal((await request.body)!.length, 0);
  }
}));

test('a polluted Object.prototype changes neither requests nor TLS checks', onLoopback(async (net) => {
  const ca = new CertificateAuthority();
  const onRequest = async (request: RawRequest): Promise<void> => (await request.body, request.reply('hello'));
  const plain = await net.serve({ onRequest });
  const untrusted = await net.serve({ onRequest, tls: selfSigned({ names: ['127.0.0.1'] }) });
  const trusted = await net.serve({ onRequest, tls: ca.issue({ names: ['127.0.0.1'] }) });
  const program = [compiledProgram('security/polluted-prototype.js'), plain.origin, untrusted.origin, trusted.origin, ca.cert];
  const { stdout } = await promisify(execFile)(process.execPath, program, { timeout: 30_000 });
  assert.deepEqual(JSON.parse(stdout), { plain: 'hello', untrusted: 'refused: ERR_TLS', trusted: 'hello', tasks: '1' });
  for (const { head } of [...plain.requests, ...trusted.requests]) {
    assert.match(head, /^GET \/ HTTP/);
    assert.doesNotMatch(head, /evil/i);
  }
}));
