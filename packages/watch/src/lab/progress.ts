/**
 * Owns the output of progress on standard error: one line that is overwritten on a terminal, and a line for each
 * message elsewhere.
 *
 * Standard output stays free for the result, so that it can be piped.
 */
import { clearLine, cursorTo } from 'node:readline';
import type { WriteStream } from 'node:tty';

export class Progress {
  private readonly stream: WriteStream;

  constructor(stream: WriteStream = process.stderr) {
    this.stream = stream;
  }

  show(line: string): void {
    if (!this.stream.isTTY) {
      this.stream.write(`${line}\n`);
      return;
    }
    this.clear();
    this.stream.write(line.slice(0, (this.stream.columns || 80) - 1));
  }

  /** Leaves the terminal as it was. */
  clear(): void {
    if (!this.stream.isTTY) return;
    clearLine(this.stream, 0);
    cursorTo(this.stream, 0);
  }
}
