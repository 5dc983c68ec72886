/** Owns how a dump that people have becomes lines: its encoding, and the logs, quotes and pages that it was copied from. */

/** In a log of JSON objects, the fields with the program's output. Those of the first kind are pieces of it: they have line ends of their own. */
const PIECES = ['log', 'Output'];
const LINES = ['message', 'msg', 'MESSAGE', 'textPayload', 'line', 'stack', 'stacktrace', 'stack_trace', 'goroutines', 'error', 'err', '_raw', '@message', 'text', 'body'];
/** What a dump has somewhere. */
const MARK = /goroutine \d+ .{0,100}?\[[^\]]{1,300}\]|\w+ profile: total \d|\d+ @ 0x[0-9a-f]/;
/** A dump in one line, in a string with escapes: each of its line ends is a backslash and an n. */
const ESCAPED = /(?:goroutine \d+ [^\\]{0,300}\]:?|total \d+|@(?: 0x[0-9a-f]+)+) *(\\+)n/;
const ENTITY = /&(?:#(\d{1,6})|#x([0-9a-fA-F]{1,5})|(lt|gt|amp|quot|apos|nbsp));/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };
 
const ANSI = /\u001b\[[0-9;:?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;

/** The text of a file: UTF-8, or UTF-16 as Windows' shells write it, with or without a byte order mark. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** Whether the bytes are text in UTF-16: of Latin letters, every other byte is 0. */
export function isUtf16(bytes: Uint8Array): boolean {
  return encodingOf(bytes) !== 'utf-8';
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 64);
  if (head.length < 8) return 'utf-8';
  const zeros = (from: number): boolean => head.every((byte, index) => (byte === 0) === (index % 2 === from));
  return zeros(1) ? 'utf-16le' : zeros(0) ? 'utf-16be' : 'utf-8';
}

/**
 * The lines as the Go program wrote them, as far as their wrapping is known: from
 * logs of JSON (Docker, `go test -json`, zap, Cloud Logging), from one escaped line,
 * from HTML. What stands before each line is not removed here.
 */
export function* linesOf(text: string): Generator<string, void> {
  const streams = new Map<string, string>();
  for (const line of text.split(/\r\n|\n|\r/)) {
    const record = recordOf(line);
    if (record === null) {
      yield* plain(line);
      continue;
    }
    // The packages of `go test -json` write at the same time: each has a dump of its own.
    streams.set(record.stream, (streams.get(record.stream) ?? '') + record.text);
  }
  for (const stream of streams.values()) for (const line of stream.split(/\r?\n/)) yield* plain(line);
}

function* plain(line: string): Generator<string, void> {
  const bare = line.includes('\u001b') ? line.replace(ANSI, '') : line;
  const unescaped = bare.includes('&') ? bare.replace(ENTITY, entity) : bare;
  const escape = unescaped.includes('\\n') ? ESCAPED.exec(unescaped) : null;
  if (escape === null) {
    yield unescaped;
    return;
  }
  const [, slashes] = escape;
  const inside = unescaped.replaceAll(`${slashes}n`, '\n').replaceAll(`${slashes}t`, '\t').replaceAll(`${slashes}"`, '"');
  yield* inside.split('\n');
}

function entity(all: string, decimal: string | undefined, hex: string | undefined, name: string | undefined): string {
  if (name !== undefined) return NAMED[name];
  const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
  return code >= 32 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
}

function recordOf(line: string): { stream: string; text: string } | null {
  const from = line.indexOf('{');
  // Before the object there may be a name or a time, as in `kubectl logs --timestamps`.
  if (from === -1 || from > 200 || !line.trimEnd().endsWith('}')) return null;
  if (line[from + 1] !== '"' && !/^\{\s*"/.test(line.slice(from, from + 20))) return null;
  let record: Record<string, unknown>;
  try {
    record = JSON.parse(line.slice(from)) as Record<string, unknown>;
  } catch {
    return null;
  }
  const stream = typeof record.Package === 'string' ? record.Package : '';
  for (const name of PIECES) if (typeof record[name] === 'string') return { stream, text: record[name] };
  const texts = LINES.filter((name) => typeof record[name] === 'string').map((name) => record[name] as string);
  const dump = texts.find((each) => MARK.test(each)) ?? texts[0];
  return dump === undefined ? null : { stream, text: `${dump}\n` };
}
