/**
 * Owns what the commands write. Names of functions, files, hosts and paths come from other programs and from the
 * network: none of them may steer the terminal (clear it, set its title, turn the direction of the text), and no
 * message may show a password.
 */

/** C0 but for tab and line feed, DEL, C1, and what changes the direction of text or ends a line (Unicode's bidirectional controls, separators). */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** The same, but for the colours of our own tables. */
const STEERING_BUT_COLOUR = new RegExp(`\\u001b\\[(?:0|1|2|22|39|90|3[0-7])m|${STEERING.source}`, 'g');
/** What stands between the scheme and the host of an address. A password may have any characters, so it ends at the last @ of a word. */
const CREDENTIALS = /\b((?!file:)[a-z][a-z\d+.-]*:\/\/)[^\s"'<>]*@/gi;

/** Writes to standard output. `color`: the text has colours of ours. */
export function print(text: string, { color = false }: { readonly color?: boolean } = {}): void {
  process.stdout.write(color ? text.replace(STEERING_BUT_COLOUR, (found) => (found.length > 1 ? found : escaped(found))) : plain(text));
}

/** Writes as JSON to standard output. */
export function printJson(value: unknown): void {
  // JSON has escaped C0; the others are escaped in the same way, so it says the same.
  print(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes to standard error, without credentials. */
export function complain(text: string): void {
  process.stderr.write(`${withoutCredentials(plain(text))}\n`);
}

/** The text with each character that steers a terminal as `\u001b`. */
export function plain(text: string): string {
  return text.replace(STEERING, escaped);
}

function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, '$1…@');
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
