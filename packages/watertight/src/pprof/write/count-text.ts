/**
 * Owns the writing of debug=1, byte for byte as Go's runtime/pprof prints it (printCountProfile): `goroutine
 * profile: total N`, then each stack with its count, most frequent first.
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

/** Writes the main values of a profile, which are counts. Other values are in a line of their own, which readers of Go's form skip. */
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

/** Go's order: highest count first, equal counts by their line. */
function compare(a: Entry, b: Entry): number {
  return b.count - a.count || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

function keyOf({ frames, labels }: Sample, stacks: StackTexts): string {
  const { head } = stacks.of(frames);
  const text = labelsText(labels);
  return text === '' ? head : `${head}\n# labels: ${text}`;
}

/** Labels such as `{"host":"127.0.0.1:80", "state":"select"}`, sorted, quoted as by `%q`; '' for none. */
export function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${quote(key)}:${quote(value)}`);
  return pairs.length === 0 ? '' : `{${pairs.sort().join(', ')}}`;
}

/** A line such as `# values: held 1500000000 nanoseconds, unread 4096 bytes`; '' if there is only the count. */
function otherValues({ sampleTypes, mainType }: Profile, { values }: Sample): string {
  if (sampleTypes.length === 1) return '';
  const others = sampleTypes.flatMap(({ type, unit }, i) => (i === mainType ? [] : [`${type} ${values[i]} ${unit}`]));
  return `# values: ${others.join(', ')}\n`;
}

/** The texts of stacks: the addresses in one line, then a line for each place. Samples with the same stack share an array of frames, and so the text. */
class StackTexts {
  readonly #addresses = new Addresses();
  readonly #known = new Map<readonly Frame[], { readonly head: string; readonly lines: string }>();

  of(frames: readonly Frame[]): { readonly head: string; readonly lines: string } {
    let texts = this.#known.get(frames);
    if (texts === undefined) {
      // Go prints return addresses in the head, which are one after the call.
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
