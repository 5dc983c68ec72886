/**
 * Owns the syntax of a heap snapshot: JSON whose parts are too large for `JSON.parse`, taken piece by piece.
 *
 * V8 writes one object: "snapshot" (a header), then arrays of whole numbers ("nodes", "edges" and others), then
 * "strings". The header comes first, for it says what the numbers are.
 */
import { NumberTable } from './number-table.js';
import { SnapshotError } from './snapshot-error.js';
import { readHeader, type SnapshotHeader } from './snapshot-header.js';
import { StringTable } from './string-table.js';

/** V8's header has a few kilobytes. */
const MAX_HEADER = 1 << 20;
const MAX_KEY = 100;

/** What comes next. */
type State = 'start' | 'key or end' | 'key' | 'colon' | 'value' | 'numbers' | 'strings' | 'string' | 'skipped' | 'after value' | 'end';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The parts of a snapshot, complete once `end()` has returned. */
export interface SnapshotParts {
  readonly header: SnapshotHeader;
  readonly nodes: NumberTable;
  readonly edges: NumberTable;
  readonly locations: NumberTable | null;
  readonly strings: StringTable;
}

export class SnapshotScanner {
  private state: State = 'start';
  /** Bytes before the piece that is being scanned. */
  private before = 0;
  private key = '';

  // A number, possibly begun in an earlier piece.
  private value = 0;
  private digits = 0;
  /** A number has come since the last comma, or the array is empty so far. */
  private awaitsNumber = true;
  private table: NumberTable | null = null;

  // A string.
  private inString = false;
  private escaped = false;
  private awaitsString = true;

  // A value that is skipped, or kept as text because it is the header.
  private depth = 0;
  private headerText: Buffer[] | null = null;
  private headerBytes = 0;

  private header: SnapshotHeader | null = null;
  private readonly tables = new Map<string, NumberTable>();
  private strings: StringTable | null = null;

  /** Takes the next bytes. */
  write(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let at = 0;
    while (at < bytes.length) at = this.step(bytes, at);
    this.before += bytes.length;
  }

