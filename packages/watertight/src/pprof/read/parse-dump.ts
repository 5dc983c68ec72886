/** Owns the reading of a dump as people have it: pasted, cut, quoted, from a log. What is no part of a dump is skipped, and said. */
import { Budget, excerpt, type ParseOptions, type Profile, ProfileError } from '../profile/index.js';
import { LeadStripper } from './dump-lead.js';
import { lineOf } from './dump-line.js';
import { type DumpPart, DumpStacks } from './dump-stacks.js';
import { linesOf, textOf } from './dump-text.js';
import { bytesOf, gunzip, isBinary, isGzip } from './profile-bytes.js';
import type { ProfileInput } from './parse.js';
import { readProto } from './proto-profile.js';
import { isReport, refuseOther } from './text-profile.js';
import { readTraces } from './traces-text.js';

/** Options of `parseDump`. */
export interface DumpOptions extends ParseOptions {
  /** Which dump, if the text has several, from 1. Default: the last. */
  readonly dump?: number;
}

/** A dump that was found in a text. */
export interface Dump {
  readonly profile: Profile;
  /** What whoever reads the profile should know, one sentence each: what was skipped, that it is cut, that there are others. Empty for a dump that is whole and alone. */
  readonly notes: readonly string[];
}

/**
 * Reads what a person has: a profile in any form, or a goroutine dump found in a
 * text. Found are Go's debug=1 and debug=2, a crash, goleak's and the race
 * detector's reports, what Delve and GDB list, and what `go tool pprof -traces` prints; with or without
 * their tabs, blank lines, first line and end; in a quotation, on a page of HTML,
 * in a log of Docker, Kubernetes, systemd, klog, `go test -json`, of other JSON, CSV or logfmt;
 * gzipped, in UTF-8 or UTF-16.
 *
 * A program that fetches profiles uses `parseProfile`, which refuses what is not
 * exactly one.
 *
 * @throws ProfileError ERR_PROFILE_FORM if there is no dump in the text, ERR_PROFILE_INPUT if there is none of the
 *   number that `options` name; and as `parseProfile` for debug=0.
 */
export function parseDump(input: ProfileInput, options: DumpOptions = {}): Dump {
  const budget = new Budget(options);
  const given = bytesOf(input);
  const bytes = isGzip(given) ? gunzip(given, budget) : given;
  return isBinary(bytes) ? fromBinary(bytes, budget, options) : fromText(bytes, budget, options);
}

/** A log may have control characters too: what is no profile in binary may be one. */
function fromBinary(bytes: Buffer, budget: Budget, options: DumpOptions): Dump {
  try {
    return { profile: budget.accept(readProto(bytes, budget)), notes: [] };
  } catch (error) {
    try {
      return fromText(bytes, budget, options);
    } catch {
      throw error;
    }
  }
}

function fromText(bytes: Buffer, budget: Budget, options: DumpOptions): Dump {
  const end = { position: bytes.length, line: 0 };
  budget.read(bytes.length, end);
  budget.hold(bytes.length, end);
  const lead = new LeadStripper();
  const lines = Array.from(linesOf(textOf(bytes)), (line) => lead.strip(line.trimEnd()));
  const traces = readTraces(lines, budget);
  return traces === null ? chosen(partsOf(lines, budget), options, budget) : { profile: budget.accept(traces), notes: [] };
}

interface Found {
  readonly parts: DumpPart[];
  /** How many lines are no part of a dump, */
  readonly skipped: number;
  /** and the first of them. */
  readonly firstSkipped: string;
  /** The line that tells what the text is, if it has no dump: the first that has anything. */
  readonly first: string;
}

function partsOf(lines: readonly string[], budget: Budget): Found {
  const parts: DumpPart[] = [];
  let skipped = 0;
  let firstSkipped = '';
  let stacks = new DumpStacks(budget);
  const end = (): void => {
    const part = stacks.end();
    if (part.found > 0 || part.total !== null) parts.push(part);
  };
  for (const text of lines) {
    const line = lineOf(text);
    if (stacks.isNext(line)) {
      end();
      stacks = new DumpStacks(budget);
    }
    if (stacks.take(line)) continue;
    if (skipped++ === 0) firstSkipped = text.trim();
  }
  end();
  const first = lines.find(isReport) ?? lines.find((line) => line.trim() !== '') ?? '';
  return { parts, skipped, firstSkipped, first: first.trim() };
}

function chosen({ parts, skipped, firstSkipped, first }: Found, { dump = parts.length }: DumpOptions, budget: Budget): Dump {
  if (parts.length === 0) {
    refuseOther(first);
    const what = first === '' ? 'It is empty' : `It begins with ${excerpt(first)}`;
    throw new ProfileError('ERR_PROFILE_FORM', `No goroutine dump is in this: no line like "goroutine 18 [select, 3 minutes]:" (debug=2), "goroutine profile: total 17" or "2 @ 0x43adf6 0x44a2fc" (debug=1). ${what}`, { position: 0, line: 1 });
  }
  if (!Number.isInteger(dump) || dump < 1 || dump > parts.length) {
    throw new ProfileError('ERR_PROFILE_INPUT', `The dump ${String(dump)} was wanted, and ${parts.length === 1 ? 'there is one' : `there are ${parts.length}, from 1 on`}.`);
  }
  const { profile, total, found, cut } = parts[dump - 1];
  const notes: string[] = [];
  if (parts.length > 1) notes.push(`there are ${parts.length} dumps: this is number ${dump}`);
  if (skipped === 1) notes.push(`a line that is no part of a dump was skipped: ${excerpt(firstSkipped)}`);
  if (skipped > 1) notes.push(`${skipped} lines that are no part of a dump were skipped, the first is ${excerpt(firstSkipped)}`);
  if (total !== null && total !== found) notes.push(`it is not whole: its first line says ${total}, and its stacks have ${found}`);
  if (cut) notes.push('it ends in the middle of a goroutine');
  return { profile: budget.accept(profile), notes };
}
