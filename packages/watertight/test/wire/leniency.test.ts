/** What a program may choose to accept in a head: each name opens its own door, and none changes where a message ends. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_LIMITS, HeadScanner, leniencyOf, LENIENT_NAMES, ProtocolError, ResponseReader, STRICT, type Leniency, type LenientName } from '#wire';
import { everyCut, readHead, type HeadRead, type Reading } from './reading.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const only = (...names: LenientName[]): Leniency => leniencyOf(new Set(names));
const everything = only(...LENIENT_NAMES);

function read(text: string, leniency: Leniency, trailers = false): Reading<HeadRead> {
  const bytes = Buffer.from(text, 'latin1');
  const whole = readHead(bytes, [], DEFAULT_LIMITS, trailers, leniency);
  for (const cuts of everyCut(bytes.length)) assert.deepEqual(readHead(bytes, cuts, DEFAULT_LIMITS, trailers, leniency), whole, `cut at ${cuts.slice(0, 3).join(', ')}`);
  return whole;
}

/** What the strict reader says of it. */
function complaint(text: string, leniency = STRICT, trailers = false): string {
  const bytes = Buffer.from(text, 'latin1');
  const scanner = new HeadScanner(DEFAULT_LIMITS, leniency);
  if (trailers) scanner.resetTrailers();
  try {
    scanner.feed(bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof ProtocolError) return error.message;
    throw error;
  }
  return '';
}

const ACCEPTED: [name: LenientName, what: string, head: string, expected: Partial<HeadRead>][] = [
  ['bare-lf', 'every line ends in LF', 'HTTP/1.1 200 OK\nA: b\nContent-Length: 5\n\nhello', { text: 'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5', fieldsAt: 17, contentLength: 5, taken: 40 }],
  ['bare-lf', 'the status line ends in LF', 'HTTP/1.1 200 OK\nA: b\r\n\r\n', { text: 'HTTP/1.1 200 OK\r\nA: b', fieldsAt: 17 }],
  ['bare-lf', 'one field line ends in LF', `${OK}A: b\nC: d\r\n\r\n`, { text: `${OK}A: b\r\nC: d`, fieldsAt: 17 }],
  ['bare-lf', 'the empty line is an LF', `${OK}Content-Length: 5\r\n\nhello`, { text: `${OK}Content-Length: 5`, taken: 37 }],
  ['bare-lf', 'no fields', 'HTTP/1.1 200 OK\n\nx', { text: 'HTTP/1.1 200 OK', taken: 17 }],
  ['bare-lf', 'a fold', 'HTTP/1.1 200 OK\nConnection: keep-alive,\n close\n\n', { text: 'HTTP/1.1 200 OK\r\nConnection: keep-alive, close', close: true, fieldsAt: 17 }],
  ['field-names', 'delimiters', `${OK}X(Y)[1]/2: z\r\n\r\n`, { text: `${OK}X(Y)[1]/2: z` }],
  ['field-names', 'a space inside', `${OK}Strict Transport: z\r\n\r\n`, { text: `${OK}Strict Transport: z` }],
  ['field-names', 'bytes beyond ASCII', `${OK}\xe4\xff: z\r\n\r\n`, { text: `${OK}\xe4\xff: z` }],
  ['field-names', 'the next name is checked anew', `${OK}X(Y): z\r\nContent-Length: 5\r\n\r\n`, { contentLength: 5 }],
  ['http-2.0', 'HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\n', { minor: 1, status: 200, contentLength: 5, close: true }],
];

describe('accepted by its name, and by no other:', () => {
  for (const [name, what, head, expected] of ACCEPTED) {
    test(`${name}: ${what}`, () => {
      const got = read(head, only(name));
      assert.ok(typeof got === 'object' && !('refused' in got), JSON.stringify(got));
      for (const [key, value] of Object.entries(expected)) assert.equal(got[key as keyof HeadRead], value, key);
      const others = LENIENT_NAMES.filter((other) => other !== name);
      assert.ok('refused' in (read(head, only(...others)) as object));
      assert.match(complaint(head), new RegExp(`TransportOptions\\.lenient: \\['${name.replace('.', '\\.')}'\\]`), 'the error names what avoids it');
    });
  }
});

