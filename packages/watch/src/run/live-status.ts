/** Owns the status line of a running program: its content, taken in the program's process, and its place on the terminal. */
import type * as Tasks from 'watertight/tasks';

/** The state of a program at one moment. */
export interface LiveStatus {
  /** Live tasks, the main one included. */
  readonly tasks: number;
  /** Requests and responses that are not finished: those being read count. */
  readonly unfinished: number;
  /** Of those: without progress for longer than `suspectAfter`. */
  readonly suspect: number;
  /** Garbage-collected unfinished, since the program began. */
  readonly proven: number;
  /** The line that holds most of the suspects, else of the unfinished: `3 by src/load.ts:14:23 (load), the oldest for 4.2 s`. */
  readonly top: string;
}

/** What is asked of the program's copy of the library. */
export type StatusSource = Pick<typeof Tasks, 'DEFAULT_SUSPECT_AFTER' | 'describeHolders' | 'now' | 'provenLeaks' | 'tasks' | 'topHolders' | 'verdictOf'>;

/** How many holders are read to name the line, the oldest first: reading a call site takes some microseconds. */
const ENOUGH = 200;

export function statusOf(library: StatusSource): LiveStatus {
  const alive = library.tasks();
  const at = library.now();
  const holders = new Set<Tasks.Holder>();
  for (const { holder } of alive) if (holder !== null) holders.add(holder);
  const verdicts = [...holders].map((holder) => ({ holder, verdict: library.verdictOf(holder, at, library.DEFAULT_SUSPECT_AFTER) }));
  const suspects = verdicts.filter(({ verdict }) => verdict === 'suspect' || verdict === 'proven').map(({ holder }) => holder);
  const blamed = suspects.length > 0 ? suspects : [...holders];
  return {
    tasks: alive.length,
    unfinished: holders.size,
    suspect: suspects.length,
    proven: library.provenLeaks().length,
    top: library.describeHolders(library.topHolders(blamed.slice(0, ENOUGH), at, 1)),
  };
}

/** The line, at most `columns` wide. */
export function formatStatus({ tasks, unfinished, suspect, proven, top }: LiveStatus, columns: number): string {
  const parts = [`${tasks} ${tasks === 1 ? 'task' : 'tasks'}`, `${unfinished} unfinished`];
  if (suspect > 0) parts.push(`${suspect} suspect`);
  if (proven > 0) parts.push(`${proven} proven`);
  const line = ` watertight  ${parts.join(', ')}${top === '' ? '' : `  ${top}`}`;
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

/** The terminal, as far as the line needs it. */
export interface Terminal {
  readonly rows: number;
  readonly columns: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

const SAVE = '\x1b7';
const RESTORE = '\x1b8';
/** Down one row in the same column; on the last row everything moves up. */
const INDEX = '\x1bD';
const CLEAR_LINE = '\x1b[2K';
const DIM = '\x1b[2m';
const PLAIN = '\x1b[0m';

/**
 * The last row of a terminal. The rows above it scroll by themselves (DECSTBM),
 * so that the program writes as it would without us and the line stays.
 */
export class StatusLine {
  private rows = 0;
  private shown: LiveStatus | null = null;
  private readonly resized = (): void => {
    if (this.shown !== null) this.show(this.shown);
  };

  constructor(private readonly terminal: Terminal) {}

  show(status: LiveStatus): void {
    const { terminal } = this;
    // Too small to use a row for the status.
    if (terminal.rows < 4) return;
    if (this.shown === null) terminal.on('resize', this.resized);
    this.shown = status;
    if (this.rows !== terminal.rows) this.reserve();
    terminal.write(`${SAVE}\x1b[${this.rows};1H${CLEAR_LINE}${DIM}${formatStatus(status, terminal.columns)}${PLAIN}${RESTORE}`);
  }

  /** Gives the row back. */
  end(): void {
    if (this.shown === null) return;
    const { terminal } = this;
    terminal.off('resize', this.resized);
    this.shown = null;
    terminal.write(`${SAVE}\x1b[r\x1b[${this.rows};1H${CLEAR_LINE}${RESTORE}`);
    this.rows = 0;
  }

  private reserve(): void {
    const { terminal } = this;
    const before = this.rows;
    this.rows = terminal.rows;
    if (before > 0) terminal.write(`${SAVE}\x1b[r${before < this.rows ? `\x1b[${before};1H${CLEAR_LINE}` : ''}${RESTORE}`);
    // A cursor on the last row moves up with what is above it; setting the region moves it home, hence saved and restored.
    terminal.write(`${INDEX}\x1b[1A${SAVE}\x1b[1;${this.rows - 1}r${RESTORE}`);
  }
}
