/** Owns the reading of labels as Go prints them: `{"key":"value", k: "v"}`, quoted as by `%q` or bare. */

/** The escapes of one character after a backslash. */
const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" };
/** The number of digits after `\x`, `\u` and `\U`. */
const DIGITS: Record<string, number> = { x: 2, u: 4, U: 8 };
/** The characters that end a bare word. */
const BARE_END = new Set([':', ',', '}', ' ', '"', '{']);

/** The pairs of the labels whose `{` is at `start`, and the index after their `}`; null if the text is invalid. */
export function readLabels(text: string, start: number): { pairs: [string, string][]; end: number } | null {
  if (text[start] !== '{') return null;
  const pairs: [string, string][] = [];
  let at = start + 1;
  if (text[at] === '}') return { pairs, end: at + 1 };
  for (;;) {
    const key = readWord(text, at);
    if (key === null || text[key.end] !== ':') return null;
    at = key.end + 1;
    if (text[at] === ' ') at++;
    const value = readWord(text, at);
    if (value === null) return null;
    pairs.push([key.word, value.word]);
    at = value.end;
    if (text[at] === '}') return { pairs, end: at + 1 };
    if (text[at] !== ',') return null;
    at++;
    if (text[at] === ' ') at++;
  }
}

function readWord(text: string, start: number): { word: string; end: number } | null {
  if (text[start] === '"') return readQuoted(text, start);
  let end = start;
  while (end < text.length && !BARE_END.has(text[end])) end++;
  return { word: text.slice(start, end), end };
}

function readQuoted(text: string, start: number): { word: string; end: number } | null {
  let word = '';
  let at = start + 1;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') return { word, end: at + 1 };
    if (char !== '\\') {
      let end = at + 1;
      while (end < text.length && text[end] !== '"' && text[end] !== '\\') end++;
      word += text.slice(at, end);
      at = end;
      continue;
    }
    const kind = text[at + 1] ?? '';
    const plain = ESCAPES[kind];
    if (plain !== undefined) {
      word += plain;
      at += 2;
      continue;
    }
    const digits = text.slice(at + 2, at + 2 + (DIGITS[kind] ?? 0));
    if (digits.length === 0 || digits.length !== DIGITS[kind] || !/^[0-9a-fA-F]+$/.test(digits)) return null;
    const code = Number.parseInt(digits, 16);
    // `\xff` is a byte that is not UTF-8; such a byte, or a code point that does not exist, becomes U+FFFD.
    word += (kind === 'x' && code > 0x7f) || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    at += 2 + digits.length;
  }
  return null;
}
