/**
 * Owns the bounded memory of a series: medians over blocks of equal length, each within one process.
 *
 * A median ignores a single outlying scrape, and blocks make the cost of a judgement independent of how often
 * the target is scraped.
 */
import { median } from './median.js';

/** The blocks as columns, with one row for each block. They are plain arrays, because a judgement walks them many times. */
export interface Columns {
  /** Mean time of the block's samples, in hours. */
  readonly time: number[];
  readonly level: number[];
  /** Which process: counts up with every restart. */
  readonly run: number[];
  /** Age of the process at that time, in hours. */
  readonly age: number[];
}

/** A block of a minute scraped each second is full at this many values; the rest adds nothing to a median. */
const MOST_VALUES = 64;

export class Blocks {
  readonly columns: Columns = { time: [], level: [], run: [], age: [] };
  /** How many blocks were forgotten, which is also the original index of the first row. */
  forgotten = 0;
  private readonly hours: number;
  private readonly limit: number;
  private values: number[] = [];
  private slot = NaN;
  private run = -1;
  private timeSum = 0;
  private ageSum = 0;

  /**
   * @param hours how long a block is
   * @param limit how many finished blocks are kept at least; at most a quarter more are
   */
  constructor(hours: number, limit: number) {
    this.hours = hours;
    this.limit = limit;
  }

  /** Whether a block was finished by this value, which is the first of the next one. */
  add(time: number, value: number, run: number, age: number): boolean {
    const slot = Math.floor(time / this.hours);
    const finished = this.values.length > 0 && (slot !== this.slot || run !== this.run);
    if (finished) this.finish();
    this.slot = slot;
    this.run = run;
    if (this.values.length < MOST_VALUES) {
      this.values.push(value);
      this.timeSum += time;
      this.ageSum += age;
    }
    return finished;
  }

  /** Levels of the last blocks, the unfinished one included. */
  recent(blocks: number): number[] {
    const levels = this.columns.level.slice(-blocks);
    if (this.values.length > 0) levels.push(median(this.values));
    return levels;
  }

  private finish(): void {
    const { time, level, run, age } = this.columns;
    const count = this.values.length;
    time.push(this.timeSum / count);
    level.push(count === 1 ? this.values[0] : median(this.values));
    run.push(this.run);
    age.push(this.ageSum / count);
    this.values = [];
    this.timeSum = 0;
    this.ageSum = 0;
    if (time.length <= this.limit * 1.25) return;
    this.forgotten += time.length - this.limit;
    for (const column of [time, level, run, age]) column.splice(0, column.length - this.limit);
  }
}
