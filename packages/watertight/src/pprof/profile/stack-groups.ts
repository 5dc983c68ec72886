/**
 * Owns the grouping of equal stacks, also across forms. Go leaves out different frames in debug=1 and
 * debug=2, and none in debug=0, so stacks are compared without the runtime's frames.
 */
import { labelsKey, type Frame, type Labels, type Profile, type Sample } from './profile.js';

/** Which stacks count as equal. */
export interface GroupOptions {
  /**
   * - `line` (default): equal functions, files and lines, whatever the addresses
   * - `function`: equal functions, so that builds of different sources can be compared
   */
  readonly by?: 'line' | 'function';
  /** If true, samples with different labels are in different groups. Default false. */
  readonly labels?: boolean;
}

/** All samples with equal stacks. */
export interface StackGroup {
  /** Innermost first, without the runtime's frames, unless there are no others. */
  readonly frames: readonly Frame[];
  /** Sums, one for each of the profile's sample types. */
  readonly values: readonly number[];
  /** The state of all samples; null if they differ or the form has no states. */
  readonly state: string | null;
  /** The labels that all samples have. */
  readonly labels: Labels;
  /** The `go` statement that started all of them; null if they differ or the form does not contain it. */
  readonly createdBy: Frame | null;
  /** The annotations that all samples have. */
  readonly annotations: readonly string[];
  /** The longest wait of the samples, ms, in whole minutes. */
  readonly waitMs: number;
}

/**
 * Groups the samples of a profile by equal stacks; largest main value first, equal values in the order of the
 * samples.
 *
 * The frames that Go leaves out of one form or another are left out of the stacks: the runtime's frames at
 * the innermost end (`runtime.gopark`), and everywhere its unexported functions (`runtime.main`) and `panic`.
 */
export function groupStacks(profile: Profile, options: GroupOptions = {}): StackGroup[] {
  const groups = [...keyedGroups(profile, new StackKeys(options)).values()];
  const { mainType } = profile;
  return groups.sort((a, b) => b.values[mainType] - a.values[mainType]);
}

/** The groups by the keys of their stacks. Keys from the same StackKeys can be compared. @internal */
export function keyedGroups(profile: Profile, keys: StackKeys): Map<string, StackGroup> {
  const groups = new Map<string, StackGroup & { values: number[] }>();
  for (const sample of profile.samples) {
    const frames = programFrames(sample.frames);
    const key = keys.of(frames, sample.labels);
    const known = groups.get(key);
    groups.set(key, known === undefined ? groupOf(frames, sample) : joined(known, sample));
  }
  return groups;
}

/** Makes keys that are equal for equal stacks, also of different profiles. */
export class StackKeys {
  readonly #byFunction: boolean;
  readonly #withLabels: boolean;
  /** Numbers for places, because keys made of names would be long. */
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<Frame, number>();

  constructor({ by = 'line', labels = false }: GroupOptions) {
    this.#byFunction = by === 'function';
    this.#withLabels = labels;
  }

  of(frames: readonly Frame[], labels: Labels): string {
    const stack = frames.map((frame) => this.#number(frame)).join(' ');
    return this.#withLabels ? `${stack}\n${labelsKey(labels)}` : stack;
  }

  #number(frame: Frame): number {
    let number = this.#known.get(frame);
    if (number !== undefined) return number;
    const place = frameText(frame, this.#byFunction);
    number = this.#numbers.get(place);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(place, number);
    }
    this.#known.set(frame, number);
    return number;
  }
}

/**
 * The identity of a place: its function, file and line, or its address if nothing else is known. Type
 * arguments are left out, because from Go 1.21 on, debug=0 has `main.F[go.shape.int]` where text has
 * `main.F[...]`.
 */
export function frameText(frame: Frame, byFunction = false): string {
  if (frame.function === '') return `${frame.address} ${frame.file}:${frame.line}`;
  const name = withoutTypeArguments(frame.function);
  return byFunction ? name : `${name} ${frame.file}:${frame.line}`;
}

/** `main.(*list[go.shape.int]).add` -> `main.(*list[...]).add`; brackets that do not follow a name are kept, as in JavaScript's `[Symbol.iterator]`. */
function withoutTypeArguments(name: string): string {
  const first = name.indexOf('[');
  if (first <= 0 || !isNamePart(name[first - 1])) return name;
  let text = name.slice(0, first);
  let depth = 0;
  for (const char of name.slice(first)) {
    if (char === '[' && depth++ === 0) text += '[...]';
    if (depth === 0) text += char;
    if (char === ']' && depth > 0) depth--;
  }
  return text;
}

function isNamePart(char: string): boolean {
  return char !== '.' && char !== ' ' && char !== '(';
}

/** A stack without the runtime's frames, or unchanged if it has no others. */
export function programFrames(frames: readonly Frame[]): readonly Frame[] {
  let inner = 0;
  while (inner < frames.length && isRuntime(frames[inner].function)) inner++;
  const kept = frames.filter((frame, index) => index >= inner && !isHidden(frame));
  if (kept.length === frames.length || kept.length === 0) return frames;
  return kept;
}

const RUNTIME = ['runtime.', 'internal/runtime/', 'runtime/internal/'];

function isRuntime(name: string): boolean {
  return RUNTIME.some((prefix) => name.startsWith(prefix));
}

/** Whether debug=2 never shows this frame: runtime/traceback.go, showfuncinfo. debug=2 calls runtime.gopanic `panic`. */
function isHidden({ function: name, file }: Frame): boolean {
  if (name === 'panic') return file.endsWith('runtime/panic.go');
  return name.startsWith('runtime.') && !/^runtime\.[A-Z]/.test(name);
}

function groupOf(frames: readonly Frame[], { values, state, labels, createdBy, annotations, waitMs }: Sample): StackGroup & { values: number[] } {
  return { frames, values: [...values], state, labels, createdBy, annotations, waitMs };
}

function joined(group: StackGroup & { values: number[] }, sample: Sample): StackGroup & { values: number[] } {
  const { values } = group;
  for (let i = 0; i < values.length; i++) values[i] += sample.values[i];
  return {
    frames: group.frames,
    values,
    state: group.state === sample.state ? group.state : null,
    labels: group.labels === sample.labels ? group.labels : shared(group.labels, sample.labels),
    createdBy: group.createdBy === sample.createdBy ? group.createdBy : null,
    annotations: group.annotations.filter((annotation) => sample.annotations.includes(annotation)),
    waitMs: Math.max(group.waitMs, sample.waitMs),
  };
}

function shared(a: Labels, b: Labels): Labels {
  const labels = Object.create(null) as Record<string, string>;
  for (const key of Object.keys(a)) if (key in b && b[key] === a[key]) labels[key] = a[key];
  return labels;
}
