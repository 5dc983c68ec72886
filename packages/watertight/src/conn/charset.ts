/** Owns the character encoding of a body: what its Content-Type says, and the text that its bytes are. */
// Not the global of that name: a test's document (jsdom) has none.
import { TextDecoder } from 'node:util';

const utf8 = new TextDecoder();

/** Whether a head may name a charset at all: most name none, or UTF-8, and their fields need not be parsed. */
const NAMED = /charset/i;

/** The parameter as in RFC 9110 section 5.6.6; quoted or not, and with blanks around `=`, which some servers write. */
const PARAMETER = /;[ \t]*charset[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/i;

export function namesCharset(head: string): boolean {
  return NAMED.test(head);
}

/** The text of a body as UTF-8, or as UTF-16 if it starts with a byte order mark of that. */
export function decodeText(bytes: Uint8Array): string {
  return (markedUtf16(bytes) ?? utf8).decode(bytes);
}

/** The text of a body as its Content-Type says. A byte order mark goes before that (Encoding standard, "decode"). */
export function decodeTyped(bytes: Uint8Array, contentType: string | null): string {
  if (bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return utf8.decode(bytes);
  return (markedUtf16(bytes) ?? decoderOf(contentType)).decode(bytes);
}

/** The text of a body that is UTF-8 by its definition, whatever its Content-Type says. */
export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** What gives the text of bytes. */
interface ByteDecoder {
  decode(bytes: Uint8Array): string;
}

/** The characters of windows-1252 for the bytes 0x80 to 0x9f; the others are those of Latin-1. */
const HIGH = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Latin-1 and ASCII mean this encoding (Encoding standard). Node's own decoder gave control characters for these bytes in several versions. */
const windows1252: ByteDecoder = {
  decode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').replace(/[\x80-\x9f]/g, (char) => HIGH[char.charCodeAt(0) - 0x80]),
};

function markedUtf16(bytes: Uint8Array): ByteDecoder | null {
  if (bytes.length < 2) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le');
  return bytes[0] === 0xfe && bytes[1] === 0xff ? new TextDecoder('utf-16be') : null;
}

/** A charset that nobody knows is taken for UTF-8, which `fetch`, got and axios take every text for. */
function decoderOf(contentType: string | null): ByteDecoder {
  const match = contentType === null ? null : PARAMETER.exec(contentType);
  if (match === null) return utf8;
  const label = match[1] === undefined ? match[2] : match[1].replace(/\\(.)/g, '$1');
  try {
    const decoder = new TextDecoder(label);
    return decoder.encoding === 'windows-1252' ? windows1252 : decoder;
  } catch {
    return utf8;
  }
}