describe('refused, whatever is accepted:', () => {
  for (const [what, head] of [
    ['a bare CR', `${OK}A: b\rC: d\r\n\r\n`],
    ['LF CR as the end of a line', 'HTTP/1.1 200 OK\n\rA: b\n\r\n\r'],
    ['a NUL in a value', `${OK}A: b\0\r\n\r\n`],
    ['a NUL in a name', `${OK}A\0: b\r\n\r\n`],
    ['a line without a colon', `${OK}some garbage\r\n\r\n`],
    ['a line without a colon that ends in LF', `${OK}some garbage\nA: b\r\n\r\n`],
    ['a name of no characters', `${OK}: b\r\n\r\n`],
    ['a space before the colon', `${OK}Content-Length : 5\r\n\r\n`],
    ['a tab before the colon of an odd name', `${OK}X(Y)\t: 5\r\n\r\n`],
    ['a name that others may read as a length', `${OK}Content-Length\xa0: 5\r\n\r\n`],
    ['a quoted length', `${OK}"Content-Length": 5\r\n\r\n`],
    ['a length in two words', `${OK}Content Length: 5\r\n\r\n`],
    ['a transfer coding in brackets', `${OK}(Transfer-Encoding): chunked\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 5\nContent-Length: 6\n\n`],
    ['chunked, identity', `${OK}Transfer-Encoding: chunked, identity\n\n`],
    ['HTTP/2.1', 'HTTP/2.1 200 OK\r\n\r\n'],
    ['HTTP/3.0', 'HTTP/3.0 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
  ] as const) {
    test(what, () => {
      assert.ok('refused' in (read(head, everything) as object));
      assert.doesNotMatch(complaint(head, everything), /lenient/);
    });
  }

  for (const head of [`${OK}some garbage\r\n\r\n`, `${OK}Content-Length : 5\r\n\r\n`, `${OK}Content Length: 5\r\n\r\n`, `${OK}: b\r\n\r\n`, `${OK}A: b\0\r\n\r\n`, 'HTTP/3.0 200 OK\r\n\r\n']) {
    test(`the error of ${JSON.stringify(head)} names no option, for none avoids it`, () => {
      assert.notEqual(complaint(head), '');
      assert.doesNotMatch(complaint(head), /lenient/);
    });
  }
});

test('trailers belong to the chunks: nothing is accepted there, and nothing is offered', () => {
  for (const trailers of ['A: b\n\r\n', 'A: b\r\n\n', 'X(Y): z\r\n\r\n']) {
    assert.ok('refused' in (read(trailers, everything, true) as object), JSON.stringify(trailers));
    assert.doesNotMatch(complaint(trailers, STRICT, true), /lenient/);
  }
});

test('a head with bare LF leaves nothing behind for the next one', () => {
  const scanner = new HeadScanner(DEFAULT_LIMITS, everything);
  for (const head of ['HTTP/1.1 200 OK\nX(Y): 1\n\n', `${OK}A: b\r\n\r\n`]) {
    const bytes = Buffer.from(head, 'latin1');
    scanner.reset();
    assert.equal(scanner.feed(bytes, 0, bytes.length), bytes.length);
  }
  assert.equal(scanner.text, `${OK}A: b`);
});

describe('HTTP/1.0 with chunks', () => {
  const read10 = (fields: string, leniency: Leniency): ResponseReader => {
    const reader = new ResponseReader(DEFAULT_LIMITS, leniency);
    const head = Buffer.from(`HTTP/1.0 200 OK\r\n${fields}\r\n`);
    reader.readHead('GET', head, 0, head.length, { interim: () => undefined });
    return reader;
  };

  test('is accepted by its name, and the connection is not used again', () => {
    const reader = read10('Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n', only('http-1.0-chunked'));
    assert.equal(reader.framing, 'chunked');
    assert.equal(reader.scanner.close, true);
  });

  test('is refused otherwise, with the name', () => {
    assert.throws(() => read10('Transfer-Encoding: chunked\r\n', only('bare-lf', 'http-2.0')), { code: 'ERR_TRANSFER_ENCODING', message: /lenient: \['http-1\.0-chunked'\]/ });
  });

  test('is refused with a length beside it', () => {
    assert.throws(() => read10('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', everything), { code: 'ERR_TRANSFER_ENCODING', message: /both/ });
  });
});
