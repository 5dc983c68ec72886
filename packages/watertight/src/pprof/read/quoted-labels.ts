/** Owns labels as Go prints them: `{"key":"value", k: "v"}`, quoted as by `%q` or bare. */

/** Characters after a backslash that stand for themselves or one other. */
const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" };
/** \x41, é, \U0001F600: how many digits follow. */
const DIGITS: Record<string, number> = { x: 2, u: 4, U: 8 };
/** What ends a bare word. */
const BARE_END = new Set([':', ',', '}', ' ', '"', '{']);

/** The pairs in `text` from its `{` at `start` on, and the index after its `}`; null where it is not of that form. */
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
    // `\xff` is a byte that is not UTF-8; so is a code point that does not exist.
    word += (kind === 'x' && code > 0x7f) || code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
    at += 2 + digits.length;
  }
  return null;
}
