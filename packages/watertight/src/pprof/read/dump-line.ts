/** Owns what one line of a dump is, told by its shape alone: pasted text has lost its tabs, blank lines and order. */

export type DumpLine =
  | { readonly is: 'goroutine'; readonly id: string; readonly status: string }
  | { readonly is: 'call'; readonly name: string; readonly sure: boolean }
  | { readonly is: 'creator'; readonly name: string }
  | { readonly is: 'place'; readonly file: string; readonly line: number }
  | { readonly is: 'gap' | 'foreign' | 'unavailable' | 'ancestors' | 'blank' | 'race-creator' | 'rule' | 'signal' | 'other' }
  | { readonly is: 'instances'; readonly count: number }
  | { readonly is: 'delve-call'; readonly name: string }
  | { readonly is: 'listed'; readonly status: string | null; readonly id: string; readonly name: string; readonly file: string; readonly line: number }
  | { readonly is: 'total'; readonly kind: string; readonly total: number }
  | { readonly is: 'record'; readonly count: number; readonly addresses: readonly string[] }
  | { readonly is: 'frame'; readonly address: string; readonly name: string; readonly file: string; readonly line: number }
  | { readonly is: 'labels'; readonly text: string }
  | { readonly is: 'comment' };

/** A longer line is no line of a dump. */
export const MAX_DUMP_LINE = 256 * 2 ** 10;

