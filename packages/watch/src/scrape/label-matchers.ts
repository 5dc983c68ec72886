/**
 * Owns a selection of series by their labels, as PromQL writes it: `{job="api",env!~"dev|test"}`.
 *
 * It is checked before a Prometheus sees it, put into the watcher's own queries, and applied to labels here.
 * Pure.
 */

type Operator = '=' | '!=' | '=~' | '!~';

interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
  readonly holds: (value: string) => boolean;
}

/** Text that is no choice of series. The message has the text, what is wrong, and how it is written. */
export class MatcherError extends Error {
  readonly code = 'ERR_MATCHER';

  override get name(): string {
    return 'MatcherError';
  }
}

const EXAMPLE = 'write it like {job="api",env!~"dev|test"}';
const NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** Double and single quotes with Go's escapes, or backticks without any. */
const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y;
const OPERATOR = /=~|!~|!=|=/y;
const SPACE = /\s*/y;
const ESCAPE = /\\(?:([abfnrtv\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/g;
const SINGLE: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"', "'": "'" };

/** Which labels: all of them have to hold. */
export class LabelMatchers {
  /** As it goes between the braces of a query: `job="api",env!~"dev|test"`. */
  readonly text: string;

  private constructor(private readonly matchers: readonly Matcher[]) {
    this.text = matchers.map(({ name, operator, value }) => `${/^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name)}${operator}${JSON.stringify(value)}`).join(',');
  }

  /** With or without the braces. @throws MatcherError */
  static parse(text: string): LabelMatchers {
    return new LabelMatchers(new MatcherReader(text).read());
  }

  /** A label that is not there is an empty one, as in Prometheus. */
  match(labels: Readonly<Record<string, string>>): boolean {
    return this.matchers.every(({ name, holds }) => holds(Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''));
  }

  toJSON(): string {
    return this.text;
  }
}

/** One reading of a text, from left to right. */
class MatcherReader {
  private at = 0;
  private readonly end: number;

  constructor(private readonly text: string) {
    this.end = text.trimEnd().length;
  }

  read(): Matcher[] {
    this.take(SPACE);
    const braced = this.takeWord('{');
    const close = braced ? '}' : '';
    const matchers: Matcher[] = [];
    while (!this.isAt(close)) {
      matchers.push(this.matcher());
      if (!this.takeWord(',') && !this.isAt(close)) throw this.error(braced ? 'a comma or } is missing' : 'a comma is missing');
    }
    this.at += close.length;
    if (this.at < this.end) throw this.error('there is more after the }');
    if (matchers.length === 0) throw this.error('nothing is chosen');
    return matchers;
  }

  private matcher(): Matcher {
    const quoted = this.take(QUOTED);
    const name = quoted === null ? this.take(NAME) : unquoted(quoted);
    if (name === null) throw this.error('the name of a label is missing');
    if (name === '__name__') throw this.error('which metrics are asked for is not to be chosen, so __name__ is no label here');
    this.take(SPACE);
    if (quoted === null && this.isAt('{')) throw this.error('no name of a metric stands before the braces: which are asked for is not to be chosen');
    const operator = this.take(OPERATOR) as Operator | null;
    if (operator === null) throw this.error('one of = != =~ !~ is missing');
    this.take(SPACE);
    const value = this.take(QUOTED);
    if (value === null) throw this.error('a text in quotes is missing');
    this.take(SPACE);
    const wanted = unquoted(value);
    return { name, operator, value: wanted, holds: this.test(operator, wanted) };
  }

  private test(operator: Operator, wanted: string): (value: string) => boolean {
    if (operator === '=') return (value) => value === wanted;
    if (operator === '!=') return (value) => value !== wanted;
    const pattern = this.pattern(wanted);
    return operator === '=~' ? (value) => pattern.test(value) : (value) => !pattern.test(value);
  }

  /** RE2's syntax is this language's but for flags in front and named groups. It has to match the whole value. */
  private pattern(source: string): RegExp {
    const [, flags = ''] = /^\(\?([is]+)\)/.exec(source) ?? [];
    const own = source.slice(flags === '' ? 0 : flags.length + 3).replaceAll('(?P<', '(?<');
    try {
      return new RegExp(`^(?:${own})$`, flags.includes('i') ? 'is' : 's');
    } catch (cause) {
      throw this.error(`${JSON.stringify(source)} is no regular expression (${(cause as Error).message})`, { cause });
    }
  }

  private isAt(word: string): boolean {
    this.take(SPACE);
    return word === '' ? this.at >= this.end : this.text.startsWith(word, this.at);
  }

  private takeWord(word: string): boolean {
    if (!this.isAt(word)) return false;
    this.at += word.length;
    this.take(SPACE);
    return true;
  }

  private take(what: RegExp): string | null {
    what.lastIndex = this.at;
    const found = what.exec(this.text)?.[0] ?? null;
    this.at += found?.length ?? 0;
    return found;
  }

  private error(complaint: string, options?: ErrorOptions): MatcherError {
    const shown = this.text.length > 200 ? `${this.text.slice(0, 200)}…` : this.text;
    return new MatcherError(`${shown} is no choice of labels: ${complaint}, at character ${Math.min(this.at, this.end) + 1}; ${EXAMPLE}`, options);
  }
}

function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner;
  return inner.replace(ESCAPE, (whole, single?: string, hex?: string, octal?: string, short?: string, long?: string) => {
    if (single !== undefined) return SINGLE[single] ?? whole;
    const code = hex ?? short ?? long;
    const point = code === undefined ? parseInt(octal ?? '', 8) : parseInt(code, 16);
    // What Go does not know as an escape is left as it stands, for the server to refuse.
    return Number.isNaN(point) || point > 0x10ffff ? whole : String.fromCodePoint(point);
  });
}
