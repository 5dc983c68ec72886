/** Owns header fields: the WHATWG `Headers` interface over fields that keep their order and spelling. */
import { HTAB, SP, TEXT, TOKEN } from './bytes.js';
import { ProtocolError, RequestError, show } from './error.js';
import { INSPECT, inspectAs, shownValue, type Inspect } from './inspection.js';
import { isSingle } from './single-field.js';

/** What `Headers` can be made of: pairs (an array, a `Map`, any `Headers`) or a record; a record's value may be a list. */
export type HeadersInit = Iterable<readonly [string, string]> | Iterable<readonly string[]> | Readonly<Record<string, string | number | readonly string[]>>;

interface Field {
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

/**
 * Header fields. Names are compared without regard to letter case; `__proto__`
 * and `constructor` are names like any other. Each character of a value is one
 * byte, U+00FF at most. The fields of a response are parsed at the first use.
 */
export class Headers implements Iterable<[string, string]> {
  private fields: Field[] | null;

  /** @throws RequestError (`ERR_INVALID_HEADER`) for a name that is no token or a value that can't be sent. */
  constructor(init?: HeadersInit | null) {
    this.fields = [];
    if (init !== undefined && init !== null) this.fill(init);
  }

  /** @internal The fields of a parsed head or trailer section: lines of `name: value` from `from` on. */
  static parsed(text: string, from: number): Headers {
    const headers = new Headers();
    if (from < text.length) {
      headers.fields = null;
      headers.text = text;
      headers.from = from;
    }
    return headers;
  }
  private text = '';
  private from = 0;
  /** @internal Checked once, used for many requests, and so never changed: heads made with it may be kept. */
  readonly shared: boolean = false;

  /** @internal Fields that many requests have in common. None may be one that frames the message. */
  static sharedOf(init: HeadersInit): Headers {
    const headers = new Headers(init);
    (headers as { shared: boolean }).shared = true;
    return headers;
  }

  /** A copy of the fields, `[name, value]`, in their order and spelling. */
  get raw(): [name: string, value: string][] {
    return this.list().map(({ name, value }) => [name, value]);
  }

  /**
   * All values of the name, joined by `, `; null if there is none. A field that
   * has one value by its definition, such as Content-Type, and comes more than
   * once with the same one is read as one; different values are joined, so that
   * none is lost (`getSingle` refuses them).
   */
  get(name: string): string | null {
    const lower = name.toLowerCase();
    let found: string | null = null;
    let first: string | null = null;
    for (const field of this.list()) {
      if (field.lower !== lower) continue;
      if (first === null) found = first = field.value;
      else if (field.value !== first || !isSingle(lower)) found = `${found}, ${field.value}`;
    }
    return found;
  }

  /**
   * The value of a field that has one, such as Location, Content-Type or
   * Retry-After (RFC 9110 section 5.3); null if there is none. The same value
   * twice is read as one.
   *
   * @throws ProtocolError (`ERR_HEADER_FIELD`) if there are different ones.
   */
  getSingle(name: string): string | null {
    const lower = name.toLowerCase();
    let found: string | null = null;
    for (const field of this.list()) {
      if (field.lower !== lower) continue;
      if (found !== null && field.value !== found) {
        const shown = (value: string): string => show(shownValue(lower, value));
        throw new ProtocolError('ERR_HEADER_FIELD', `there are two different ${field.name} fields, ${shown(found)} and ${shown(field.value)}; the field has one value (RFC 9110 section 5.3)`);
      }
      found = field.value;
    }
    return found;
  }

  /** Whether there is a field of the name. */
  has(name: string): boolean {
    const lower = name.toLowerCase();
    return this.list().some((field) => field.lower === lower);
  }

  /** The values of all `Set-Cookie` fields: the only name whose values can't be joined. */
  getSetCookie(): string[] {
    return this.list().filter((field) => field.lower === 'set-cookie').map((field) => field.value);
  }

  /**
   * Adds a field. A further Cookie goes into the one there is, separated by `; `:
   * a request has one such field (RFC 6265 section 5.4).
   *
   * @throws RequestError for a name or value that can't be sent.
   */
  append(name: string, value: string): void {
    const list = this.list();
    const field = makeField(name, value);
    const at = field.lower === 'cookie' ? list.findIndex(({ lower }) => lower === 'cookie') : -1;
    if (at === -1) list.push(field);
    else list[at] = { ...list[at], value: `${list[at].value}; ${field.value}` };
  }

