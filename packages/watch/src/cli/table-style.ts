/** Owns how a table is drawn: with lines on a terminal that can show them, in plain ASCII in a pipe and in another locale than UTF-8. */

/** Of cli-table3: the name of each place, and what is drawn there. */
export type TableCharacters = Readonly<Record<string, string>>;

const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right', 'left-mid', 'mid-mid', 'right-mid'];
const ASCII: TableCharacters = {
  ...Object.fromEntries(CORNERS.map((place) => [place, '+'])),
  ...Object.fromEntries(['top', 'bottom', 'mid'].map((place) => [place, '-'])),
  ...Object.fromEntries(['left', 'right', 'middle'].map((place) => [place, '|'])),
};

/** What tables on `stream` are drawn with. POSIX: `LC_ALL` goes before `LC_CTYPE`, and that before `LANG`; where none is set, as in a container, a terminal is taken to know UTF-8. */
export function tableCharacters(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): TableCharacters {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '');
  return stream.isTTY !== true || (locale !== undefined && !/utf-?8/i.test(locale)) ? ASCII : {};
}

/** The text in lines of at most `width` characters, which end at a space or behind a `/` or `.` of a path, and within a word only if it is longer than a line. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(/(?<=[ /]|\.(?=[^\d]))/)) {
    if (line !== '' && line.length + part.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += part;
    for (; line.trimEnd().length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line.trimEnd()].join('\n');
}

/** Prose in lines of at most `width` columns, broken between words; paragraphs stay apart. */
export function filled(text: string, width: number): string {
  const fill = (paragraph: string): string => {
    const lines: string[] = [];
    for (const word of paragraph.split(/\s+/)) {
      const last = lines.at(-1);
      if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines.join('\n');
  };
  return text.split(/\n{2,}/).map(fill).join('\n\n');
}