  /** There are no more bytes. */
  end(): SnapshotParts {
    if (this.before === 0) throw new SnapshotError('ERR_SNAPSHOT_INPUT', 'it is empty');
    if (this.state === 'start') throw new SnapshotError('ERR_SNAPSHOT_INPUT', 'it is empty but for white space');
    const header = this.header;
    if (this.state !== 'end') {
      if (header === null) throw new SnapshotError('ERR_SNAPSHOT_TRUNCATED', `it ends within its head, after ${this.before} bytes: it is cut off, or no heap snapshot`);
      throw new SnapshotError('ERR_SNAPSHOT_TRUNCATED', `it ends within "${this.key}", after ${this.before} bytes: it is cut off. Was it still being written, or was the disk full?`);
    }
    if (header === null) throw notASnapshot('it has no "snapshot"');
    const nodes = this.tables.get('nodes');
    const edges = this.tables.get('edges');
    if (nodes === undefined || edges === undefined || this.strings === null) throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `it has no "${nodes === undefined ? 'nodes' : edges === undefined ? 'edges' : 'strings'}"`);
    return { header, nodes, edges, locations: this.tables.get('locations') ?? null, strings: this.strings };
  }

  private step(bytes: Buffer, at: number): number {
    switch (this.state) {
      case 'numbers':
        return this.scanNumbers(bytes, at);
      case 'strings':
        return this.scanStrings(bytes, at);
      case 'string':
        return this.scanKey(bytes, at);
      case 'skipped':
        return this.skipValue(bytes, at);
      case 'start':
      case 'key or end':
      case 'key':
      case 'colon':
      case 'value':
      case 'after value':
      case 'end':
        return this.between(bytes, at);
    }
  }

  /** Punctuation between the parts. */
  private between(bytes: Buffer, at: number): number {
    const char = bytes[at];
    if (isSpace(char)) return at + 1;
    switch (this.state) {
      case 'start':
        if (char !== OPEN_BRACE) throw notASnapshot(describeStart(bytes, at));
        this.state = 'key or end';
        return at + 1;
      case 'key or end':
      case 'key':
        if (char === CLOSE_BRACE && this.state === 'key or end') {
          this.state = 'end';
          return at + 1;
        }
        if (char !== QUOTE) throw this.unexpected(char, at, 'a name in quotes');
        this.key = '';
        this.state = 'string';
        return at + 1;
      case 'colon':
        if (char !== COLON) throw this.unexpected(char, at, 'a colon');
        this.state = 'value';
        return at + 1;
      case 'value':
        return this.beginValue(char, at) ? at + 1 : at;
      case 'after value':
        if (char === COMMA) this.state = 'key';
        else if (char === CLOSE_BRACE) this.state = 'end';
        else throw this.unexpected(char, at, 'a comma');
        return at + 1;
      default:
        throw this.unexpected(char, at, 'its end');
    }
  }

  private scanKey(bytes: Buffer, at: number): number {
    const quote = bytes.indexOf(QUOTE, at);
    const end = quote === -1 ? bytes.length : quote;
    this.key += bytes.toString('latin1', at, end);
    if (this.key.length > MAX_KEY || this.key.includes('\\')) throw notASnapshot('it is JSON of another kind');
    if (quote === -1) return end;
    this.state = 'colon';
    return quote + 1;
  }

  /** Whether the character has been used. */
  private beginValue(char: number, at: number): boolean {
    const { key, header } = this;
    if (header === null) {
      if (key !== 'snapshot' || char !== OPEN_BRACE) throw notASnapshot(describeKey(key));
      this.headerText = [];
    } else if (key === 'snapshot' || this.tables.has(key) || (key === 'strings' && this.strings !== null)) {
      throw this.malformed(`"${key}" comes twice`);
    }
    if (header !== null && (key === 'nodes' || key === 'edges' || key === 'locations')) {
      if (char !== OPEN_BRACKET) throw this.unexpected(char, at, `the numbers of "${key}"`);
      this.table = tableOf(key, header);
      this.tables.set(key, this.table);
      this.awaitsNumber = true;
      this.state = 'numbers';
      return true;
    }
    if (header !== null && key === 'strings') {
      if (char !== OPEN_BRACKET) throw this.unexpected(char, at, 'the strings');
      this.strings = new StringTable();
      this.awaitsString = true;
      this.state = 'strings';
      return true;
    }
    this.depth = 0;
    this.state = 'skipped';
    return false;
  }

  /** Numbers with commas between them: nearly all bytes of a snapshot. */
  private scanNumbers(bytes: Buffer, at: number): number {
    const table = this.table!;
    let { value, digits } = this;
    for (; at < bytes.length; at++) {
      const char = bytes[at];
      const digit = char - 0x30;
      if (digit >= 0 && digit <= 9) {
        if (digits > 0 && !this.awaitsNumber) throw this.unexpected(char, at, 'a comma');
        value = value * 10 + digit;
        if (++digits > 15) throw this.malformed(`a number of "${this.key}" has more than 15 digits`, at);
      } else if (char === COMMA) {
        if (digits === 0) throw this.unexpected(char, at, 'a whole number');
        table.push(value);
        value = digits = 0;
        this.awaitsNumber = true;
      } else if (isSpace(char)) {
        if (digits > 0) this.awaitsNumber = false;
      } else if (char === CLOSE_BRACKET) {
        if (digits > 0) table.push(value);
        else if (table.rows > 0 || table.midRow) throw this.unexpected(char, at, 'a whole number');
        this.value = this.digits = 0;
        if (table.midRow) throw this.malformed(`the numbers of "${this.key}" are no multiple of ${table.width}`, at);
        this.state = 'after value';
        return at + 1;
      } else {
        throw this.unexpected(char, at, 'a whole number');
      }
    }
    this.value = value;
    this.digits = digits;
    return at;
  }

  private scanStrings(bytes: Buffer, at: number): number {
    const strings = this.strings!;
    if (this.inString) return this.scanString(strings, bytes, at);
    const char = bytes[at];
    if (isSpace(char)) return at + 1;
    if (this.awaitsString && char === QUOTE) {
      this.awaitsString = false;
      this.inString = true;
    } else if (!this.awaitsString && char === COMMA) {
      this.awaitsString = true;
    } else if (char === CLOSE_BRACKET && (!this.awaitsString || strings.count === 0)) {
      this.state = 'after value';
    } else {
      throw this.unexpected(char, at, 'a string');
    }
    return at + 1;
  }

  private scanString(strings: StringTable, bytes: Buffer, start: number): number {
    let at = start;
    for (; at < bytes.length; at++) {
      const char = bytes[at];
      if (this.escaped) this.escaped = false;
      else if (char === BACKSLASH) this.escaped = true;
      else if (char === QUOTE) {
        strings.append(bytes, start, at);
        strings.endString();
        this.inString = false;
        return at + 1;
      } else if (char < 0x20) throw this.unexpected(char, at, 'the end of a string');
    }
    strings.append(bytes, start, at);
    return at;
  }

  /** A value that nothing is wanted of, but for the header, of which all is. */
  private skipValue(bytes: Buffer, start: number): number {
    let at = start;
    for (; at < bytes.length; at++) {
      const char = bytes[at];
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (char === BACKSLASH) this.escaped = true;
        else if (char === QUOTE) this.inString = false;
      } else if (char === QUOTE) {
        this.inString = true;
      } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
        this.depth++;
      } else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
        // The end of the whole object, behind a value without brackets.
        if (this.depth === 0) break;
        this.depth--;
        if (this.depth === 0 && this.headerText !== null) {
          this.keepHeader(bytes, start, at + 1);
          this.readHeader(this.headerText);
          this.state = 'after value';
          return at + 1;
        }
      } else if (char === COMMA && this.depth === 0) {
        break;
      }
    }
    if (at === bytes.length) this.keepHeader(bytes, start, at);
    else this.state = 'after value';
    return at;
  }

  private keepHeader(bytes: Buffer, start: number, end: number): void {
    if (this.headerText === null) return;
    this.headerBytes += end - start;
    if (this.headerBytes > MAX_HEADER) throw notASnapshot(`its header has more than ${MAX_HEADER} bytes`);
    this.headerText.push(Buffer.from(bytes.subarray(start, end)));
  }

  private readHeader(text: readonly Buffer[]): void {
    let json: unknown;
    try {
      json = JSON.parse(Buffer.concat(text).toString());
    } catch (cause) {
      throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `its header is no JSON: ${(cause as Error).message}`, { cause });
    }
    this.header = readHeader(json);
    this.headerText = null;
  }

  private unexpected(char: number, at: number, wanted: string): SnapshotError {
    const shown = char > 0x20 && char < 0x7f ? `"${String.fromCharCode(char)}"` : `byte ${char}`;
    if (this.header === null) return notASnapshot(`at byte ${this.before + at} is ${shown} instead of ${wanted}`);
    return this.malformed(`${shown} instead of ${wanted}`, at);
  }

  private malformed(what: string, at?: number): SnapshotError {
    return new SnapshotError('ERR_SNAPSHOT_MALFORMED', `it is damaged in "${this.key}"${at === undefined ? '' : `, at byte ${this.before + at}`}: ${what}`);
  }
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09;
}

