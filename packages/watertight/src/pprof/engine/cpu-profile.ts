/**
 * Owns the conversion of a recording of the engine's CPU profiler to a profile like Go's: samples and
 * nanoseconds by stack.
 */
import type { Profiler } from 'node:inspector';
import { CodeFrames } from './code-frames.js';
import { CPU_PERIOD, recordCpu, type CpuRecording } from './cpu-profiler.js';
import { encodeInSlices, Slices } from '../write/index.js';
import { type Frame, labelsOf, type Profile, type SampleType, type StackNode, type StackTable, Tally } from '../profile/index.js';

const SAMPLES: SampleType = { type: 'samples', unit: 'count' };
const CPU: SampleType = { type: 'cpu', unit: 'nanoseconds' };
const NO_LABELS = labelsOf([]);

/** The engine's name for the time in which the thread waits for work. */
const IDLE = '(idle)';

/** The profiler also records the code that turns it on and off, which is not the program's. */
const OWN = new URL(/* @vite-ignore */ 'cpu-profiler.js', import.meta.url).href;

/**
 * Before V8 14, the engine counts lines of an inlined function, which may be in another file, as lines of the
 * function into which it was inlined. There, the beginning of the function is used as the place.
 */
const EXACT_LINES = Number(process.versions.v8.split('.')[0]) >= 14;

/** Records a CPU profile for `ms` milliseconds, as gzipped profile.proto. Rejects as `recordCpu` does. */
export async function takeCpuProfile(ms: number, signal?: AbortSignal): Promise<Uint8Array> {
  const recording = await recordCpu(ms, signal);
  const slices = new Slices(signal);
  await slices.next();
  return encodeInSlices(await cpuProfile(recording, slices), slices);
}

/** The profile of a recording, without idle time, as in Go. */
export async function cpuProfile({ profile, time }: CpuRecording, slices: Slices): Promise<Profile> {
  const tally = new Tally();
  const totals = [0, 0];
  const tree = new NodeTree(profile.nodes, tally.stacks);
  const { counts, times } = await measure(profile, tree, slices);
  for (let i = 0; i < profile.nodes.length; i++) {
    if (slices.over) await slices.next();
    if (counts[i] === 0 || tree.isOutside(i)) continue;
    for (const [stack, share] of tree.stacksOf(i)) {
      const values = [Math.round(counts[i] * share), Math.round(times[i] * share) * 1000];
      for (let k = 0; k < values.length; k++) totals[k] += values[k];
      tally.add(stack, NO_LABELS, values);
    }
  }
  const duration = (profile.endTime - profile.startTime) / 1000;
  return { kind: 'cpu', form: 'debug=0', sampleTypes: [SAMPLES, CPU], mainType: 1, period: { ...CPU, value: CPU_PERIOD }, time: time - duration, duration, samples: [...tally.samples()], totals, truncated: false };
}

/** The number of samples of each node, and its total time in microseconds. */
async function measure({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, tree: NodeTree, slices: Slices): Promise<{ counts: Float64Array; times: Float64Array }> {
  const counts = new Float64Array(nodes.length);
  const times = new Float64Array(nodes.length);
  for (let i = 0; i < samples.length; i++) {
    const node = tree.indexOf(samples[i]);
    if (node !== -1) {
      counts[node]++;
      // The time since the sample before; negative when the engine delivers two samples in the wrong order.
      times[node] += Math.max(0, timeDeltas[i]);
    }
    if (slices.over) await slices.next();
  }
  return { counts, times };
}

/** The engine's tree of calls: the root is not a function, and the leaves are the innermost calls. */
class NodeTree {
  readonly #indexes = new Map<number, number>();
  readonly #parents: Int32Array;
  readonly #frames: CodeFrames;

  constructor(
    private readonly nodes: readonly Profiler.ProfileNode[],
    private readonly table: StackTable,
  ) {
    this.#frames = new CodeFrames(table);
    this.#parents = new Int32Array(nodes.length).fill(-1);
    for (let i = 0; i < nodes.length; i++) this.#indexes.set(nodes[i].id, i);
    for (let i = 0; i < nodes.length; i++) {
      for (const child of nodes[i].children ?? []) {
        const index = this.indexOf(child);
        if (index !== -1) this.#parents[index] = i;
      }
    }
  }

  /** -1 if there is no such node. */
  indexOf(id: number): number {
    return this.#indexes.get(id) ?? -1;
  }

  /** Whether the node is not code of the program. */
  isOutside(node: number): boolean {
    if (this.#parents[node] === -1) return true;
    if (this.nodes[node].callFrame.functionName === IDLE) return true;
    for (let i = node; i !== -1; i = this.#parents[i]) if (this.nodes[i].callFrame.url === OWN) return true;
    return false;
  }

  /** The stacks at a node, one for each line, and the share of each. */
  *stacksOf(node: number): Generator<readonly [StackNode, number], void> {
    const { callFrame, positionTicks = [] } = this.nodes[node];
    const ticks = EXACT_LINES ? positionTicks.reduce((sum, each) => sum + each.ticks, 0) : 0;
    if (ticks === 0) {
      yield [this.#outward(this.#frames.frame(callFrame), node), 1];
      return;
    }
    for (const { line, ticks: here } of positionTicks) yield [this.#outward(this.#frames.frame(callFrame, line), node), here / ticks];
  }

  #outward(innermost: Frame, node: number): StackNode {
    let stack = this.table.outward(this.table.root, innermost);
    for (let i = this.#parents[node]; i !== -1 && this.#parents[i] !== -1; i = this.#parents[i]) {
      stack = this.table.outward(stack, this.#frames.frame(this.nodes[i].callFrame));
    }
    return stack;
  }
}
