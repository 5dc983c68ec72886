/** Owns the definition of a sample, and the error that names the sample a program got wrong. */

/** `[time, count, start of the process]`; both times in seconds, on one clock. A start of 0 means: not known. */
export type Sample = readonly [tSeconds: number, value: number, processStartSeconds: number];

/** Seconds up to the year 5138. Anything beyond are milliseconds, the commonest mistake. */
const LATEST = 1e11;

/** @throws {TypeError} naming the sample's index and the value that is wrong */
export function checkSample(sample: unknown, index: number): asserts sample is Sample {
  if (!Array.isArray(sample) || sample.length < 2 || sample.length > 3) {
    throw new TypeError(`samples[${index}] is ${shown(sample)}; a sample is [tSeconds, value, processStartSeconds].`);
  }
  const [t, value, start] = sample as unknown[];
  if (typeof t !== 'number' || !Number.isFinite(t)) throw wrong(index, 0, t, 'the time is a finite number of seconds');
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(index, 1, value, 'the value is a finite number');
  if (value < 0) throw wrong(index, 1, value, 'a count is not negative');
  if (start !== undefined && (typeof start !== 'number' || !Number.isFinite(start))) {
    throw wrong(index, 2, start, 'the process start is a finite number of seconds, or 0 where it is not known');
  }
  if (t > LATEST) throw wrong(index, 0, t, 'the time is in seconds, and this looks like milliseconds');
  if (start !== undefined && start > LATEST) {
    throw wrong(index, 2, start, 'the process start is in seconds, and this looks like milliseconds');
  }
}

/** The samples in order of time, checked. The array is copied only where it is not in order. */
export function checkedSamples(samples: unknown): readonly Sample[] {
  if (!Array.isArray(samples)) {
    throw new TypeError(`samples is ${shown(samples)}; it is an array of [tSeconds, value, processStartSeconds].`);
  }
  let inOrder = true;
  let before = -Infinity;
  let startBefore = -Infinity;
  for (let index = 0; index < samples.length; index++) {
    const sample: unknown = samples[index];
    checkSample(sample, index);
    inOrder &&= sample[0] > before || (sample[0] === before && startOf(sample) >= startBefore);
    before = sample[0];
    startBefore = startOf(sample);
  }
  const checked = samples as Sample[];
  // At the same time, the process that started later is the one that is there from then on.
  return inOrder ? checked : [...checked].sort((a, b) => a[0] - b[0] || startOf(a) - startOf(b));
}

/** Start of the sample's process, 0 where it is not known. */
export function startOf(sample: Sample): number {
  return sample[2] ?? 0;
}

function wrong(index: number, field: number, value: unknown, rule: string): TypeError {
  return new TypeError(`samples[${index}][${field}] is ${shown(value)}; ${rule}.`);
}

function shown(value: unknown): string {
  if (typeof value === 'number' || value === null || value === undefined) return String(value);
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
