/** Owns what a program wrote, within the records of a log: objects of JSON, the rows of a CSV file, logfmt. */

/** The fields with the program's output. Those of the first kind are pieces of it: they have line ends of their own. */
const PIECES = ['log', 'Output'];
const LINES = ['message', 'msg', 'MESSAGE', 'textPayload', 'line', 'stack', 'stacktrace', 'stack_trace', 'goroutines', 'error', 'err', '_raw', '@message', 'text', 'body', 'content', 'Message', 'Line'];
/** What a dump has somewhere. */
const MARK = /goroutine \d+ .{0,100}?\[[^\]]{1,300}\]|\w+ profile: total \d|\d+ @ 0x[0-9a-f]/;
/** Objects within objects are followed no deeper. */
const MAX_DEPTH = 12;

/** What one record says, with line ends of its own. */
export interface LogRecord {
  /** Records of one stream are one text. */
  readonly stream: string;
  readonly text: string;
}

/** The record that a line is; null if it is none. */
export function recordOf(line: string): LogRecord | null {
  return fromJson(line) ?? fromLogfmt(line);
}

function fromJson(line: string): LogRecord | null {
  const from = line.indexOf('{');
  // Before the object there may be a name or a time, as in `kubectl logs --timestamps`.
  if (from === -1 || from > 200 || !line.trimEnd().endsWith('}')) return null;
  if (line[from + 1] !== '"' && !/^\{\s*"/.test(line.slice(from, from + 20))) return null;
  const value = parsed(line.slice(from));
  if (typeof value !== 'object' || value === null) return null;
  const stream = 'Package' in value && typeof value.Package === 'string' ? value.Package : '';
  const text = [...textsOf(value)].join('');
  return text === '' ? null : { stream, text };
}

/** Where a whole text is one document of JSON, as logs are exported from a console: what its records say, one after the other; else null. */
export function documentOf(text: string): string | null {
  if (!/^\s*[[{]/.test(text)) return null;
  const value = parsed(text);
  return value === undefined ? null : [...textsOf(value)].join('');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Of an object, the field that has the output; where it has none, those of the objects within. */
function* textsOf(value: unknown, depth = 0): Generator<string, void> {
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
  const record = value as Record<string, unknown>;
  const piece = PIECES.find((name) => typeof record[name] === 'string');
  if (piece !== undefined) {
    yield record[piece] as string;
    return;
  }
  const texts = LINES.filter((name) => typeof record[name] === 'string').map((name) => record[name] as string);
  const dump = texts.find((each) => MARK.test(each)) ?? texts[0];
  if (dump === undefined) for (const inner of Object.values(record)) yield* textsOf(inner, depth + 1);
  else yield `${dump}\n`;
}

/** A name of a pair, and of its value the quotation mark or, where there is none, all. Values in quotes have megabytes: no pattern goes over them. */
const PAIR = /([\w.@-]+)=(?:(")|([^\s"]\S*)|)/y;
const SAYS = new Set(['msg', 'message', 'line', 'log', 'error', 'err', 'stack']);

/** A line of pairs, one of which has the output: `time=… level=INFO msg="main.main()"`. */
function fromLogfmt(line: string): LogRecord | null {
  let at = 0;
  while (at < line.length) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(line);
    if (pair === null) return null;
    const [all, name, quote, bare = ''] = pair;
    const begin = at + all.length;
    const end = quote === undefined ? begin : quotedEnd(line, begin);
    if (end === -1) return null;
    if (SAYS.has(name)) return { stream: '', text: `${quote === undefined ? bare : unescaped(line.slice(begin, end), '\\')}\n` };
    at = quote === undefined ? begin : end + 1;
    if (line[at] !== ' ') return null;
    at++;
  }
  return null;
}

/** Where the quotation mark is that ends a string with escapes; -1: nowhere. */
function quotedEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

const SIGNS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', "'": "'", '/': '/', '\\': '\\' };

/** A string of Go, JSON or JavaScript without its escapes. @param slashes  what an escape begins with: in a string within a string, several backslashes */
export function unescaped(text: string, slashes: string): string {
  const escape = new RegExp(`${slashes.replaceAll('\\', '\\\\')}(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(${slashes.replaceAll('\\', '\\\\')}|[ntrbf"'/]))`, 'g');
  return text.replace(escape, (_all, wide: string | undefined, narrow: string | undefined, sign: string | undefined) => {
    if (sign !== undefined) return SIGNS[sign] ?? '\\';
    const code = Number.parseInt((wide ?? narrow)!, 16);
    return code >= 32 || code === 9 || code === 10 ? String.fromCharCode(code) : '';
  });
}

/** The names in the first line of a CSV file. */
const NAMES = /^\ufeff?"?[@_a-z][\w @.-]{0,40}"?(?:([,;\t])"?[@_a-z][\w @.-]{0,40}"?)+$/i;

/** Where a text is a CSV file with a column for the output: what its rows say; else null. */
export function columnOf(text: string): string | null {
  const first = /^[^\r\n]{0,4000}/.exec(text)![0];
  const separator = NAMES.exec(first)?.[1];
  if (separator === undefined) return null;
  const names = first.replace('\ufeff', '').split(separator).map((name) => name.trim().replaceAll('"', ''));
  const at = names.findIndex((name) => [...LINES, ...PIECES].includes(name.toLowerCase()));
  if (at === -1) return null;
  let column = '';
  let rows = 0;
  for (const fields of rowsOf(text, separator)) {
    // What is between here is the columns' names.
    if (rows++ > 0) column += `${fields[at] ?? ''}\n`;
  }
  return column;
}

function* rowsOf(text: string, separator: string): Generator<string[], void> {
  const ends = new RegExp(`${separator}|\\r?\\n|\\r|$`, 'g');
  let fields: string[] = [];
  for (let at = 0; at < text.length; ) {
    let field = '';
    if (text[at] === '"') {
      const end = cellEnd(text, at + 1);
      field = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    }
    ends.lastIndex = at;
    const { index, 0: end } = ends.exec(text) ?? { index: text.length, 0: '' };
    fields.push(field + text.slice(at, index));
    at = index + end.length;
    if (end === separator) continue;
    yield fields;
    fields = [];
  }
  if (fields.length > 0) yield fields;
}

/** Where the quotation mark is that ends a cell, in which one that is meant stands twice; of a file that was cut, its end. */
function cellEnd(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end !== -1; end = text.indexOf('"', end + 2)) if (text[end + 1] !== '"') return end;
  return text.length;
}
