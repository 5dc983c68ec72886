/** Owns the rules about goroutines that wait for nothing of the program's: Go's own, those of a test run, those that run, and those that nothing can wake. */
import { amount, waited, type Rule } from './rule.js';
import { callsLike, doing, isNodeStack, type Stack } from './stack.js';

/** The goroutine that takes the profile is in the profile itself. */
export const profiling: Rule = {
  id: 'profiling',
  leak: false,
  matches: (stack) => callsLike(stack, /^runtime\/pprof\.(?:\(\*Profile\)\.WriteTo|writeGoroutine\w*|writeRuntimeProfile|StopCPUProfile|profileWriter)$/),
  sentence: (count) => `${amount(count, 'goroutine takes', 'goroutines take')} a profile: this one.`,
  advice: 'Nothing.',
};

/** Go 1.26 and later: the collector has seen that nothing can wake them. */
export const unreachable: Rule = {
  id: 'leaked',
  leak: true,
  namesLibraries: true,
  matches: (stack) => stack.isProven === true,
  sentence: (count) => `${amount(count, 'goroutine has', 'goroutines have')} leaked: Go's collector has found that nothing can ever wake ${count === 1 ? 'it' : 'them'}.`,
  advice: 'This is proof. What they wait for is held by nobody else: look at the line that started them, and at how it can return before them.',
};

const RUNTIME = /^(?:runtime\.(?:gcBgMarkWorker|bgsweep|bgscavenge|forcegchelper|runfinq|runFinalizers|runCleanups|ensureSigM|timerproc|\(\*cleanupQueue\)\.\w+)(?:\.func\d+)?|os\/signal\.(?:loop|signal_recv))$/;
const SYSTEM_STATE = /^(?:GC |force gc|finalizer wait|cleanup wait|timer goroutine|trace reader|debug call)/;

export const runtime: Rule = {
  id: 'runtime',
  leak: false,
  matches: (stack) => callsLike(stack, RUNTIME) || SYSTEM_STATE.test(stack.state ?? ''),
  sentence: (count) => `${amount(count, 'goroutine')} of Go's runtime: garbage collection, finalizers, signals.`,
  advice: 'Nothing: their number does not depend on the program.',
};

export const testRun: Rule = {
  id: 'test-run',
  leak: false,
  matches: (stack) => /^testing\./.test(doing(stack)),
  sentence: (count) => `${amount(count, 'goroutine')} of a test run: ${count === 1 ? 'it waits' : 'they wait'} for the tests.`,
  advice: 'Look at the goroutines of the tests themselves.',
};

export const running: Rule = {
  id: 'running',
  leak: true,
  // The main task of a Node process is always said to run.
  matches: (stack) => isIn(stack, 'running', 'runnable', 'copystack', 'preempted') && !isNodeStack(stack),
  sentence: (count) => `${amount(count, 'goroutine runs', 'goroutines run')}, or ${count === 1 ? 'is' : 'are'} ready to, and ${count === 1 ? 'waits' : 'wait'} for nothing.`,
  advice: 'If their number only grows, they are loops without an end, or more work than the processors can do. A CPU profile says where the time goes.',
};

export const systemCall: Rule = {
  id: 'system-call',
  leak: true,
  matches: (stack) => isIn(stack, 'syscall') || /^(?:syscall|golang\.org\/x\/sys\/\w+)\.\w*[sS]yscall/.test(doing(stack)) || /^runtime\.cgocall$/.test(stack.frames[0]?.function ?? ''),
  sentence: (count, facts) => `${amount(count, 'goroutine is', 'goroutines are')} in a system call or in C code${waited(count, facts)}, and ${count === 1 ? 'holds a thread' : 'each holds a thread'}.`,
  advice: 'Look at the call: a file lock, a terminal, a device, a C library. A context does not end it.',
};

function isIn({ state }: Stack, ...states: string[]): boolean {
  return state !== null && states.includes(state);
}
