/**
 * Owns the words of a traceback that are not the program's: of a goroutine's first line, `goroutine 18 [select,
 * locked to thread]:`, from which the parser has removed the waiting time, and of the frames without a name.
 */
import { readLabels } from './quoted-labels.js';

/** Replaces the calls that Go leaves out of a stack of more than 100, whose number varies. */
export const ELIDED = '...frames elided...';
export const NON_GO = 'non-Go function';

export interface TracebackHeader {
  readonly state: string;
  readonly annotations: readonly string[];
  readonly labels: readonly (readonly [string, string])[];
}

/** Words in parentheses that Go appends to a state and that are not part of it, unlike those of the state `chan receive (nil chan)`. */
const ADDED = new Map<string, string | null>([
  [' (leaked)', 'leaked'],
  [' (durable)', 'durable'],
  // It means only that the garbage collector was scanning the goroutine.
  [' (scan)', null],
]);

/**
 * Reads the header from its `[` on; null if it is not a header. Labels (GODEBUG=tracebacklabels=1) follow the
 * bracket in Go 1.27, are inside it in Go 1.26, and do not exist in earlier versions.
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