function tableOf(key: 'nodes' | 'edges' | 'locations', header: SnapshotHeader): NumberTable {
  switch (key) {
    case 'nodes':
      return new NumberTable(
        'nodes',
        header.nodeFields,
        [
          { name: 'type', bytes: 1 },
          { name: 'name', bytes: 4 },
          { name: 'id', bytes: 4 },
          { name: 'self_size', bytes: 4, clamp: true },
          { name: 'edge_count', bytes: 4 },
        ],
        header.nodeCount,
      );
    case 'edges':
      return new NumberTable(
        'edges',
        header.edgeFields,
        [
          { name: 'type', bytes: 1 },
          { name: 'name_or_index', bytes: 4, clamp: true },
          { name: 'to_node', bytes: 4 },
        ],
        header.edgeCount,
      );
    case 'locations':
      return new NumberTable(
        'locations',
        header.locationFields,
        ['object_index', 'script_id', 'line', 'column'].map((name) => ({ name, bytes: 4, clamp: name !== 'object_index' })),
        -1,
      );
  }
}

function notASnapshot(why: string): SnapshotError {
  return new SnapshotError('ERR_SNAPSHOT_INPUT', `it is no heap snapshot: ${why}`);
}

/** What a file that does not begin with `{` may be. */
function describeStart(bytes: Buffer, at: number): string {
  if (bytes[at] === OPEN_BRACKET) return 'it is a JSON array, such as a trace of events or a heap timeline has';
  return 'it is not JSON';
}

/** What a file with another first name may be. */
function describeKey(key: string): string {
  switch (key) {
    case 'nodes':
    case 'startTime':
    case 'endTime':
      return 'it looks like a CPU profile (.cpuprofile)';
    case 'head':
      return 'it looks like a sampling heap profile (.heapprofile), which has no objects. A snapshot is taken with --heapsnapshot-signal or v8.writeHeapSnapshot()';
    case 'header':
      return 'it looks like a diagnostic report of Node';
    case 'traceEvents':
      return 'it looks like a trace of Chrome';
    default:
      return 'it is JSON of another kind';
  }
}
