/**
 * A body read whole: as text, JSON, bytes, a Blob and a form. Fetch standard, "Body
 * mixin" (consume body), "Extract a MIME type" and "UTF-8 decode" of the Encoding
 * standard.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { onLoopback } from '../../fixtures/loopback.js';
import { FORMS, readAs, responseOf } from './place.js';

const BODY = '{"a":"ä"}';

/** The forms that this Node has: `bytes()` came later. */
const forms = FORMS.filter((form) => form in Response.prototype);

/** What is read, as text. */
async function textOf(value: unknown): Promise<string> {
  if (typeof value === 'string') return value;
  if (value instanceof Blob) return value.text();
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return Buffer.from(value as Uint8Array).toString();
  return JSON.stringify(value);
}

describe('text is UTF-8, whatever the type says:', () => {
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
  for (const [what, body, text] of [
    ['UTF-8', bytes('\xe4\xb8\x89\xe6\x9d\x91'), '三村'],
    ['UTF-8 with a byte order mark, which is no part of it', bytes('\xef\xbb\xbf\xe4\xb8\x89\xe6\x9d\x91'), '三村'],
    ['two marks, of which the second is', bytes('\xef\xbb\xbf\xef\xbb\xbfa'), '﻿a'],
    ['UTF-16BE with a mark', bytes('\xfe\xff\x4e\x09'), '��N\t'],
    ['UTF-16LE with a mark', bytes('\xff\xfe\x09\x4e'), '��\tN'],
    ['bytes that are none', bytes('a\xffb\xc3'), 'a�b�'],
    ['NUL', bytes('a\0b'), 'a\0b'],
    ['nothing', bytes(''), ''],
  ] as const) {
    for (const charset of ['utf-8', 'utf-16', 'windows-1252']) {
      test(`${what}, as ${charset}`, onLoopback(async (net) => {
        assert.equal(await (await responseOf(net, body, `Content-Type: text/plain;charset=${charset}`)).text(), text);
      }));
    }
  }
});

describe('JSON', () => {
  for (const [body, value] of [['null', null], ['1', 1], ['true', true], ['"string"', 'string'], ['[1,[2]]', [1, [2]]], [' {"a": 1}\n', { a: 1 }], ['{"__proto__":{"a":1},"a":2,"a":3}', JSON.parse('{"__proto__":{"a":1},"a":3}') as object], ['\xef\xbb\xbf"mark"', 'mark']] as const) {
    test(`${JSON.stringify(body)} is read`, onLoopback(async (net) => {
      assert.deepEqual(await (await responseOf(net, Buffer.from(body, 'latin1'))).json(), value);
    }));
  }

  for (const body of ['', 'undefined', '{', 'a', '[', "{'a':1}", '\xff\xfe1\0', '\0']) {
    test(`${JSON.stringify(body)} is a SyntaxError, and the body is used`, onLoopback(async (net) => {
      const response = await responseOf(net, Buffer.from(body, 'latin1'));
      await assert.rejects(response.json(), SyntaxError);
      assert.equal(response.bodyUsed, true);
      await assert.rejects(response.text(), TypeError);
    }));
  }
});

describe('the type of a Blob is the MIME type of the response', () => {
  for (const [fields, type] of [
    [[], ''],
    [['text/plain'], 'text/plain'],
    [['Text/HTML'], 'text/html'],
    [['text/plain; charset=utf-8'], 'text/plain;charset=utf-8'],
    [['text/plain;Charset="utf-8"'], 'text/plain;charset=utf-8'],
    [['no type'], ''],
    [[''], ''],
    [['text/plain', 'text/html'], 'text/html'],
    [['text/html;charset=gbk', 'text/html'], 'text/html;charset=gbk'],
    [['text/html', 'no type'], 'text/html'],
    [['text/html;charset=gbk', '*/*', 'text/html'], 'text/html;charset=gbk'],
  ] as const) {
    test(`${JSON.stringify(fields)}: ${JSON.stringify(type)}`, onLoopback(async (net) => {
      const blob = await (await responseOf(net, BODY, ...fields.map((value) => `Content-Type: ${value}`))).blob();
      assert.deepEqual([blob.type, await blob.text()], [type, BODY]);
    }));
  }
});

