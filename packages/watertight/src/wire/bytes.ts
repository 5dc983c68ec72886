/** Owns the byte classes of HTTP/1.1 (RFC 9110 section 5, RFC 9112) as tables, one lookup a byte. */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** 1 for `tchar` (RFC 9110 section 5.6.2): what field names and methods are made of. */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") TOKEN[char.charCodeAt(0)] = 1;

/**
 * 1 for what a field value or a reason may hold: HTAB, SP, visible ASCII and
 * obs-text. RFC 9110 section 5.5 lets a recipient keep other control bytes;
 * llhttp and Go since 1.20 refuse them, and so do we.
 */
export const TEXT: Uint8Array = new Uint8Array(256);
TEXT[HTAB] = 1;
TEXT.fill(1, 0x20, 0x7f);
TEXT.fill(1, 0x80);

/** The value of a hexadecimal digit, 255 for any other byte. */
export const HEX: Uint8Array = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i;
for (let i = 0; i < 6; i++) HEX[0x41 + i] = HEX[0x61 + i] = 10 + i;

/** Whether `bytes[start, end)` is the lower-case ASCII `word`, in any letter case. `word` holds letters and `-` only. */
export function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    // Setting bit 5 lowers a letter and leaves `-` as it is.
    if ((bytes[start + i] | 0x20) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Node's Buffer has this method; its declarations lack it. It skips the look at the encoding's name that `toString` begins with. */
export interface Latin1Bytes {
  latin1Slice(start: number, end: number): string;
}
