/** Owns the first line of a goroutine in a traceback, `goroutine 18 [select, locked to thread]:`, but for how long it waits: the parser has cut that out. */
import { readLabels } from './quoted-labels.js';

export interface TracebackHeader {
  readonly state: string;
  readonly annotations: readonly string[];
  readonly labels: readonly (readonly [string, string])[];
}

/** Words in parentheses that Go adds to a state, and that are no part of it: `chan receive (nil chan)` is a state of its own. */
const ADDED = new Map<string, string | null>([
  [' (leaked)', 'leaked'],
  [' (durable)', 'durable'],
  // Only says that the collector was looking at it just then.
  [' (scan)', null],
]);

/**
 * What stands from the `[` on. Three forms of labels (GODEBUG=tracebacklabels=1):
 * Go 1.27 has them after the bracket, Go 1.26 inside it, others not at all.
 * Null where it is not a header.
 */
export function readHeader(text: string): TracebackHeader | null {
  let end = text.indexOf(']');
  const inside = text.indexOf(' labels:{');
  let labels: readonly (readonly [string, string])[] = [];
  let rest: string;
  if (inside !== -1 && (end === -1 || inside < end)) {
    const read = readLabels(text, inside + ' labels:'.length);
    if (read === null || text[read.end] !== ']') return null;
    labels = read.pairs;
    rest = text.slice(read.end + 1);
    end = inside;
  } else {
    if (end === -1) return null;
    rest = text.slice(end + 1);
    if (rest.startsWith(' {')) {
      const read = readLabels(rest, 1);
      if (read === null) return null;
      labels = read.pairs;
      rest = rest.slice(read.end);
    }
  }
  if (rest !== ':' || text[0] !== '[') return null;
  return { ...readStatus(text.slice(1, end)), labels };
}

function readStatus(text: string): Omit<TracebackHeader, 'labels'> {
  const [first, ...others] = text.split(', ');
  let state = first;
  const annotations: string[] = [];
  for (let found = true; found; ) {
    found = false;
    for (const [suffix, annotation] of ADDED) {
      if (!state.endsWith(suffix)) continue;
      state = state.slice(0, -suffix.length);
      if (annotation !== null) annotations.push(annotation);
      found = true;
    }
  }
  return { state, annotations: [...new Set([...annotations, ...others])].sort() };
}
