/** Headers: the WHATWG interface, held against the platform's own, over fields in their order and spelling. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Headers, type RequestError } from 'watertight';
import { isToken } from '#wire';
import { SeededRandom } from '../fixtures/seeded-random.js';

describe('the WHATWG interface', () => {
  test('lookups ignore the letter case, values of a name are joined', () => {
    const headers = new Headers([['Accept', 'a'], ['ACCEPT', 'b'], ['X-One', '1']]);
    assert.equal(headers.get('accept'), 'a, b');
    assert.equal(headers.has('aCCept'), true);
    assert.equal(headers.get('missing'), null);
    assert.equal(headers.has('missing'), false);
  });

  test('set replaces all fields of the name at the place of the first', () => {
    const headers = new Headers([['A', '1'], ['B', '2'], ['a', '3']]);
    headers.set('a', '4');
    headers.set('C', '5');
    assert.deepEqual(headers.raw, [['a', '4'], ['B', '2'], ['C', '5']]);
  });

  test('append adds at the end, delete takes all of a name away', () => {
    const headers = new Headers({ A: '1' });
    headers.append('b', '2');
    headers.append('a', '3');
    headers.delete('A');
    headers.delete('nothing');
    assert.deepEqual(headers.raw, [['b', '2']]);
  });

  test('iteration is sorted and in lower case, with set-cookie apart', () => {
    const headers = new Headers([['Set-Cookie', 'b=1'], ['B', '2'], ['A', '1'], ['set-cookie', 'a=2'], ['b', '3']]);
    const expected = [['a', '1'], ['b', '2, 3'], ['set-cookie', 'b=1'], ['set-cookie', 'a=2']];
    assert.deepEqual([...headers], expected);
    assert.deepEqual([...headers.entries()], expected);
    assert.deepEqual([...headers.keys()], expected.map(([name]) => name));
    assert.deepEqual([...headers.values()], expected.map(([, value]) => value));
    const seen: unknown[] = [];
    const self = {};
    headers.forEach(function (this: unknown, value, name, of) {
      seen.push([name, value, this === self, of === headers]);
    }, self);
    assert.deepEqual(seen, expected.map(([name, value]) => [name, value, true, true]));
    assert.deepEqual(headers.getSetCookie(), ['b=1', 'a=2']);
    assert.equal(Object.prototype.toString.call(headers), '[object Headers]');
  });

  test('any sequence of changes gives what the platform\'s Headers give', () => {
    const random = new SeededRandom(20);
    const names = ['A', 'a', 'B', 'Set-Cookie', 'set-cookie', 'X-Y', 'x-y'];
    const values = ['1', '', ' two ', '\t3', 'a, b', 'ü'.normalize()];
    for (let round = 0; round < 300; round++) {
      const ours = new Headers();
      const theirs = new globalThis.Headers();
      for (let step = 0; step < 12; step++) {
        const name = names[random.below(names.length)];
        const value = values[random.below(values.length)];
        const change = (['append', 'append', 'set', 'delete'] as const)[random.below(4)];
        ours[change](name, value);
        theirs[change](name, value);
        assert.equal(ours.get(name), theirs.get(name));
      }
      assert.deepEqual([...ours], [...theirs]);
      assert.deepEqual(ours.getSetCookie(), theirs.getSetCookie());
    }
  });
});

describe('the order and the spelling', () => {
  test('raw has the fields as they came', () => {
    const text = 'HTTP/1.1 200 OK\r\nX-Custom: One\r\nset-COOKIE:a=1\r\nx-custom: \ttwo \t\r\nEmpty:\r\nA:b:c';
    const headers = Headers.parsed(text, 17);
    assert.deepEqual(headers.raw, [['X-Custom', 'One'], ['set-COOKIE', 'a=1'], ['x-custom', 'two'], ['Empty', ''], ['A', 'b:c']]);
    assert.equal(headers.get('X-CUSTOM'), 'One, two');
  });

  test('no fields are no fields', () => {
    assert.deepEqual(Headers.parsed('HTTP/1.1 200 OK', 17).raw, []);
    assert.deepEqual(Headers.parsed('', 0).raw, []);
  });

  test('raw is a copy', () => {
    const headers = new Headers({ A: '1' });
    headers.raw[0][1] = 'changed';
    headers.raw.length = 0;
    assert.equal(headers.get('a'), '1');
  });

  test('a copy of Headers keeps both, and changes apart', () => {
    const headers = new Headers([['X-B', '1'], ['x-A', '2']]);
    const copy = new Headers(headers);
    copy.set('x-a', '3');
    assert.deepEqual(headers.raw, [['X-B', '1'], ['x-A', '2']]);
    assert.deepEqual(copy.raw, [['X-B', '1'], ['x-a', '3']]);
  });
});

describe('names of the language', () => {
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
    test(`${name} is a name like any other`, () => {
      assert.equal(new Headers().get(name), null);
      assert.equal(new Headers().has(name), false);
      const headers = Headers.parsed(`${name}: polluted`, 0);
      assert.equal(headers.get(name), 'polluted');
      assert.deepEqual([...headers], [[name.toLowerCase(), 'polluted']]);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    });
  }
});

describe('what headers are made of', () => {
  test('pairs, a Map, other Headers, a record, a record with lists and numbers', () => {
    const raw = (init: unknown): unknown => new Headers(init as never).raw;
    assert.deepEqual(raw([['A', '1']]), [['A', '1']]);
    assert.deepEqual(raw(new Map([['A', '1']])), [['A', '1']]);
    assert.deepEqual(raw(new globalThis.Headers({ A: '1' })), [['a', '1']]);
    assert.deepEqual(raw({ A: '1', B: ['2', '3'], C: 4 }), [['A', '1'], ['B', '2'], ['B', '3'], ['C', '4']]);
    assert.deepEqual(raw(undefined), []);
    assert.deepEqual(raw(null), []);
  });

  test('inherited properties are none of them', () => {
    assert.deepEqual(new Headers(Object.create({ Evil: '1' }) as Record<string, string>).raw, []);
  });

  for (const [what, init] of [
    ['a pair of three', [['a', 'b', 'c']]],
    ['a pair of one', [['a']]],
    ['no pairs', [1]],
    ['a string', 'A: b'],
    ['a number', 5],
  ] as const) {
    test(`${what} is refused`, () => {
      assert.throws(() => new Headers(init as never), { name: 'RequestError', code: 'ERR_INVALID_HEADER' });
    });
  }
});

describe('what can be sent', () => {
  test('every byte but control bytes may be in a value, HTAB may', () => {
    for (let code = 0; code < 0x180; code++) {
      const allowed = code === 0x09 || (code >= 0x20 && code < 0x7f) || (code >= 0x80 && code <= 0xff);
      const make = (): unknown => new Headers({ A: `x${String.fromCharCode(code)}y` });
      if (allowed) make();
      else assert.throws(make, { code: 'ERR_INVALID_HEADER' }, `U+${code.toString(16)}`);
    }
  });

  test('a name is a token', () => {
    for (const name of ['', 'A B', 'A:', 'A\r\nB', 'Ä', '\0', 'A\n', 'a(b)']) {
      assert.equal(isToken(name), false);
      assert.throws(() => new Headers().set(name, 'x'), { code: 'ERR_INVALID_HEADER' });
      assert.throws(() => new Headers().append(name, 'x'), { code: 'ERR_INVALID_HEADER' });
    }
    assert.equal(isToken("!#$%&'*+-.^_`|~09azAZ"), true);
  });

  test('an error has the name, the character and where, but not the value, which may be a secret', () => {
    const secret = 'Bearer s3cret\r\nX: y';
    assert.throws(() => new Headers({ Authorization: secret }), (error: RequestError) => {
      assert.match(error.message, /"Authorization" holds the character U\+000D at 13/);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });

  test('a value is a string or a number; undefined, null and objects are mistakes', () => {
    for (const value of [undefined, null, {}, true, Symbol('x'), { toString: () => 'x' }]) {
      assert.throws(() => new Headers({ A: value as never }), { name: 'RequestError', code: 'ERR_INVALID_HEADER' });
    }
  });
});
