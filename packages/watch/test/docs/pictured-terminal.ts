// What `watertight run` writes to a terminal: the program of docs/find-a-leak.md, on a terminal that `script` makes
// and that xterm reads.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { main } from '../cli/command.js';

/** Why there is no terminal, or false. */
export const withoutTerminal = spawnSync('script', ['--version']).status === 0 ? false : 'there is no `script` to make a terminal with';

const COLUMNS = 104;
const ROWS = 30;
/** As a shell shows it. */
const PROMPT = '\x1b[1;32m$\x1b[0m npx watertight run app.js\r\n';
/** Inside the repository, so that the program finds its packages. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/', import.meta.url));
const GUIDE = new URL('../../../../docs/find-a-leak.md', import.meta.url);

/** Neighbours on a row that look the same. */
export interface Run {
  readonly text: string;
  readonly bold: boolean;
  readonly dim: boolean;
  /** One of the sixteen colours, or null for the usual one. */
  readonly color: number | null;
}

/** The rows of the screen, without the empty ones at its end. */
export async function reportOnTerminal(): Promise<Run[][]> {
  mkdirSync(CACHE, { recursive: true });
  const room = mkdtempSync(join(CACHE, 'pictures-'));
  try {
    writeFileSync(join(room, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(room, 'app.js'), /<!-- file: app\.js -->\n```js\n([\s\S]*?)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '');
    return await screen(PROMPT + (await written(room)).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080'));
  } finally {
    rmSync(room, { recursive: true, force: true });
  }
}

async function written(cwd: string): Promise<string> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, NO_COLOR: _color, FORCE_COLOR: _force, ...env } = process.env;
  const command = [process.execPath, main, 'run', 'app.js'].map((each) => `'${each}'`).join(' ');
  const child = spawn('script', ['-qec', `stty rows ${ROWS} cols ${COLUMNS}; ${command}`, '/dev/null'], { cwd, env: { ...env, TERM: 'xterm-256color' }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (output += piece));
  await once(child, 'close');
  return output;
}

async function screen(output: string): Promise<Run[][]> {
  const terminal = new xterm.Terminal({ rows: ROWS, cols: COLUMNS, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(output, resolve));
  const rows = Array.from({ length: terminal.buffer.active.length }, (_, row) => runsOf(terminal.buffer.active.getLine(row)!));
  return rows.slice(0, rows.findLastIndex((runs) => runs.length > 0) + 1);
}

function runsOf(line: NonNullable<ReturnType<InstanceType<typeof xterm.Terminal>['buffer']['active']['getLine']>>): Run[] {
  const runs: Run[] = [];
  const { length } = line.translateToString(true);
  for (let column = 0; column < length; column++) {
    const cell = line.getCell(column)!;
    const look = { bold: cell.isBold() !== 0, dim: cell.isDim() !== 0, color: cell.isFgPalette() ? cell.getFgColor() : null };
    const last = runs.at(-1);
    const text = cell.getChars() || ' ';
    if (last?.bold === look.bold && last.dim === look.dim && last.color === look.color) runs[runs.length - 1] = { ...last, text: last.text + text };
    else runs.push({ text, ...look });
  }
  return runs;
}