const GOROUTINE = /^goroutine (\d{1,20}) (?:gp=[^[]*)?(\[.*?\](?: \{.*\})?):?$/;
/** goleak's line, before the stack, and in older versions before the goroutine's own line too. */
const LEAKED = /^\[?Goroutine (\d{1,20}) in state (.{1,300}?), with .{1,2000} on top of the stack:$/;
/** The race detector's lines. */
const RACE = /^(?:Previous )?(read|write|atomic read|atomic write|Read|Write|Atomic read|Atomic write) at 0x[0-9a-f]+ by (?:goroutine (\d{1,20})|main goroutine):$/i;
const RACE_CREATOR = /^Goroutine \d{1,20} \((?:running|finished)\) created at:$/;
/** The leak checks of net/http's and etcd's tests: so many goroutines have the stack that follows. */
const INSTANCES = /^(\d{1,9}) instances? of:$/;
/** The debugger Delve has a line for each goroutine, with its innermost function. */
const LISTED = /^\*?\s*Goroutine (\d{1,20}) - (?:User|Runtime|Go|Start): (\S.*):(\d{1,10}) (\S+) \(0x[0-9a-f]+\)(?: \(thread \d+\))?(?: \[([a-z][a-zA-Z() ]{1,60}?)(?: \d+)?\])?(?: .*)?$/;
/** With `-t`, the stack follows: each call, and in the next line its place. */
const DELVE_CALL = /^\d{1,4}\s+0x[0-9a-f]{6,16} in (\S+)$/;
const DELVE_PLACE = /^at (\S(?:.*\S)?|):(\d{1,10})$/;
/** So does the debugger GDB with Go's extension, without a place. */
const GDB_LISTED = /^(?:\* )?(\d{1,20}) (idle|runnable|running|syscall|waiting|dead|copystack|preempted) {1,2}((?:[^\s.(]|\.(?!$)|\([^\s()]*\)\.)*\.\S+)$/;
/** A pointer's receiver of which a page of Markdown has taken the asterisk, or escaped it. Other receivers have no parentheses. */
const UNSTARRED = /\((?:_|\\\*)?([A-Za-z]\w*(?:\[[^()]*\])?)\)(?=\.)/g;
const CREATOR = /^created by (\S.*?)(?: in goroutine \d{1,20})?(?:\(\.\.\.\)|\(\))?$/;
/** A name, of which a receiver in parentheses may be a part: `net/http.(*persistConn).readLoop`. */
const CALL = /^((?:[^\s(){}]|\([^\s()]*\)\.)+)(?<!\.)\(.*\)$/;
const NAME = /^(?:[^\s(){}"'=,;:]|\([^\s()]*\)\.)*[\w\])]$/;
const PLACE = /^(\S(?:.*\S)?):(\d{1,10})(\s+\+0x[0-9a-f]+)?(?:\s+(?:fp|sp|pc)=0x.*)?$/;
/** A file that is named without an offset: it has an extension, or is one of the compiler's. */
const FILE = /\.\w{1,6}$|^<|^node:|^\?\?$|_cgo_/;
const FOREIGN_PLACE = /^pc=0x[0-9a-f]+$/;
const TOTAL = /^(\w{1,64}) profile: total (\d{1,15})$/;
const RECORD = /^(\d{1,15}) @((?: 0x[0-9a-f]{1,16})*)(?: 0x?)?$/;
/** A page of Markdown takes the number sign for a heading's. */
const FRAME = /^(?:#\s*)?(0x[0-9a-f]{1,16})\s+(\S.*?)\+0x[0-9a-f]+\s+(\S.*):(\d{1,10})$/;

/** With GOTRACEBACK=crash, a line of dashes and a signal come before each further thread of the program. */
const SIGNAL = /^SIG[A-Z0-9]{2,10}: \w/;

/** @param text  without what stands before it */
export function lineOf(text: string): DumpLine {
  // A text in bold ends with two asterisks.
  const line = text.trim().replace(/\*\*$/, '');
  if (line === '') return { is: 'blank' };
  if (line.length > MAX_DUMP_LINE) return { is: 'other' };
  return headOf(line) ?? countedOf(line) ?? bodyOf(line);
}

function headOf(line: string): DumpLine | null {
  const goroutine = GOROUTINE.exec(line);
  if (goroutine !== null) return { is: 'goroutine', id: goroutine[1], status: goroutine[2] };
  const leaked = LEAKED.exec(line);
  if (leaked !== null) return { is: 'goroutine', id: leaked[1], status: `[${leaked[2]}]` };
  const instances = INSTANCES.exec(line);
  if (instances !== null) return { is: 'instances', count: Number(instances[1]) };
  const listed = LISTED.exec(line);
  if (listed !== null) return { is: 'listed', id: listed[1], status: listed[5] ?? null, name: starred(listed[4]), file: listed[2], line: Number(listed[3]) };
  const called = DELVE_CALL.exec(line);
  if (called !== null) return { is: 'delve-call', name: starred(called[1]) };
  const gdb = GDB_LISTED.exec(line);
  if (gdb !== null) return { is: 'listed', id: gdb[1], status: gdb[2], name: starred(gdb[3]), file: '', line: 0 };
  const race = RACE.exec(line);
  if (race !== null) return { is: 'goroutine', id: race[2] ?? '1', status: `[data race: ${race[1].toLowerCase()}]` };
  if (line === '-----') return { is: 'rule' };
  if (SIGNAL.test(line)) return { is: 'signal' };
  return RACE_CREATOR.test(line) ? { is: 'race-creator' } : null;
}

function countedOf(line: string): DumpLine | null {
  if (line.startsWith('#') || line.startsWith('0x')) {
    const frame = FRAME.exec(line);
    if (frame !== null) return { is: 'frame', address: frame[1], name: starred(frame[2]), file: frame[3], line: Number(frame[4]) };
    if (/^#\s*labels: \{/.test(line)) return { is: 'labels', text: line.slice(line.indexOf('{')) };
    return /^#\s+0x[0-9a-f]{1,16}$/.test(line) || line.startsWith('# values: ') ? { is: 'comment' } : { is: 'other' };
  }
  const total = TOTAL.exec(line);
  if (total !== null) return { is: 'total', kind: total[1], total: Number(total[2]) };
  const record = RECORD.exec(line);
  if (record !== null) return { is: 'record', count: Number(record[1]), addresses: record[2].split(' ').filter(Boolean) };
  return null;
}

function bodyOf(line: string): DumpLine {
  const creator = CREATOR.exec(line);
  if (creator !== null) return { is: 'creator', name: starred(creator[1]) };
  const at = DELVE_PLACE.exec(line);
  if (at !== null) return { is: 'place', file: at[1], line: Number(at[2]) };
  const place = PLACE.exec(line);
  if (place !== null && (place[3] !== undefined || FILE.test(place[1]))) return { is: 'place', file: place[1], line: Number(place[2]) };
  if (FOREIGN_PLACE.test(line)) return { is: 'place', file: '', line: 0 };
  if (/^\.\.\.(?:\d{1,20}|additional) frames elided\.\.\.$/.test(line)) return { is: 'gap' };
  if (line.startsWith('non-Go function at pc=')) return { is: 'foreign' };
  if (line === 'goroutine running on other thread; stack unavailable') return { is: 'unavailable' };
  if (/^\[originating from goroutine \d{1,20}\]:?$/.test(line)) return { is: 'ancestors' };
  const call = CALL.exec(line);
  if (call !== null) return { is: 'call', name: starred(call[1]), sure: true };
  // A function of C has no arguments; so do names whose arguments were removed. The next line shows whether it is one.
  return NAME.test(line) ? { is: 'call', name: line, sure: false } : { is: 'other' };
}

function starred(name: string): string {
  return name.includes('(') ? name.replace(UNSTARRED, '(*$1)') : name;
}