  /** Replaces all fields of the name; the first keeps its place. @throws RequestError as `append`. */
  set(name: string, value: string): void {
    const field = makeField(name, value);
    const list = this.list();
    const at = list.findIndex(({ lower }) => lower === field.lower);
    if (at === -1) list.push(field);
    else this.fields = list.filter(({ lower }, i) => i === at || lower !== field.lower).map((old, i) => (i === at ? field : old));
  }

  /** Removes all fields of the name. */
  delete(name: string): void {
    const lower = name.toLowerCase();
    this.fields = this.list().filter((field) => field.lower !== lower);
  }

  /** Calls `callback` with each pair of `entries()`. */
  forEach(callback: (value: string, name: string, headers: this) => void, thisArg?: unknown): void {
    for (const [name, value] of this) callback.call(thisArg, value, name, this);
  }

  /** Pairs in the form of WHATWG Fetch: names in lower case and sorted, the values of a name joined, except those of `set-cookie`. */
  *entries(): IterableIterator<[string, string]> {
    const names = [...new Set(this.list().map((field) => field.lower))].sort();
    for (const name of names) {
      if (name === 'set-cookie') for (const value of this.getSetCookie()) yield [name, value];
      else yield [name, this.get(name) ?? ''];
    }
  }

  /** The names of `entries()`. */
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  /** The values of `entries()`. */
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  get [Symbol.toStringTag](): string {
    return 'Headers';
  }

  /** What `console.log` and `util.inspect` show. */
  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    return inspectAs('Headers', Object.fromEntries([...this].map(([name, value]) => [name, shownValue(name, value)])), options, inspect);
  }

  private list(): Field[] {
    return (this.fields ??= parseFields(this.text, this.from));
  }

  private fill(init: HeadersInit): void {
    // A text may be a whole field, a credential with it.
    if (typeof init !== 'object') throw new RequestError('ERR_INVALID_HEADER', `headers are a Headers object, pairs or a record, not ${typeof init === 'string' ? 'a string' : show(init)}`);
    if (init instanceof Headers) {
      for (const { name, value } of init.list()) this.append(name, value);
    } else if (Symbol.iterator in init) {
      for (const pair of init as Iterable<readonly unknown[]>) {
        if (typeof pair !== 'object' || !Array.isArray(pair) || pair.length !== 2) throw new RequestError('ERR_INVALID_HEADER', 'headers given as a list are pairs of a name and a value');
        this.append(pair[0] as string, pair[1] as string);
      }
    } else {
      for (const name of Object.keys(init)) {
        const value: unknown = init[name];
        if (Array.isArray(value)) for (const one of value) this.append(name, one as string);
        else this.append(name, value as string);
      }
    }
  }
}

function makeField(name: unknown, value: unknown): Field {
  if (typeof name !== 'string' || !isToken(name)) {
    throw new RequestError('ERR_INVALID_HEADER', `${shownName(name)} is not a header name: it is made of letters, digits and !#$%&'*+-.^_\`|~ (RFC 9110 section 5.1)`);
  }
  // Coerced once: what is checked is what is sent, whatever a toString() says the second time.
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new RequestError('ERR_INVALID_HEADER', `the value of the header ${show(name)} is a string, not ${value === null ? 'null' : typeof value}; leave the header out or convert it`);
  }
  const text = trimOws(String(value));
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || TEXT[code] !== 1) {
      // The value may be a secret: only the offending character is shown.
      throw new RequestError('ERR_INVALID_HEADER', `the value of the header ${show(name)} holds the character U+${code.toString(16).toUpperCase().padStart(4, '0')} at ${i}, which can't be sent (RFC 9110 section 5.5)`);
    }
  }
  return { name, lower: name.toLowerCase(), value: text };
}

/** What is no name may be a whole field: it is shown up to the first character that no name has. */
function shownName(name: unknown): string {
  if (typeof name !== 'string') return show(name);
  let end = 0;
  while (end < name.length && isToken(name[end])) end++;
  return show(end + 1 < name.length ? `${name.slice(0, end + 1)}…` : name);
}

/** Whether `text` is a token (RFC 9110 section 5.6.2). */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || TOKEN[code] !== 1) return false;
  }
  return text.length > 0;
}

function trimOws(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (end > start && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isOws(code: number): boolean {
  return code === SP || code === HTAB;
}

function parseFields(text: string, from: number): Field[] {
  const fields: Field[] = [];
  for (let start = from; start < text.length; ) {
    let end = text.indexOf('\r\n', start);
    if (end === -1) end = text.length;
    const colon = text.indexOf(':', start);
    const name = text.slice(start, colon);
    fields.push({ name, lower: name.toLowerCase(), value: trimOws(text.slice(colon + 1, end)) });
    start = end + 2;
  }
  return fields;
}
