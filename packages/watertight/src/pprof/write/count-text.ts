/**
 * Owns the form debug=1, byte for byte as Go's runtime/pprof prints it
 * (printCountProfile): `goroutine profile: total N`, then each stack with how
 * often it was found, most often first.
 */
import { Addresses } from './address.js';
import { alignColumns } from './columns.js';
import { LongText } from './long-text.js';
import type { Frame, Labels, Profile, Sample } from '../profile/index.js';
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
  const stacks = new StackTexts();
  const entries: Entry[] = [];
  for (const sample of samples) {
    entries.push({ count: sample.values[mainType], key: keyOf(sample, stacks), sample });
    if (slices.over) await slices.next();
  }
  const sorted = await sortInSlices(entries, compare, slices);
  const text = new LongText();
  text.add(`${profile.kind} profile: total ${totals[mainType]}\n`);
  for (const { count, key, sample } of sorted) {
    text.add(`${count} ${key}\n${otherValues(profile, sample)}${stacks.of(sample.frames).lines}\n`);
    if (slices.over) await slices.next();
  }
  return text;
}

/** Go's order: the highest count first, equal ones by their line. */
function compare(a: Entry, b: Entry): number {
  return b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function keyOf({ frames, labels }: Sample, stacks: StackTexts): string {
  const { head } = stacks.of(frames);
  const text = labelsText(labels);
  return text === '' ? head : `${head}\n# labels: ${text}`;
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

/** What is printed of a stack: its addresses in one line, and each place in one. Samples with the same stack share one array of frames, and so the text. */
class StackTexts {
  readonly #addresses = new Addresses();
  readonly #known = new Map<readonly Frame[], { readonly head: string; readonly lines: string }>();

  of(frames: readonly Frame[]): { readonly head: string; readonly lines: string } {
    let texts = this.#known.get(frames);
    if (texts === undefined) {
      // What Go prints in the head are return addresses: one past the call.
      const head = `@${frames.map((frame) => ` ${hex(this.#addresses.of(frame).pc + 1)}`).join('')}`;
      texts = { head, lines: alignColumns(frames.map((frame) => this.cells(frame))) };
      this.#known.set(frames, texts);
    }
    return texts;
  }

  private cells(frame: Frame): string[] {
    const { entry, pc } = this.#addresses.of(frame);
    if (frame.function === '') return ['#', hex(pc)];
    return ['#', hex(pc), `${frame.function}+${hex(pc - entry)}`, `${frame.file}:${frame.line}`];
  }
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
