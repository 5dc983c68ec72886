// The table of docs/strictness.md: made, put into the page, and compared with it.

const START = '<!-- table: made by npm run conformance -->';
const END = '<!-- end of the table -->';

/** @param {import('./comparison.js').Row[]} rows @param {import('./playing.js').Played[]} played */
export function pageOf(rows, played) {
  const heads = played.map(({ name, version }) => (version === '' ? name : `${name} ${version}`));
  return [
    `| the server sends | ${heads.join(' | ')} | why |`,
    `|:--|${heads.map(() => ':--|').join('')}:--|`,
    ...rows.map(({ input, why, cells }) => `| ${input} | ${played.map(({ name }) => cells.get(name)).join(' | ')} | ${why} |`),
  ].join('\n');
}

/** @param {string} page @param {string} table */
export function withPage(page, table) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start === -1 || end === -1) throw new Error('docs/strictness.md has no place for the table');
  return `${page.slice(0, start)}${START}\n\n${table}\n\n${page.slice(end)}`;
}

/**
 * Where the page's columns are not what these clients do. A client of another major version than the page's is passed over.
 *
 * @param {string} page
 * @param {import('./comparison.js').Row[]} rows
 * @param {import('./playing.js').Played[]} played
 * @returns {string[]}
 */
export function differences(page, rows, played) {
  const [head, , ...lines] = page.slice(page.indexOf(START), page.indexOf(END)).split('\n').filter((line) => line.startsWith('|')).map(cellsOf);
  if (head === undefined) return ['the page has no table'];
  const found = [];
  if (lines.length !== rows.length) found.push(`the page has ${lines.length} rows, there are ${rows.length} reasons`);
  for (const { name, version } of played) {
    const column = head.findIndex((text) => text.split(' ')[0] === name);
    if (column === -1) found.push(`the page has no column for ${name}`);
    else if (major(head[column].split(' ')[1] ?? '') === major(version)) {
      for (const [at, { input, cells }] of rows.entries()) {
        if (lines[at]?.[column] !== cells.get(name)) found.push(`${input}: the page says that ${name} ${lines[at]?.[column]}, and it ${cells.get(name)}`);
      }
    }
  }
  return found;
}

function cellsOf(line) {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((text) => text.trim());
}

function major(version) {
  return version.split('.')[0];
}
