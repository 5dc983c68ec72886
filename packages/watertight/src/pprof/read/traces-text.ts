/** Owns the reading of what `go tool pprof -traces` prints: each stack with its value, between lines of dashes. */
import { type Budget, labelsOf, type Profile, ProfileBuilder } from '../profile/index.js';
import { isReport } from './text-profile.js';

const RULE = /^-+\+-+$/;
const VALUE = /^\s*(-?\d+(?:\.\d+)?)([a-zA-Z]*) {2,}(\S.*)$/;
const LABEL = /^\s*(\S[^:]*): {2,}(\S.*)$/;
/** A name, and with `-lines` its place. */
const FRAME = /^(\S+?)(?: (\S.*):(\d{1,10}))?(?: \(inline\))?$/;

/** What pprof's units are of the unit that profiles are in. */
const UNITS: Readonly<Record<string, readonly [string, number]>> = {
  '': ['count', 1],
  ns: ['nanoseconds', 1],
  us: ['nanoseconds', 1e3],
  ms: ['nanoseconds', 1e6],
  s: ['nanoseconds', 1e9],
  mins: ['nanoseconds', 6e10],
  hrs: ['nanoseconds', 3.6e12],
  B: ['bytes', 1],
  kB: ['bytes', 2 ** 10],
  MB: ['bytes', 2 ** 20],
  GB: ['bytes', 2 ** 30],
};

/** The profile; null if the text is no such output. @param lines  without what stands before them in a log */
export function readTraces(lines: readonly string[], budget: Budget): Profile | null {
  const first = lines.findIndex((line) => RULE.test(line.trim()));
  if (first === -1) return null;
  const type = lines.slice(0, first).map((line) => /^\s*Type: (\S+)\s*$/.exec(line)?.[1]).find((found) => found !== undefined);
  // -tree and -peek have the same lines of dashes, and functions with their callers in between.
  if (type === undefined || lines.some(isReport)) return null;
  let unit = 'count';
  const stacks: { value: number; names: string[]; labels: [string, string][] }[] = [];
  let labels: [string, string][] = [];
  let names: string[] | null = null;
  for (const line of lines.slice(first)) {
    const value: RegExpExecArray | null = VALUE.exec(line);
    if (RULE.test(line.trim())) {
      names = null;
      labels = [];
    } else if (names !== null && line.trim() !== '') {
      names.push(line.trim());
    } else if (value !== null && value[2] in UNITS) {
      names = [value[3]];
      const [of, factor] = UNITS[value[2]];
      if (Number(value[1]) !== 0) unit = of;
      stacks.push({ value: Math.round(Number(value[1]) * factor), names, labels });
    } else {
      const label = LABEL.exec(line);
      if (label !== null) labels.push([label[1], label[2]]);
    }
  }
  if (stacks.every(({ value }) => value === 0)) return null;
  const builder = new ProfileBuilder([{ type, unit }], budget);
  for (const stack of stacks) {
    if (stack.value === 0) continue;
    const frames = stack.names.map((name) => {
      const [, bare, file = '', line = '0'] = FRAME.exec(name) ?? ['', name];
      return builder.stacks.frame(bare, file, Number(line));
    });
    builder.add(builder.stacks.stack(frames), builder.circumstances(null, labelsOf(stack.labels)), null, [stack.value]);
  }
  return builder.build({ kind: type, form: 'debug=1' });
}
