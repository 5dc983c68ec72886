/** Owns the rows of numbers of a snapshot (objects, references, places): only the fields that are wanted, each in a typed array. */
import { SnapshotError } from './snapshot-error.js';

type Column = Uint8Array | Uint32Array;

/** A field that is kept: its number in a row of the file, its largest value, and what happens to a larger one. */
export interface Field {
  readonly name: string;
  /** 1 or 4 bytes are kept of each value. */
  readonly bytes: 1 | 4;
  /** A larger value is kept as the largest. Default: it is an error. */
  readonly clamp?: boolean;
}

/** Rows that are reserved at first; memory grows with what has come, whatever a header announces. */
const FIRST_ROWS = 1 << 16;
/** What a Uint32Array can number and an engine will allocate. */
const MAX_ROWS = 2 ** 30;

/** A table that is filled row by row. */
export class NumberTable {
  /** Complete rows. */
  rows = 0;
  /** For each field of a row in the file, where it is kept; null: nowhere. */
  private columns: (Column | null)[];
  private readonly limits: number[];
  private readonly clamps: boolean[];
  private capacity: number;
  private field = 0;

  /**
   * @param what for messages: `nodes`
   * @param fileFields the fields of a row in the file, in order
   * @param announced rows that the header announces; -1: unknown
   */
  constructor(
    private readonly what: string,
    private readonly fileFields: readonly string[],
    fields: readonly Field[],
    private readonly announced: number,
  ) {
    if (announced > MAX_ROWS) throw new SnapshotError('ERR_SNAPSHOT_TOO_LARGE', `it announces ${announced} ${what}; at most ${MAX_ROWS} can be read`);
    this.capacity = announced === -1 ? FIRST_ROWS : Math.min(announced, FIRST_ROWS);
    const kept = fileFields.map((name) => fields.find((field) => field.name === name) ?? null);
    this.columns = kept.map((field) => (field === null ? null : field.bytes === 1 ? new Uint8Array(this.capacity) : new Uint32Array(this.capacity)));
    this.limits = kept.map((field) => (field?.bytes === 1 ? 0xff : 0xffff_ffff));
    this.clamps = kept.map((field) => field?.clamp ?? false);
    for (const { name } of fields) if (!fileFields.includes(name)) throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `its ${what} have no field "${name}"`);
  }

  /** Values that a row has. */
  get width(): number {
    return this.fileFields.length;
  }

  /** A row has been begun, and is not complete. */
  get midRow(): boolean {
    return this.field !== 0;
  }

  push(value: number): void {
    const { field } = this;
    if (field === 0 && this.rows === this.capacity) this.grow();
    const column = this.columns[field];
    if (column !== null) {
      if (value > this.limits[field]) {
        if (!this.clamps[field]) throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `the field "${this.fileFields[field]}" of its ${this.what} is ${value}`);
        value = this.limits[field];
      }
      column[this.rows] = value;
    }
    if (field + 1 < this.columns.length) {
      this.field = field + 1;
    } else {
      this.field = 0;
      this.rows++;
    }
  }

  /** The values of a field, one for each row. */
  column(name: string): Column {
    const column = this.columns[this.fileFields.indexOf(name)];
    if (column === null || column === undefined) throw new Error(`the field ${name} is not kept`);
    return column.subarray(0, this.rows);
  }

  private grow(): void {
    if (this.rows === this.announced) throw new SnapshotError('ERR_SNAPSHOT_MALFORMED', `it has more ${this.what} than the ${this.announced} that it announces`);
    const wanted = Math.min(this.capacity * 4 || FIRST_ROWS, this.announced === -1 ? MAX_ROWS : this.announced);
    if (wanted <= this.rows) throw new SnapshotError('ERR_SNAPSHOT_TOO_LARGE', `it has more than ${MAX_ROWS} ${this.what}`);
    this.columns = this.columns.map((column) => (column === null ? null : grown(column, wanted)));
    this.capacity = wanted;
  }
}

function grown(column: Column, rows: number): Column {
  const larger = column.BYTES_PER_ELEMENT === 1 ? new Uint8Array(rows) : new Uint32Array(rows);
  larger.set(column);
  return larger;
}
