/** The charset of a text: of its byte order mark, of its Content-Type, and otherwise UTF-8. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onLoopback } from '../fixtures/loopback.js';
import { reply } from '../fixtures/raw-server.js';

const utf16 = (text: string): number[] => [...Buffer.from(text, 'utf16le')];
const swapped = (text: string): number[] => [...Buffer.from(text, 'utf16le').swap16()];
const utf8 = (text: string): number[] => [...Buffer.from(text, 'utf8')];

const CASES: [what: string, contentType: string | null, bytes: number[], text: string][] = [
  ['no Content-Type is UTF-8', null, utf8('ä€'), 'ä€'],
  ['no charset is UTF-8', 'text/html', utf8('ä€'), 'ä€'],
  ['utf-8', 'text/html; charset=utf-8', utf8('ä€'), 'ä€'],
  ['UTF8, quoted', 'text/html;charset="UTF8"', utf8('ä€'), 'ä€'],
  ['iso-8859-1 is windows-1252, as in the Encoding standard', 'text/plain; charset=iso-8859-1', [0xe4, 0x80], 'ä€'],
  ['every byte of windows-1252', 'text/plain; charset=windows-1252', Array.from({ length: 32 }, (_, i) => 0x80 + i), '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'],
  ['capitals and blanks', 'text/plain ; Charset = ISO-8859-1', [0xe4], 'ä'],
  ['an escape in quotes', 'text/plain; charset="iso\\-8859-1"', [0xe4], 'ä'],
  ['another parameter before it', 'text/plain; format=flowed; charset=windows-1251', [0xcf, 0xf0], 'Пр'],
  ['shift_jis', 'text/plain; charset=shift_jis', [0x93, 0xfa], '日'],
  ['gbk', 'text/plain; charset=gbk', [0xc4, 0xe3], '你'],
  ['utf-16', 'text/plain; charset=utf-16', utf16('ä€'), 'ä€'],
  ['utf-16be', 'text/plain; charset=utf-16be', swapped('ä€'), 'ä€'],
  ['an unknown one is UTF-8', 'text/plain; charset=martian', utf8('ä€'), 'ä€'],
  ['an empty one is UTF-8', 'text/plain; charset=', utf8('ä€'), 'ä€'],
  ['a name that only ends so is none', 'text/plain; xcharset=iso-8859-1', utf8('ä€'), 'ä€'],
  ['a byte order mark of UTF-8 goes before it', 'text/plain; charset=iso-8859-1', utf8('\ufeffä€'), 'ä€'],
  ['a byte order mark of UTF-16 goes before it', 'text/plain; charset=utf-8', utf16('\ufeffä€'), 'ä€'],
  ['a byte order mark of UTF-16, big end first, without a charset', null, swapped('\ufeffä€'), 'ä€'],
  ['malformed bytes are replaced', 'text/plain; charset=utf-8', [0x61, 0xff], 'a\ufffd'],
  ['no bytes are no text', 'text/plain; charset=utf-16', [], ''],
];

for (const [what, contentType, bytes, text] of CASES) {
  test(what, onLoopback(async (net) => {
    const fields = contentType === null ? [] : [`Content-Type: ${contentType}`];
    const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(Buffer.from(bytes), { fields })) });
    const { client } = net.client();
    assert.equal(await (await client.get(server.origin)).text(), text);
  }));
}

test('another field that says charset changes nothing', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(Buffer.from('ä'), { fields: ['Accept-Charset: iso-8859-1'] })) });
  const { client } = net.client();
  assert.equal(await (await client.get(server.origin)).text(), 'ä');
}));

test('JSON is UTF-8, whatever its Content-Type says', onLoopback(async (net) => {
  const server = await net.serve({ onRequest: ({ connection }) => connection.write(reply(Buffer.from('"ä"'), { fields: ['Content-Type: application/json; charset=iso-8859-1'] })) });
  const { client } = net.client();
  assert.equal(await (await client.get(server.origin)).json(), 'ä');
}));
