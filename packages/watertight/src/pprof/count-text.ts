/**
 * Owns the form debug=1, byte for byte as Go's runtime/pprof prints it
 * (printCountProfile): `goroutine profile: total N`, then each stack with how
 * often it was found, most often first.
 */
import { Addresses } from './address.js';
import { alignColumns } from './columns.js';
import { LongText } from './long-text.js';
import type { Frame, Labels, Profile, Sample } from './profile.js';
import { quote } from './quote.js';
import { sortInSlices, type Slices } from './slices.js';

interface Entry {
  readonly count: number;
  readonly key: string;
  readonly sample: Sample;
}

/** The profile as text: its main values, which are counts. What else it counts is in a line of its own, which readers of Go's form skip. */
export async function countText(profile: Profile, slices: Slices): Promise<LongText> {
  const { mainType, samples, totals } = profile;
  const addresses = new Addresses();
  const stacks = new StackLines(addresses);
  const entries: Entry[] = [];
  for (const sample of samples) {
    entries.push({ count: sample.values[mainType], key: keyOf(sample, addresses), sample });
    if (slices.over) await slices.next();
  }
  const sorted = await sortInSlices(entries, compare, slices);
  const text = new LongText();
  text.add(`${profile.kind} profile: total ${totals[mainType]}\n`);
  for (const { count, key, sample } of sorted) {
    text.add(`${count} ${key}\n${otherValues(profile, sample)}${stacks.of(sample.frames)}\n`);
    if (slices.over) await slices.next();
  }
  return text;
}

/** Go's order: the highest count first, equal ones by their line. */
function compare(a: Entry, b: Entry): number {
  return b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function keyOf({ frames, labels }: Sample, addresses: Addresses): string {
  // What Go prints here are return addresses: one past the call.
  const stack = frames.map((frame) => ` ${hex(addresses.of(frame).pc + 1)}`).join('');
  const text = labelsText(labels);
  return text === '' ? `@${stack}` : `@${stack}\n# labels: ${text}`;
}

/** `{"host":"127.0.0.1:80", "state":"select"}`: sorted, quoted as by `%q`. '' for none. */
export function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${quote(key)}:${quote(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.sort().join(', ')}}`;
}

/** `# values: held 1500000000 nanoseconds, unread 4096 bytes`; '' where there is but the count. */
function otherValues({ sampleTypes, mainType }: Profile, { values }: Sample): string {
  if (sampleTypes.length === 1) return '';
  const others = sampleTypes.flatMap(({ type, unit }, i) => (i === mainType ? [] : [`${type} ${values[i]} ${unit}`]));
  return `# values: ${others.join(', ')}\n`;
}

/** The lines of a stack, aligned. Samples with the same stack share one array of frames, and so the text. */
class StackLines {
  readonly #known = new Map<readonly Frame[], string>();

  constructor(private readonly addresses: Addresses) {}

  of(frames: readonly Frame[]): string {
    let text = this.#known.get(frames);
    if (text === undefined) {
      text = alignColumns(frames.map((frame) => this.cells(frame)));
      this.#known.set(frames, text);
    }
    return text;
  }

  private cells(frame: Frame): string[] {
    const { entry, pc } = this.addresses.of(frame);
    if (frame.function === '') return ['#', hex(pc)];
    return ['#', hex(pc), `${frame.function}+${hex(pc - entry)}`, `${frame.file}:${frame.line}`];
  }
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
