/** What is made of whatever a program throws. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asError, messageOf, stackOf } from '#tasks';

const bad = (): never => {
  throw new Error('bad');
};
const range = new RangeError('too far');
const proxy = new Proxy({}, { get: bad, getPrototypeOf: bad });

const texts: [what: string, thrown: unknown, text: string][] = [
  ['an Error', range, 'too far'],
  ['an object with a message', { message: 'told', code: -1 }, 'told'],
  ['a text', 'told', 'told'],
  ['undefined', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a symbol', Symbol('sign'), 'Symbol(sign)'],
  ['an object that has a text', { toString: () => 'told' }, 'told'],
  ['an object whose message is none', { message: 7 }, '[object Object]'],
  ['an object without a prototype', Object.create(null), 'a thrown object that has no text'],
  ['an object whose message throws', Object.defineProperty({}, 'message', { get: bad }), 'a thrown object that has no text'],
  ['an object whose text throws', { toString: bad }, 'a thrown object that has no text'],
  ['a proxy that throws', proxy, 'a thrown object that has no text'],
];
for (const [what, thrown, text] of texts) {
  test(`${what} has a text, and a stack or that text`, () => {
    assert.equal(messageOf(thrown), text);
    assert.equal(stackOf(thrown), thrown === range ? range.stack : text);
    assert.equal(asError(thrown).message, text);
  });
}

test('an Error stays what it is, and anything else is the cause of one', () => {
  const error = new Error('x');
  assert.equal(asError(error), error);
  assert.equal(asError('x').cause, 'x');
});
