/**
 * Owns the writing of debug=2, as Go prints a traceback of all goroutines: one paragraph for each task.
 */
import type { TaskState } from '../../tasks/index.js';
import { Addresses } from './address.js';
import { CallStacks } from './call-stack.js';
import { hex } from './count-text.js';
import { LongText } from './long-text.js';
import type { Frame, StackTable } from '../profile/index.js';
import type { Slices } from './slices.js';
import type { Snapshot, TaskRecord } from './snapshot.js';

const MINUTE = 60_000;

/**
 * The longest text, in characters; it ends with a whole paragraph. Go's limit is 64 MiB, which 100,000 tasks
 * would exceed; a string in V8 must stay below 512 MiB.
 */
const MAX_TEXT = 2 ** 28;

const GO_STATE: Readonly<Record<TaskState, string>> = { running: 'running', 'io wait': 'IO wait', select: 'select' };

export async function tracebackText(snapshot: Snapshot, table: StackTable, slices: Slices): Promise<LongText> {
  const writer = new Tracebacks(table);
  const text = new LongText();
  let length = 0;
  await slices.next();
  for (const record of snapshot.tasks()) {
    const paragraph = length === 0 ? writer.paragraph(record) : `\n${writer.paragraph(record)}`;
    length += paragraph.length;
    if (length > MAX_TEXT) break;
    text.add(paragraph);
    if (slices.over) await slices.next();
  }
  return text;
}

class Tracebacks {
  readonly #stacks: CallStacks;
  readonly #addresses = new Addresses();
  readonly #lines = new Map<Frame, string>();

  constructor(table: StackTable) {
    this.#stacks = new CallStacks(table);
  }

  paragraph(record: TaskRecord): string {
    let text = `goroutine ${record.task.id} [${statusOf(record)}]:\n`;
    for (const frame of this.#stacks.ofTask(record).frames) text += `${frame.function}(...)\n${this.place(frame)}`;
    const creator = record.task.kind === 'main' ? null : this.#stacks.creatorOf(record.task);
    return creator === null ? text : `${text}created by ${creator.function}\n${this.place(creator)}`;
  }

  /** A line such as `\t/app/preview.js:14 +0xe\n`. */
  private place(frame: Frame): string {
    let line = this.#lines.get(frame);
    if (line === undefined) {
      const { entry, pc } = this.#addresses.of(frame);
      line = `\t${frame.file}:${frame.line} +${hex(pc - entry)}\n`;
      this.#lines.set(frame, line);
    }
    return line;
  }
}

/** A status such as `select, 3 minutes`, or, as since Go 1.26, `select (leaked)` if nothing can ever end the task. */
function statusOf({ state, verdict, waitedFor }: TaskRecord): string {
  const status = verdict === 'proven' ? `${GO_STATE[state]} (leaked)` : GO_STATE[state];
  const minutes = state === 'running' ? 0 : Math.floor(waitedFor / MINUTE);
  return minutes < 1 ? status : `${status}, ${minutes} minutes`;
}
