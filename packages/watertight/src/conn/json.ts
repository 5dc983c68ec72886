/** Owns the reading of a body as JSON, and the place of what is wrong with it. */

/**
 * A body is not JSON. It is a SyntaxError, as for `fetch`. Its message has the
 * place and one character of the body, no more, which may be a secret: so the
 * error of `JSON.parse`, which quotes the body, is not its `cause`.
 */
export class JsonError extends SyntaxError {
  readonly code = 'ERR_BODY_JSON';

  constructor(
    message: string,
    /** Where in the text: characters before the fault. */
    readonly position: number,
  ) {
    super(message);
  }

  override get name(): string {
    return 'JsonError';
  }
}

/**
 * Parses JSON.
 *
 * @param whose as in `the body of GET http://…`
 * @throws JsonError
 */
export function parseJson(text: string, whose: () => string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const position = faultOf(text);
    throw new JsonError(`${whose()} is not JSON: ${describeFault(text, position)}`, position);
  }
}

function describeFault(text: string, position: number): string {
  if (text === '') return 'it is empty';
  if (position >= text.length) return `it ends too early, at position ${position}`;
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  const column = position - before.lastIndexOf('\n');
  const hint = position === 0 && text[0] === '<' ? '; it looks like HTML or XML: look at the status and the Content-Type' : '';
  return `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(position)!))} at position ${position} (line ${line}, column ${column})${hint}`;
}

const BLANK = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const ESCAPE = /\\(?:u[0-9a-fA-F]{0,4})?/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_START = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?)?)?|[eE][+-]?)?)?/y;

/** The position of the first character that can't be part of JSON (RFC 8259); the text's length if it only ends too early. */
function faultOf(text: string): number {
  return new FaultFinder(text).find();
}

/** What may follow. */
type Next = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'end';

/** Reads a text that is known not to be JSON, up to its fault. Without recursion: it may be nested to any depth. */
class FaultFinder {
  private pos = 0;
  private readonly open: ('[' | '{')[] = [];
  private next: Next = 'value';

  constructor(private readonly text: string) {}

  find(): number {
    for (;;) {
      this.skip(BLANK);
      if (this.pos >= this.text.length || !this.step()) return this.pos;
    }
  }

  /** Reads one token; false at the fault. */
  private step(): boolean {
    const char = this.text[this.pos];
    switch (this.next) {
      case ':':
        return char === ':' && this.took('value');
      case 'name':
      case 'name or }':
        if (char === '}' && this.next === 'name or }') return this.close();
        return char === '"' && this.string(':');
      case 'value':
      case 'value or ]':
        return char === ']' && this.next === 'value or ]' ? this.close() : this.value(char);
      default:
        if (this.open.length === 0) return false;
        if (char === ',') return this.took(this.open.at(-1) === '{' ? 'name' : 'value');
        return char === (this.open.at(-1) === '{' ? '}' : ']') && this.close();
    }
  }

  private value(char: string): boolean {
    if (char === '{' || char === '[') {
      this.open.push(char);
      return this.took(char === '{' ? 'name or }' : 'value or ]');
    }
    if (char === '"') return this.string('end');
    if (char === '-' || (char >= '0' && char <= '9')) return this.number();
    const word = ['true', 'false', 'null'].find((each) => each.startsWith(char));
    if (word === undefined) return false;
    let length = 0;
    while (length < word.length && this.text[this.pos + length] === word[length]) length++;
    this.pos += length;
    this.next = 'end';
    return length === word.length;
  }

  private string(next: Next): boolean {
    this.skip(STRING);
    if (this.text[this.pos] === '"') return this.took(next);
    // A bad escape is at fault where it stops to be one.
    this.skip(ESCAPE);
    return false;
  }

  private number(): boolean {
    const start = this.pos;
    this.skip(NUMBER);
    const whole = this.pos;
    this.pos = start;
    this.skip(NUMBER_START);
    // Something such as `1.` or `-`: a digit is missing where it ends.
    if (this.pos > whole || whole === start) return false;
    this.pos = whole;
    this.next = 'end';
    return true;
  }

  private close(): boolean {
    this.open.pop();
    return this.took('end');
  }

  private took(next: Next): true {
    this.pos++;
    this.next = next;
    return true;
  }

  private skip(what: RegExp): void {
    what.lastIndex = this.pos;
    const match = what.exec(this.text);
    if (match !== null) this.pos += match[0].length;
  }
}
