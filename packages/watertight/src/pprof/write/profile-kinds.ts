/** Owns the kinds of profiles of the live set, and what each of them adds up. */
import { provenCounts, taskCount, type Holder, type Verdict } from '../../tasks/index.js';
import { CallStacks, ENTRY_FRAMES } from './call-stack.js';
import { GOROUTINE_COUNT, type Labels, type SampleType, type Tally } from '../profile/index.js';
import type { Slices } from './slices.js';
import { holderCount, hostOf, pathOf, takeSnapshot, unreadBytes, type HolderRecord, type TaskRecord } from './snapshot.js';

export interface ProfileKind {
  readonly name: 'goroutine' | 'httpbody' | 'leaked';
  /** The text on the index page. */
  readonly description: string;
  readonly sampleTypes: readonly SampleType[];
  /** The meaning of one sample. */
  readonly periodType: SampleType;
  /** The profile's `drop_frames` (see profile.proto); '' for none. */
  readonly dropFrames: string;
  /** The present total. */
  count(): number;
  /** Adds the present state to `tally`, each value times `sign`. The state is read during the call. */
  collect(tally: Tally, sign: 1 | -1, slices: Slices): Promise<void>;
}

const COUNT: SampleType = { type: 'count', unit: 'count' };

export const goroutineKind: ProfileKind = {
  name: 'goroutine',
  description: 'Stack traces of all current tasks: what Go calls goroutines. A connection has two; one that is pinned shows the line that holds it',
  sampleTypes: [GOROUTINE_COUNT],
  periodType: GOROUTINE_COUNT,
  dropFrames: ENTRY_FRAMES,
  count: taskCount,
  async collect(tally, sign, slices) {
    const snapshot = takeSnapshot();
    await slices.next();
    const stacks = new CallStacks(tally.stacks);
    const labels = new LabelSets(tally);
    for (const record of snapshot.tasks()) {
      tally.add(stacks.ofTask(record), labels.ofTask(record), [sign]);
      if (slices.over) await slices.next();
    }
  },
};

export const httpbodyKind: ProfileKind = {
  name: 'httpbody',
  description: 'Unfinished responses by the line that holds them: how many, for how long in all, and how many bytes are unread (of those whose length is known)',
  sampleTypes: [COUNT, { type: 'held', unit: 'nanoseconds' }, { type: 'unread', unit: 'bytes' }],
  periodType: { type: 'httpbody', unit: 'count' },
  dropFrames: '',
  count: holderCount,
  async collect(tally, sign, slices) {
    const snapshot = takeSnapshot();
    await slices.next();
    const stacks = new CallStacks(tally.stacks);
    const labels = new LabelSets(tally);
    for (const record of snapshot.holders()) {
      tally.add(stacks.ofHolder(record.holder), labels.ofHolder(record), [sign, sign * record.heldFor * 1e6, sign * unreadBytes(record)]);
      if (slices.over) await slices.next();
    }
  },
};

export const leakedKind: ProfileKind = {
  name: 'leaked',
  description: 'Responses that were garbage-collected unfinished since the process started, by the line that opened them: leaks beyond doubt, also those whose connection was closed since',
  sampleTypes: [COUNT],
  periodType: { type: 'leaked', unit: 'count' },
  dropFrames: '',
  count() {
    const { sites, other } = provenCounts();
    return sites.reduce((sum, { count }) => sum + count, other);
  },
  async collect(tally, sign, slices) {
    const { sites, other } = provenCounts();
    const stacks = new CallStacks(tally.stacks);
    const labels = new LabelSets(tally);
    for (const { count, first } of sites) {
      tally.add(stacks.ofHolder(first), labels.ofLeak(first), [sign * count]);
      if (slices.over) await slices.next();
    }
    if (other > 0) {
      const stack = tally.stacks.stack([tally.stacks.frame('(further call sites)', '', 0)]);
      tally.add(stack, tally.labels(['verdict'], ['proven']), [sign * other]);
    }
  },
};

export const PROFILE_KINDS: readonly ProfileKind[] = [goroutineKind, httpbodyKind, leakedKind];

/**
 * The labels of tasks and responses. `task` distinguishes the two loops of a connection in tools that drop
 * their frames. Never a credential or a query.
 */
class LabelSets {
  /** The two tasks of a connection are consecutive, and differ only in name and state. */
  #last: HolderRecord | null = null;
  #values: readonly string[] = [];

  constructor(private readonly tally: Tally) {}

  ofTask({ task, state, verdict, holder }: TaskRecord): Labels {
    if (holder !== null) return this.tally.labels(HOLDER_TASK, [...this.#ofResponse(holder), state, task.name]);
    const { host } = task.labels;
    return host === undefined ? this.tally.labels(PLAIN_TASK, [state, task.name]) : this.tally.labels(HOST_TASK, [host, verdict, state, task.name]);
  }

  ofHolder(record: HolderRecord): Labels {
    const { bytesRead, status } = record;
    return this.tally.labels(HOLDER, [...this.#ofResponse(record), status === 0 ? 'no response' : bytesRead === 0 ? 'unread' : 'half read']);
  }

  ofLeak(leak: Holder): Labels {
    return this.tally.labels(LEAK, responseValues(leak, 'proven'));
  }

  #ofResponse(record: HolderRecord): readonly string[] {
    if (record !== this.#last) {
      this.#last = record;
      this.#values = responseValues(record.holder, record.verdict);
    }
    return this.#values;
  }
}

// These lists must have different lengths: see `Tally.labels`.
const PLAIN_TASK = ['state', 'task'];
const HOST_TASK = ['host', 'verdict', 'state', 'task'];
const LEAK = ['client', 'host', 'method', 'path', 'verdict'];
const HOLDER = [...LEAK, 'state'];
const HOLDER_TASK = [...LEAK, 'state', 'task'];

function responseValues(holder: Holder, verdict: Verdict): readonly string[] {
  return [holder.client, hostOf(holder), holder.method, pathOf(holder), verdict];
}