describe('a form', () => {
  const multipart = (...parts: string[]): string => `${parts.map((part) => `--x\r\n${part}\r\n`).join('')}--x--\r\n`;
  const FORM = 'application/x-www-form-urlencoded';
  for (const [what, type, body, entries] of [
    ['urlencoded', FORM, 'a=1&b=%C3%A4+c&a=2', [['a', '1'], ['b', 'ä c'], ['a', '2']]],
    ['urlencoded with a charset', `${FORM};charset=UTF-8`, 'a=1', [['a', '1']]],
    ['urlencoded and empty', FORM, '', []],
    ['multipart', 'multipart/form-data; boundary=x', multipart('Content-Disposition: form-data; name="a"\r\n\r\n1', 'Content-Disposition: form-data; name="b"\r\n\r\nä'), [['a', '1'], ['b', 'ä']]],
    ['multipart with other letters in the names of fields', 'multipart/form-data; boundary=x', multipart('content-DISPOSITION: form-data; name="a"\r\n\r\n1'), [['a', '1']]],
    ['multipart with a quoted boundary', 'multipart/form-data; boundary="x"', multipart('Content-Disposition: form-data; name="a"\r\n\r\n1'), [['a', '1']]],
  ] as const) {
    test(`${what} is read`, onLoopback(async (net) => {
      const form = (await readAs(await responseOf(net, body, `Content-Type: ${type}`), 'formData')) as FormData;
      assert.ok(form instanceof FormData);
      assert.deepEqual([...form], entries);
    }));
  }

  test('multipart with a file is read', onLoopback(async (net) => {
    const body = multipart('Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: a/b\r\n\r\ncontent');
    const file = ((await readAs(await responseOf(net, body, 'Content-Type: multipart/form-data; boundary=x'), 'formData')) as FormData).get('file');
    assert.ok(file instanceof File);
    assert.deepEqual([file.name, file.type, await file.text()], ['a.txt', 'a/b', 'content']);
  }));

  for (const [what, fields, body] of [
    ['without a type', [], 'a=b'],
    ['of another type', ['Content-Type: text/plain'], 'a=b'],
    ['of JSON', ['Content-Type: application/json'], '{}'],
    ['multipart without a boundary', ['Content-Type: multipart/form-data'], multipart('Content-Disposition: form-data; name="a"\r\n\r\n1')],
    ['multipart and empty', ['Content-Type: multipart/form-data; boundary=x'], ''],
    ['multipart that is something else', ['Content-Type: multipart/form-data; boundary=x'], 'a=b'],
    ['multipart that is cut', ['Content-Type: multipart/form-data; boundary=x'], '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'],
  ] as const) {
    test(`${what} is a TypeError`, onLoopback(async (net) => {
      await assert.rejects(readAs(await responseOf(net, body, ...fields), 'formData'), TypeError);
    }));
  }
});

describe('bytes', () => {
  test('are an ArrayBuffer or a Uint8Array of their own', onLoopback(async (net) => {
    const buffer = await (await responseOf(net, BODY)).arrayBuffer();
    assert.ok(buffer instanceof ArrayBuffer);
    assert.equal(Buffer.from(buffer).toString(), BODY);
    structuredClone(buffer, { transfer: [buffer] });
    assert.equal(buffer.byteLength, 0);
  }));

  test('bytes() is a Uint8Array', { skip: 'bytes' in Response.prototype ? false : 'this Node has no bytes()' }, onLoopback(async (net) => {
    const bytes = (await readAs(await responseOf(net, BODY), 'bytes')) as Uint8Array;
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
    assert.deepEqual([bytes.byteLength, bytes.buffer.byteLength, Buffer.from(bytes).toString()], [10, 10, BODY]);
  }));

  for (const [form, size] of [['arrayBuffer', (value: unknown) => (value as ArrayBuffer).byteLength], ['blob', (value: unknown) => (value as Blob).size], ['text', (value: unknown) => (value as string).length]] as const) {
    test(`an empty body is empty as ${form}`, onLoopback(async (net) => {
      assert.equal(size(await readAs(await responseOf(net, ''), form)), 0);
    }));
  }
});

describe('a body that is', () => {
  const typed = (net: Parameters<typeof responseOf>[0], form: string): Promise<Response> => (form === 'formData' ? responseOf(net, 'a=b', 'Content-Type: application/x-www-form-urlencoded') : responseOf(net, BODY));

  for (const form of forms) {
    test(`asked for as a stream and not touched can be read as ${form}`, onLoopback(async (net) => {
      const response = await typed(net, form);
      assert.equal(response.body!.locked, false);
      const value = await readAs(response, form);
      if (form !== 'formData') assert.equal(form === 'json' ? JSON.stringify(value) : await textOf(value), BODY);
      assert.equal(response.bodyUsed, true);
    }));

    test(`locked is a TypeError as ${form}`, onLoopback(async (net) => {
      const response = await typed(net, form);
      const reader = response.body!.getReader();
      await assert.rejects(readAs(response, form), TypeError);
      assert.equal(response.bodyUsed, false);
      await reader.cancel();
    }));

    test(`read is a TypeError as ${form}`, onLoopback(async (net) => {
      const response = await typed(net, form);
      const reader = response.body!.getReader();
      await reader.read();
      reader.releaseLock();
      assert.equal(response.bodyUsed, true);
      await assert.rejects(readAs(response, form), TypeError);
      await response.body!.cancel();
    }));

    test(`cancelled is a TypeError as ${form}`, onLoopback(async (net) => {
      const response = await typed(net, form);
      await response.body!.cancel();
      assert.equal(response.bodyUsed, true);
      await assert.rejects(readAs(response, form), TypeError);
    }));

    test(`being read as ${form} is locked and used at once, and stays so`, onLoopback(async (net) => {
      const response = await typed(net, form);
      const pending = readAs(response, form);
      assert.equal(response.bodyUsed, true);
      assert.ok(response.body instanceof ReadableStream);
      assert.equal(response.body.locked, true);
      assert.throws(() => response.body!.getReader(), TypeError);
      assert.throws(() => response.clone(), TypeError);
      await assert.rejects(response.body.cancel(), TypeError);
      await assert.rejects(readAs(response, form), TypeError);
      await pending;
      assert.equal(response.body.locked, true);
    }));

    test(`being read as ${form} is locked for one who asked for the stream before`, onLoopback(async (net) => {
      const response = await typed(net, form);
      const { body } = response;
      const pending = readAs(response, form);
      assert.throws(() => body!.getReader(), TypeError);
      await pending;
      assert.deepEqual([body!.locked, response.bodyUsed], [true, true]);
    }));
  }
});
